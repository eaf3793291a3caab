// Owns: the comparison of what nettrace said with what is true: shares, wrong bytes, and sentences about every fault.
// Knows nothing of: how the figures were made.
import type { Row, Watched } from './watch.ts';
import type { Counters } from './world.ts';

/** What one process really moved on the wire. */
export interface Expected {
  readonly pid: number;
  /** For sentences about it. */
  readonly what?: string;
  readonly sent: number;
  readonly received: number;
  /** A frame that came twice, or into a full buffer, is in what the senders sent and not in the receiver's own count. */
  readonly receivedAtMost?: number;
  /** Bytes that its own report may be off: segments that came after it was written. */
  readonly slack: number;
}

export interface Truth {
  readonly expected: readonly Expected[];
  /** Segmentation is offloaded: the device counts super-frames, and the wire's bytes are what the expected ones moved. */
  readonly offloaded?: boolean;
  /** Held the same sockets or ports: what they have of each other's bytes is wrong, but only an exact engine can know. */
  readonly bystanders?: readonly number[];
  /** Both ends of each connection are here and the device is between them: either may have the bytes. */
  readonly eitherEnd?: boolean;
  /** True: all bytes must be named. False: too short-lived, they may stay without a process but not go to a wrong one. */
  readonly nameable: boolean;
}

export interface Verdict {
  /** Bytes of the interface's own counters. */
  readonly wire: number;
  readonly right: number;
  /** On a process that did not move them, or more on one than it moved. */
  readonly wrong: number;
  /** Bytes without a process, by reason. */
  readonly unnamed: ReadonlyMap<string, number>;
  /** All rows less the interface's counters. */
  readonly residual: number;
  readonly kernelDrops: number;
  /** Empty: all is as it must be. */
  readonly faults: readonly string[];
}

/** What an engine is held to. */
export type Rules = 'as today' | 'exact';

/** Only `bpf` is held to every byte; what the others cannot know is said by each scenario. */
export function rulesOf(engine: string | undefined): Rules {
  return engine === 'bpf' ? 'exact' : 'as today';
}

const SHARE = 0.999;
const CLOSE = 0.001;
/** Multicast listener reports and the like in a quiet namespace. */
const NOISE = 600;

const bytes = (row: Row) => row.sentTotal + row.receivedTotal;

function byPid(rows: readonly Row[]): Map<number, { sent: number; received: number }> {
  const all = new Map<number, { sent: number; received: number }>();
  for (const row of rows) {
    if (row.kind !== 'process' || row.pid === null || bytes(row) === 0) continue;
    const sum = all.get(row.pid) ?? { sent: 0, received: 0 };
    all.set(row.pid, { sent: sum.sent + row.sentTotal, received: sum.received + row.receivedTotal });
  }
  return all;
}

/** Rows without a process shrink when an owner is found: only those of the last refresh count. */
function unnamedByReason(rows: readonly Row[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const row of rows) {
    if (row.kind === 'process' || bytes(row) === 0) continue;
    const reason = `${row.kind}/${row.reason ?? 'no reason'}`;
    all.set(reason, (all.get(reason) ?? 0) + bytes(row));
  }
  return all;
}

/** How many of `seen` bytes are more than the process can have moved. */
function excess(seen: number, real: number, slack: number): number {
  return Math.max(0, seen - Math.ceil(real * (1 + CLOSE)) - slack);
}

export function traffic(before: Counters, after: Counters): number {
  return after.receivedBytes - before.receivedBytes + after.sentBytes - before.sentBytes;
}

/** One process number may stand for several processes, one after the other. */
function byNumber(expected: readonly Expected[]): Expected[] {
  const all = new Map<number, Expected>();
  for (const one of expected) {
    const before = all.get(one.pid);
    const most = (of: Expected) => of.receivedAtMost ?? of.received;
    all.set(one.pid, {
      ...one,
      sent: one.sent + (before?.sent ?? 0),
      received: one.received + (before?.received ?? 0),
      receivedAtMost: most(one) + (before === undefined ? 0 : most(before)),
      slack: one.slack + (before?.slack ?? 0),
    });
  }
  return [...all.values()];
}

