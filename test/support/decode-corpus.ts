// Owns: running the decode_corpus program of native/dev and reading its lines.
// Knows nothing of: what the fields should be.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const runProgram = promisify(execFile);
export const MAX_OUTPUT = 256 * 1024 * 1024;

function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from));
}
/** The checkout, wherever this file was compiled to. */
export const REPOSITORY = findRoot(dirname(fileURLToPath(import.meta.url)));

const { NETTRACE_DEV_BIN = join(REPOSITORY, 'native/dev/build/Release') } = process.env;
const PROGRAM = join(NETTRACE_DEV_BIN, 'decode_corpus');

/** Why the program cannot be used here; undefined if it can. */
export function decodeCorpusMissing(): string | undefined {
  return existsSync(PROGRAM) ? undefined : 'decode_corpus is not built (native/dev; NETTRACE_DEV_BIN names its folder)';
}

/** One packet as our decoder sees it; addresses are empty and numbers 0 where there is no IP. */
export interface DecodedPacket {
  readonly file: string;
  readonly packet: number;
  readonly linkType: number;
  readonly length: number;
  readonly ipVersion: number;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly fragment: string;
  readonly ipLength: number;
  readonly payloadLength: number;
  readonly outcome: string;
}

function parseLine(line: string): DecodedPacket {
  const cells = line.split('\t');
  const text = (index: number): string => cells[index] ?? '';
  const number = (index: number): number => Number(text(index));
  return {
    file: text(0),
    packet: number(1),
    linkType: number(2),
    length: number(3),
    ipVersion: number(4),
    source: text(5),
    destination: text(6),
    protocol: number(7),
    sourcePort: number(8),
    destinationPort: number(9),
    fragment: text(10),
    ipLength: number(11),
    payloadLength: number(12),
    outcome: text(13),
  };
}

/** Decodes capture files (or all in a folder); with `mergeFolder` also sorts the packets there by link type. */
export async function decodeFiles(paths: readonly string[], mergeFolder?: string): Promise<readonly DecodedPacket[]> {
  const merge = mergeFolder === undefined ? [] : ['--merge', mergeFolder];
  const { stdout } = await runProgram(PROGRAM, ['--fields', ...merge, ...paths], { maxBuffer: MAX_OUTPUT });
  return stdout.split('\n').slice(0, -1).map(parseLine);
}
