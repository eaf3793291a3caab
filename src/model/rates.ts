// Owns: the arithmetic of counters: how much was added between two readings, and what that is a second.
// Knows nothing of: what is counted.
import type { Rates, Totals } from './model.ts';

/** What a counter gained; 0 where it went back (bytes that moved to another owner, a counter that started anew). */
export function gain(now: number, before: number): number {
  return now > before ? now - before : 0;
}

/** A gain as a rate; undefined where no time has passed. Never negative and always finite. */
export function perSecond(gained: number, intervalMs: number): number | undefined {
  if (!(intervalMs > 0)) return undefined;
  const rate = (gained * 1000) / intervalMs;
  return Number.isFinite(rate) ? rate : undefined;
}

/** Gains of both directions as rates. */
export function ratesOf(sentGain: number, receivedGain: number, intervalMs: number): Rates {
  return { sentRate: perSecond(sentGain, intervalMs), receivedRate: perSecond(receivedGain, intervalMs) };
}

export const NO_TOTALS: Totals = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };

/** The sum of two. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    sentBytes: a.sentBytes + b.sentBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
    sentPackets: a.sentPackets + b.sentPackets,
    receivedPackets: a.receivedPackets + b.receivedPackets,
  };
}

/** The four counters of a snapshot table's row. */
export function totalsAt(
  table: {
    readonly sentBytes: Float64Array;
    readonly receivedBytes: Float64Array;
    readonly sentPackets: Float64Array;
    readonly receivedPackets: Float64Array;
  },
  row: number,
): Totals {
  return {
    sentBytes: table.sentBytes[row] ?? 0,
    receivedBytes: table.receivedBytes[row] ?? 0,
    sentPackets: table.sentPackets[row] ?? 0,
    receivedPackets: table.receivedPackets[row] ?? 0,
  };
}