/** `counters` are the bytes by which the device's own counters moved on. */
export function judge(watched: Watched, truth: Truth, counters: number, rules: Rules): Verdict {
  const faults: string[] = [];
  /** Who has what is not its own; said where that is more than the rules allow. */
  const gainers: string[] = [];
  const seen = byPid(watched.rows);
  const expected = byNumber(truth.expected);
  const exact = rules === 'exact';
  const nameable = truth.nameable && !exact;
  const wire = truth.offloaded ? expected.reduce((all, one) => all + one.sent + one.received, 0) : counters;
  const excused = (pid: number) => truth.bystanders?.includes(pid) ?? false;
  let [right, wrong] = [0, 0];
  for (const { pid, what, sent, received, receivedAtMost = received, slack } of expected) {
    const who = `process ${pid}${what === undefined ? '' : ` (${what})`}`;
    const got = seen.get(pid) ?? { sent: 0, received: 0 };
    seen.delete(pid);
    const tooMuch = excess(got.sent, sent, slack) + excess(got.received, receivedAtMost, slack);
    wrong += tooMuch;
    right += got.sent + got.received - tooMuch;
    const missing = excess(sent, got.sent, slack) + excess(received, got.received, slack);
    const has = `${who} has ${got.sent}/${got.received} bytes sent/received, moved ${sent}/${received}`;
    if (tooMuch > 0) gainers.push(has);
    if (tooMuch > 0 && !exact && !excused(pid)) faults.push(`${has}: ${tooMuch} bytes too many`);
    if (nameable && !truth.eitherEnd && missing > 0) {
      faults.push(has);
    }
  }
  for (const [pid, got] of seen) {
    wrong += got.sent + got.received;
    gainers.push(`process ${pid} moved nothing and has ${got.sent}/${got.received} bytes sent/received`);
    if (!exact && !excused(pid)) faults.push(`process ${pid} moved nothing and has ${got.sent + got.received} bytes`);
  }
  const { last, openBooks } = watched;
  const unnamed = unnamedByReason(last.processes);
  const counted = truth.offloaded
    ? last.interfaces.reduce((all, row) => all + row.frameSentBytes + row.frameReceivedBytes, 0)
    : last.total.sentTotal + last.total.receivedTotal;
  const residual = counted - counters;
  const kernelDrops = last.drops.kernel;
  if (nameable && kernelDrops > 0) faults.push(`${kernelDrops} packets were dropped by the kernel`);
  if (openBooks > 0) faults.push(`in ${openBooks} refreshes the rows do not add up to the interfaces`);
  if ((exact || kernelDrops === 0) && Math.abs(residual) > counters * CLOSE + NOISE) {
    faults.push(`all rows are ${counted} bytes, the interface moved ${counters}`);
  }
  const had = right + wrong + [...unnamed.values()].reduce((all, bytes) => all + bytes, 0) - counted;
  if (exact && !truth.offloaded && had > counted * CLOSE + NOISE) {
    faults.push(`${had} bytes were a process's in an earlier refresh and are not in the last`);
  }
  if (exact && wrong > wire * CLOSE) faults.push(`${wrong} of ${wire} bytes are on a wrong process`, ...gainers);
  if ((exact || nameable) && right < wire * SHARE - NOISE) {
    faults.push(`${((100 * right) / wire).toFixed(3)} % of ${wire} bytes are on the right process`);
    for (const [reason, bytes] of unnamed) faults.push(`${bytes} bytes have no process: ${reason}`);
  }
  if (faults.length > 0 && exact && kernelDrops > 0) faults.push(`${kernelDrops} packets were dropped by the kernel`);
  if (faults.length > 0 && last.lost.records > 0) faults.push(`the socket meter lost ${last.lost.records} records`);
  return { wire, right, wrong, unnamed, residual, kernelDrops, faults };
}
