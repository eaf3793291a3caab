// Owns: the fields of /proc/PID/stat that are shown beside bandwidth (proc_pid_stat(5), fs/proc/array.c).
// Knows nothing of: shares of time, and which processes are asked for.

export interface ProcessStat {
  /** One letter: R, S, D, Z, T, ... */
  readonly state: string;
  /** PF_KTHREAD is set. */
  readonly isKernelThread: boolean;
  readonly threads: number;
  /** User and system time of all its threads in USER_HZ ticks. */
  readonly cpuTicks: number;
  /** Start in ticks since boot. */
  readonly startTicks: number;
  readonly rssPages: number;
}

const PF_KTHREAD = 0x00200000; // include/linux/sched.h

/** Fields that are read, by their number in proc_pid_stat(5). */
const FLAGS = 9;
const USER_TIME = 14;
const SYSTEM_TIME = 15;
const THREADS = 20;
const START = 22;
const RSS = 24;

const BLANK = 0x20;
const MINUS = 0x2d;
const CLOSING = 0x29;

/**
 * Parses the first `length` bytes of the file; undefined where it is cut off or not understood. The name may hold blanks
 * and parentheses; a number at the end may be cut off. Makes no texts: a thousand of these are read each second.
 */
export function parseProcessStat(bytes: Uint8Array, length = bytes.length): ProcessStat | undefined {
  const end = bytes.lastIndexOf(CLOSING, length - 1);
  const state = bytes[end + 2] ?? 0;
  if (end < 0 || bytes[end + 1] !== BLANK || !isLetter(state) || bytes[end + 3] !== BLANK) return undefined;
  let [flags, cpuTicks, threads, startTicks] = [0, 0, 0, 0];
  let at = end + 4;
  for (let number = 4; number <= RSS; number++) {
    if (bytes[at] === MINUS) at++;
    const first = at;
    let value = 0;
    for (; at < length && isDigit(bytes[at] ?? 0); at++) value = value * 10 + (bytes[at] ?? 0) - 0x30;
    if (at === first || at >= length || bytes[at] !== BLANK) return undefined;
    at++;
    if (number === FLAGS) flags = value;
    else if (number === USER_TIME || number === SYSTEM_TIME) cpuTicks += value;
    else if (number === THREADS) threads = value;
    else if (number === START) startTicks = value;
    else if (number === RSS) {
      const isKernelThread = (flags & PF_KTHREAD) !== 0;
      return { state: String.fromCharCode(state), isKernelThread, threads, cpuTicks, startTicks, rssPages: value };
    }
  }
  return undefined;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
