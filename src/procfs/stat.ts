// Owns: /proc/stat: CPU time by class, and how many tasks run (proc_stat(5), fs/proc/stat.c).
// Knows nothing of: shares of time; those need two readings.

/** Time of one CPU since boot in USER_HZ ticks, as the kernel gives it: guest time is also inside user, and so on. */
export interface CpuTicks {
  readonly id: number;
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
  readonly steal: number;
  readonly guest: number;
  readonly guestNice: number;
}

export interface StatReading {
  /** Online CPUs by id, ascending; an offline CPU has no line. */
  readonly cpus: readonly CpuTicks[];
  /** Runnable tasks; undefined on a kernel that does not say. */
  readonly procsRunning: number | undefined;
}

/** Highest CPU id that is believed (CONFIG_NR_CPUS is at most 8192). */
const LAST_CPU = 8191;
const CPU_LINE = /^cpu(\d{1,4})((?: +\d{1,20})*)[ \t]*$/gm;

/** Parses /proc/stat; fields that are missing are 0, lines that are not understood are skipped. */
export function parseStat(text: string): StatReading {
  const cpus = new Map<number, CpuTicks>();
  for (const [, idText = '', fields = ''] of text.matchAll(CPU_LINE)) {
    const id = Number(idText);
    if (id <= LAST_CPU) cpus.set(id, parseTicks(id, fields));
  }
  const running = /^procs_running (\d{1,10})\s*$/m.exec(text)?.[1];
  return {
    cpus: [...cpus.values()].sort((a, b) => a.id - b.id),
    procsRunning: running === undefined ? undefined : Number(running),
  };
}

function parseTicks(id: number, fields: string): CpuTicks {
  const [
    user = 0,
    nice = 0,
    system = 0,
    idle = 0,
    iowait = 0,
    irq = 0,
    softirq = 0,
    steal = 0,
    guest = 0,
    guestNice = 0,
  ] = fields.trim().split(/ +/).map(Number);
  return { id, user, nice, system, idle, iowait, irq, softirq, steal, guest, guestNice };
}
