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

/** From the end of the name on: fields 3, 9, 14, 15, 20, 22 and 24. A number at the end of the text may be cut off. */
const FIELDS = /^\) ([A-Za-z]) (?:-?\d+ ){5}(\d+) (?:\d+ ){4}(\d+) (\d+) (?:-?\d+ ){4}(\d+) -?\d+ (\d+) \d+ (\d+) /;

/** Parses the file; undefined where it is cut off or not understood. The name may hold blanks and parentheses. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const fields = FIELDS.exec(text.slice(text.lastIndexOf(')')));
  if (fields === null) return undefined;
  const [, state = '', flags, user, system, threads, start, rss] = fields;
  return {
    state,
    isKernelThread: (Number(flags) & PF_KTHREAD) !== 0,
    threads: Number(threads),
    cpuTicks: Number(user) + Number(system),
    startTicks: Number(start),
    rssPages: Number(rss),
  };
}
