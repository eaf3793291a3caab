// Owns: /proc/loadavg (proc_loadavg(5)) and /proc/uptime (proc_uptime(5)): one line each.
// Knows nothing of: colours and thresholds.

export interface LoadavgReading {
  /** Average over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  /** Kernel scheduling entities: runnable now, and all. */
  readonly running: number;
  readonly total: number;
  /** The pid that was given last. */
  readonly lastPid: number;
}

const LOADAVG =
  /^(\d{1,9}(?:\.\d{1,9})?) (\d{1,9}(?:\.\d{1,9})?) (\d{1,9}(?:\.\d{1,9})?)(?: (\d{1,9})\/(\d{1,9}))?(?: (\d{1,9}))?/;

/** Parses /proc/loadavg; anything that is not understood is 0. */
export function parseLoadavg(text: string): LoadavgReading {
  const [, one, five, fifteen, running, total, lastPid] = LOADAVG.exec(text) ?? [];
  return {
    load: [Number(one ?? 0), Number(five ?? 0), Number(fifteen ?? 0)],
    running: Number(running ?? 0),
    total: Number(total ?? 0),
    lastPid: Number(lastPid ?? 0),
  };
}

/** Seconds since boot from /proc/uptime; 0 if it is not understood. */
export function parseUptime(text: string): number {
  return Number(/^(\d{1,12}(?:\.\d{1,9})?)(?:\s|$)/.exec(text)?.[1] ?? 0);
}
