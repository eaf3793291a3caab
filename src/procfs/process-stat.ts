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

/** Parses the file; undefined where it is cut off or not understood. The name may hold blanks and parentheses. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const close = text.lastIndexOf(')');
  if (close < 0) return undefined;
  // fields[0] is field 3 of the file, the state.
  const fields = text.slice(close + 2).split(' ', 23);
  const number = (field: number) => Number(fields[field - 3]);
  const stat = {
    state: fields[0] ?? '',
    isKernelThread: (number(9) & PF_KTHREAD) !== 0,
    threads: number(20),
    cpuTicks: number(14) + number(15),
    startTicks: number(22),
    rssPages: number(24),
  };
  const isWhole = fields.length === 23 && /^[A-Za-z]$/.test(stat.state);
  return isWhole && [stat.threads, stat.cpuTicks, stat.startTicks, stat.rssPages].every(isCount) ? stat : undefined;
}

function isCount(value: number): boolean {
  return value >= 0 && Number.isFinite(value);
}
