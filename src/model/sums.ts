// Owns: rows added up: what several owners, shares or flows moved together.
// Knows nothing of: where the rows came from.
import type { InterfaceShare, Layers, OwnerRow, Rates, Totals } from './model.ts';

/** The sum of rows; rates are unknown where none of the rows has one. */
export function sumOf(rows: readonly (Totals & Rates)[]): Totals & Rates {
  const sum = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };
  let sentRate: number | undefined = rows.length === 0 ? 0 : undefined;
  let receivedRate: number | undefined = sentRate;
  for (const row of rows) {
    sum.sentBytes += row.sentBytes;
    sum.receivedBytes += row.receivedBytes;
    sum.sentPackets += row.sentPackets;
    sum.receivedPackets += row.receivedPackets;
    if (row.sentRate !== undefined) sentRate = (sentRate ?? 0) + row.sentRate;
    if (row.receivedRate !== undefined) receivedRate = (receivedRate ?? 0) + row.receivedRate;
  }
  return { ...sum, sentRate, receivedRate };
}

type OwnerLayers = Layers & Pick<OwnerRow, 'retransmittedPackets'>;
type SummedLayers = Layers & { readonly retransmittedPackets?: number | undefined };

/** Layers of several owners; what none of them knows stays unknown. */
export function sumLayers(rows: readonly SummedLayers[]): OwnerLayers {
  const known = (of: (row: SummedLayers) => number | undefined) =>
    rows.reduce<number | undefined>((sum, row) => {
      const value = of(row);
      return value === undefined ? sum : (sum ?? 0) + value;
    }, undefined);
  return {
    sentIpBytes: known((row) => row.sentIpBytes) ?? 0,
    receivedIpBytes: known((row) => row.receivedIpBytes) ?? 0,
    sentPayloadBytes: known((row) => row.sentPayloadBytes) ?? 0,
    receivedPayloadBytes: known((row) => row.receivedPayloadBytes) ?? 0,
    retransmittedBytes: known((row) => row.retransmittedBytes),
    retransmittedPackets: known((row) => row.retransmittedPackets),
  };
}

type Growing<T> = { -readonly [K in keyof T]: T[K] };

const plus = (a: number | undefined, b: number | undefined) => (b === undefined ? a : (a ?? 0) + b);

/** The shares of several owners, those of one interface and one view together; the busiest first, repeated ones last. */
export function mergeShares(shares: readonly InterfaceShare[]): InterfaceShare[] {
  // Thousands of processes that have ended share a few interfaces: no object is made for each of them.
  const merged = new Map<string, Growing<InterfaceShare>[]>();
  for (const share of shares) {
    const views = merged.get(share.name) ?? [];
    if (views.length === 0) merged.set(share.name, views);
    const sum = views.find(({ mirrored, repeated }) => mirrored === share.mirrored && repeated === share.repeated);
    if (sum === undefined) views.push({ ...share });
    else addShare(sum, share);
  }
  return [...merged.values()].flat().sort(compareShares);
}

function addShare(sum: Growing<InterfaceShare>, share: InterfaceShare): void {
  sum.sentBytes += share.sentBytes;
  sum.receivedBytes += share.receivedBytes;
  sum.sentPackets += share.sentPackets;
  sum.receivedPackets += share.receivedPackets;
  sum.sentRate = plus(sum.sentRate, share.sentRate);
  sum.receivedRate = plus(sum.receivedRate, share.receivedRate);
}

/** The busiest first, repeated ones last. */
export function compareShares(a: InterfaceShare, b: InterfaceShare): number {
  if (a.repeated !== b.repeated) return Number(a.repeated) - Number(b.repeated);
  return b.sentBytes + b.receivedBytes - (a.sentBytes + a.receivedBytes) || (a.name < b.name ? -1 : 1);
}
