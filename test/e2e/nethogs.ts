// Owns: nethogs on the same traffic, for comparison: what it counted for each process, from its trace output.
// Knows nothing of: what would be right.
import { cpuSeconds, peakRssBytes } from './watch.ts';
import type { Site } from './world.ts';

export interface NethogsSaw {
  /** Sent and received bytes by pid. */
  readonly byPid: ReadonlyMap<number, number>;
  readonly unknown: number;
  /** Every refresh as it was printed: sent and received together, by pid or `unknown`. At most 100. */
  readonly history: readonly ReadonlyMap<string, number>[];
  readonly refreshes: number;
  readonly longestGapMs: number;
  readonly peakRssBytes: number;
  readonly cpuSeconds: number;
}

export interface Nethogs {
  readonly pid: number;
  ready(): Promise<void>;
  /** Waits for two more refreshes, at most `patienceMs`, and ends it. */
  stop(patienceMs?: number): Promise<NethogsSaw>;
}

const VIEW_MODES = { 'kB/s': '0', bytes: '2' } as const;

/** `nethogs -t -C -a`: TCP and UDP; total bytes, or rates in units of 1024. */
export function nethogs(site: Site, devices: readonly string[], mode: keyof typeof VIEW_MODES = 'bytes'): Nethogs {
  const program = site.start('nethogs', ['-t', '-C', '-a', '-v', VIEW_MODES[mode], '-d', '1', ...devices], 180_000);
  const history: Map<string, number>[] = [];
  let rows = new Map<string, number>();
  let [refreshes, longestGapMs, at] = [0, 0, performance.now()];
  const observe = () => {
    longestGapMs = Math.max(longestGapMs, performance.now() - at);
    at = performance.now();
  };
  program.onLine((line) => {
    if (line.startsWith('Refreshing')) {
      observe();
      refreshes++;
      rows = new Map();
      history.push(rows);
      if (history.length > 100) history.shift();
    }
    // NAME/PID/UID, sent, received; a name may hold slashes.
    const [, name, pid, sent, received] = /^(.*)\/(\d+)\/\d+\t(\S+)\t(\S+)$/.exec(line) ?? [];
    if (pid === undefined) return;
    const key = name?.startsWith('unknown') ? 'unknown' : pid;
    rows.set(key, (rows.get(key) ?? 0) + Number(sent) + Number(received));
  });
  const refresh = (count: number, withinMs: number) => {
    let more = count + refreshes;
    return program.line((line) => line.startsWith('Refreshing') && --more <= 0, 'nethogs refreshes', withinMs);
  };
  return {
    pid: program.pid,
    ready: async () => void (await refresh(1, 20_000)),
    async stop(patienceMs = 6000) {
      await refresh(3, patienceMs).catch(() => {});
      observe();
      const [peak, cpu] = [peakRssBytes(program.pid), cpuSeconds(program.pid)];
      program.signal('SIGINT');
      const killer = setTimeout(() => program.signal('SIGKILL'), 2000);
      await program.ended;
      clearTimeout(killer);
      const byPid = new Map<number, number>();
      for (const [key, bytes] of rows) if (key !== 'unknown' && key !== '0') byPid.set(Number(key), bytes);
      const unknown = (rows.get('unknown') ?? 0) + (rows.get('0') ?? 0);
      return { byPid, unknown, history, refreshes, longestGapMs, peakRssBytes: peak, cpuSeconds: cpu };
    },
  };
}
