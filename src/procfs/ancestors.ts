// Owns: who a process is by its pid alone, read from /proc when somebody asks: the parents of those that are shown.
// Knows nothing of: bytes, and which parents are asked for.
import { sanitize, sanitizeCommandLine } from '../base/sanitize.ts';
import { createFileReader } from './file-reader.ts';
import { parseProcessStat } from './process-stat.ts';

/** A process that has the pid now. All text is sanitised. */
export interface Ancestor {
  readonly pid: number;
  /** 0: it has none. */
  readonly parentPid: number;
  readonly startTicks: number;
  /** comm. */
  readonly name: string;
  /** Arguments joined by spaces; empty for kernel threads. */
  readonly commandLine: string;
  /** argv[0]; `[name]` where there is none. */
  readonly program: string;
}

const LONGEST_NAME = 64;
const LONGEST_COMMAND = 4096;

/** Reads two files a call; undefined where there is no such process, or it cannot be read. */
export function createAncestorReader(root: string): (pid: number) => Ancestor | undefined {
  const files = createFileReader(root);
  return (pid) => {
    const text = files.read(`${pid}/stat`);
    const stat = text === undefined ? undefined : parseProcessStat(bytesOf(text));
    if (text === undefined || stat === undefined) return undefined;
    const end = text.lastIndexOf(')');
    const name = sanitize(bytesOf(text.slice(text.indexOf('(') + 1, end)), LONGEST_NAME);
    const command = files.read(`${pid}/cmdline`) ?? '';
    const program = sanitize(bytesOf(command.split('\0', 1)[0] ?? ''), LONGEST_COMMAND);
    return {
      pid,
      parentPid: Number(text.slice(end + 4).split(' ', 1)[0]),
      startTicks: stat.startTicks,
      name,
      commandLine: sanitizeCommandLine(bytesOf(command), LONGEST_COMMAND),
      program: program === '' ? `[${name}]` : program,
    };
  };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
