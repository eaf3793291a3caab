// Owns: the two units that /proc counts in, from the auxiliary vector of this process (getauxval(3)).
// Knows nothing of: what is counted.
import type { FileReader } from './file-reader.ts';

export interface KernelUnits {
  readonly pageBytes: number;
  /** USER_HZ. */
  readonly ticksPerSecond: number;
}

const AT_PAGESZ = 6;
const AT_CLKTCK = 17;
const ENTRY_BYTES = 16;

/** The units; those of nearly every machine where the vector cannot be read. Pairs of 64-bit words. */
export function readKernelUnits(proc: FileReader): KernelUnits {
  const vector = Buffer.from(proc.read('self/auxv') ?? '', 'latin1');
  const found = new Map<number, number>();
  for (let at = 0; at + ENTRY_BYTES <= vector.length; at += ENTRY_BYTES) {
    found.set(Number(vector.readBigUInt64LE(at)), Number(vector.readBigUInt64LE(at + 8)));
  }
  return { pageBytes: found.get(AT_PAGESZ) || 4096, ticksPerSecond: found.get(AT_CLKTCK) || 100 };
}
