// Owns: nettrace under test: runs `nettrace --json` at a site and keeps what its lines said.
// Knows nothing of: what traffic there was and what would be right.
import { readFileSync } from 'node:fs';
import { NETTRACE } from './places.ts';
import type { Site } from './world.ts';

export interface Totals {
  readonly sentTotal: number;
  readonly receivedTotal: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
}

export interface Row extends Totals {
  readonly id: number;
  readonly kind: string;
  readonly reason: string | null;
  readonly pid: number | null;
  readonly name: string;
  readonly state: string;
  readonly sentRate: number | null;
  readonly receivedRate: number | null;
}

interface BothWays {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface InterfaceRow {
  readonly name: string;
  readonly state: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
  readonly frames: number;
  readonly frameSentBytes: number;
  readonly frameReceivedBytes: number;
  readonly kernelDrops: number;
  readonly ledger: { readonly cut: { readonly residual: BothWays } | null };
}

/** What the tests read of a line of docs/json.md. */
export interface Refresh {
  readonly intervalMs: number;
  readonly ownership: string;
  readonly covered: number | null;
  readonly interfaces: readonly InterfaceRow[];
  readonly processes: readonly Row[];
  readonly exitedEarlier: Totals;
  readonly total: Totals;
  readonly drops: { readonly kernel: number; readonly interface: number; readonly table: number };
  readonly lost: { readonly records: number; readonly bytes: number };
  readonly attribution: { readonly flowsLive: number; readonly flowsEvicted: number };
  readonly self: { readonly cpu: number; readonly rssBytes: number };
}

export interface Seen {
  readonly refresh: Refresh;
  /** When the line came, on performance.now()'s clock. */
  readonly at: number;
}

export interface Watched {
  readonly last: Refresh;
  /** Every row there ever was, as it was last listed. */
  readonly rows: readonly Row[];
  readonly refreshes: number;
  /** The longest time between two lines. */
  readonly longestGapMs: number;
  /** Lines whose rows do not add up to their interfaces; must be 0. */
  readonly openBooks: number;
  readonly peakRssBytes: number;
  readonly cpuSeconds: number;
}

export interface Watch {
  readonly pid: number;
  /** Resolves when every device is captured from. */
  ready(): Promise<void>;
  /** The first refresh from now on that is accepted. */
  next(accept: (refresh: Refresh) => boolean, what: string, withinMs?: number): Promise<Seen>;
  /** Everything that was printed so far, the newest last; at most 1000. */
  readonly seen: readonly Seen[];
  /** SIGINT, and what it had said at the end. Rejects where it did not end with code 0. */
  stop(): Promise<Watched>;
}

/** User and system time of a process so far, /proc/PID/stat in ticks of 10 ms. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Largest resident set so far. */
export function peakRssBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
}

const sum = (rows: readonly Totals[], of: keyof Totals) => rows.reduce((all, row) => all + row[of], 0);

function booksClose({ processes, exitedEarlier, total }: Refresh): boolean {
  const rows = [...processes, exitedEarlier];
  const keys = ['sentTotal', 'receivedTotal', 'sentPackets', 'receivedPackets'] as const;
  return keys.every((key) => sum(rows, key) === total[key]);
}

/** Starts nettrace at `site`; `args` are its options and devices. */
export function watch(site: Site, args: readonly string[], limitMs = 120_000): Watch {
  const program = site.start(process.execPath, [NETTRACE, '--json', ...args], limitMs);
  const seen: Seen[] = [];
  const rows = new Map<number, Row>();
  let [refreshes, openBooks, longestGapMs] = [0, 0, 0];
  program.onLine((line) => {
    const refresh = JSON.parse(line) as Refresh;
    const at = performance.now();
    const before = seen.at(-1);
    if (before) longestGapMs = Math.max(longestGapMs, at - before.at);
    if (!booksClose(refresh)) openBooks++;
    for (const row of refresh.processes) rows.set(row.id, row);
    refreshes++;
    seen.push({ refresh, at });
    if (seen.length > 1000) seen.shift();
  });
  const next: Watch['next'] = async (accept, what, withinMs) => {
    const begun = refreshes;
    let count = 0;
    await program.line((line) => ++count > begun && accept(JSON.parse(line) as Refresh), what, withinMs);
    return seen.at(-1) as Seen;
  };
  return {
    pid: program.pid,
    seen,
    next,
    async ready() {
      const capturing = ({ interfaces }: Refresh) =>
        interfaces.length > 0 && interfaces.every((row) => row.state === 'capturing');
      await program.line((line) => capturing(JSON.parse(line) as Refresh), 'nettrace captures');
    },
    async stop() {
      const [peak, cpu] = [peakRssBytes(program.pid), cpuSeconds(program.pid)];
      program.signal('SIGINT');
      const { code, signal, stderr } = await program.ended;
      if (code !== 0) throw new Error(`nettrace ended with ${code ?? signal}: ${stderr}`);
      const last = seen.at(-1)?.refresh;
      if (!last) throw new Error('nettrace printed nothing');
      return {
        last,
        rows: [...rows.values()],
        refreshes,
        longestGapMs,
        openBooks,
        peakRssBytes: peak,
        cpuSeconds: cpu,
      };
    },
  };
}
