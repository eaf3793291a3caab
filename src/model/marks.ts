// Owns: marks: what had been counted at a moment, and a model that counts from a mark on, or between two of them.
// Knows nothing of: keys. Rates, states and ledgers stay those of the model; only what is counted up changes.
import { deriveModel } from './derive-model.ts';
import type { FlowRow, InterfaceShare, Layers, Model, OwnerRow, Totals } from './model.ts';

export interface Mark {
  readonly timeMs: number;
  readonly total: Totals;
  readonly owners: ReadonlyMap<number, OwnerRow>;
  /** undefined where the sample had no flows: then flows count from their beginning. */
  readonly flows: ReadonlyMap<string, FlowRow> | undefined;
}

export function takeMark(model: Model): Mark {
  return {
    timeMs: model.timeMs,
    total: model.total,
    owners: new Map(model.owners.map((row) => [row.id, row])),
    flows: model.flows && new Map(model.flows.map((row) => [row.key, row])),
  };
}

/** The model with what moved from the first mark on, up to the second one if there is one. */
export function countBetween(model: Model, from: Mark, to: Mark | undefined): Model {
  const flowsTo = to?.flows;
  return deriveModel(model, {
    owners: model.owners.map((row) => {
      const then = to === undefined ? row : to.owners.get(row.id);
      return ownerLess(row, then, from.owners.get(row.id));
    }),
    total: { ...model.total, ...totalsLess(to?.total ?? model.total, from.total) },
    flows: (rows) =>
      rows.map((row) => flowLess(row, flowsTo === undefined ? row : flowsTo.get(row.key), from.flows?.get(row.key))),
  });
}

/** A counter never goes below nothing: bytes that moved to another owner since are that owner's. */
function less(now: number, before: number | undefined): number {
  return Math.max(0, now - (before ?? 0));
}

function totalsLess(now: Totals | undefined, before: Totals | undefined): Totals {
  return {
    sentBytes: less(now?.sentBytes ?? 0, before?.sentBytes),
    receivedBytes: less(now?.receivedBytes ?? 0, before?.receivedBytes),
    sentPackets: less(now?.sentPackets ?? 0, before?.sentPackets),
    receivedPackets: less(now?.receivedPackets ?? 0, before?.receivedPackets),
  };
}

function layersLess(now: Layers | undefined, before: Layers | undefined): Layers {
  return {
    sentIpBytes: less(now?.sentIpBytes ?? 0, before?.sentIpBytes),
    receivedIpBytes: less(now?.receivedIpBytes ?? 0, before?.receivedIpBytes),
    sentPayloadBytes: less(now?.sentPayloadBytes ?? 0, before?.sentPayloadBytes),
    receivedPayloadBytes: less(now?.receivedPayloadBytes ?? 0, before?.receivedPayloadBytes),
    retransmittedBytes:
      now?.retransmittedBytes === undefined ? undefined : less(now.retransmittedBytes, before?.retransmittedBytes),
  };
}

function ownerLess(row: OwnerRow, now: OwnerRow | undefined, before: OwnerRow | undefined): OwnerRow {
  if (before === undefined && now === row) return row;
  const again = row.retransmittedPackets === undefined ? undefined : (now?.retransmittedPackets ?? 0);
  return {
    ...row,
    ...totalsLess(now, before),
    ...layersLess(now, before),
    retransmittedPackets: again === undefined ? undefined : less(again, before?.retransmittedPackets),
    interfaces: row.interfaces.map((share) => ({
      ...share,
      ...totalsLess(shareOf(now, share), shareOf(before, share)),
    })),
  };
}

function shareOf(row: OwnerRow | undefined, { name, mirrored, repeated }: InterfaceShare): InterfaceShare | undefined {
  return row?.interfaces.find(
    (share) => share.name === name && share.mirrored === mirrored && share.repeated === repeated,
  );
}

function flowLess(row: FlowRow, now: FlowRow | undefined, before: FlowRow | undefined): FlowRow {
  if (before === undefined && now === row) return row;
  return { ...row, ...totalsLess(now, before), ...layersLess(now, before) };
}
