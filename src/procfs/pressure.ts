// Owns: pressure stall information, /proc/pressure (Documentation/accounting/psi.rst).
// Knows nothing of: what is much and what is little.
import type { FileReader } from './file-reader.ts';

/** Per cent of the last 10 s in which some task waited for the resource; undefined where the kernel does not tell. */
export interface PressureReading {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly io: number | undefined;
}

const SOME = /^some avg10=(\d{1,3}(?:\.\d{1,2})?) /m;

/** undefined on a kernel without it (CONFIG_PSI, or booted with psi=0). */
export function readPressure(proc: FileReader): PressureReading | undefined {
  const read = (name: string): number | undefined => {
    const value = SOME.exec(proc.read(`pressure/${name}`) ?? '')?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const pressure = { cpu: read('cpu'), memory: read('memory'), io: read('io') };
  return Object.values(pressure).every((value) => value === undefined) ? undefined : pressure;
}
