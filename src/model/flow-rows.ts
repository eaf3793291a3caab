// Owns: flows as rows, made only where somebody asks: a table of 50,000 flows stays columns.
// Knows nothing of: owners' names and how a flow is shown.
import { addressText, isV4Mapped } from '../base/ip-text.ts';
import { MATCH_QUALITIES } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import type { FlowRow, Rates, Totals } from './model.ts';
import { interfaceNames } from './owner-rows.ts';
import { addTotals, gain, NO_TOTALS, ratesOf, totalsAt } from './rates.ts';

/** The live flows of one snapshot. */
export interface FlowTable {
  /** All of them, in the order of the snapshot; made at the first call and kept. */
  all(): readonly FlowRow[];
  /** Those of one owner, the busiest since the snapshot before first, then those with most bytes; at most `limit`. */
  of(ownerId: number, limit?: number): readonly FlowRow[];
  /** What those of one owner moved together, by protocol name; makes no rows. */
  totalsOf(ownerId: number): ReadonlyMap<string, Totals & Rates>;
}

const INITIATORS = ['unknown', 'local', 'remote'] as const;

/** Names of IP protocol numbers (IANA, Assigned Internet Protocol Numbers), lower case. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  89: 'ospf',
  103: 'pim',
  112: 'vrrp',
  132: 'sctp',
  136: 'udplite',
};

/** The name of an IP protocol, else `proto-N`. */
export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `proto-${protocol}`;
}

/** The flows of `now`; rates are against `before` where that was taken with flows, else undefined. */
export function createFlowTable(now: SnapshotView, before: SnapshotView | undefined, intervalMs: number): FlowTable {
  const { flows } = now;
  let names: Map<number, string> | undefined;
  let earlier: Int32Array | undefined;
  let everything: FlowRow[] | undefined;

  /** What a flow gained since the snapshot before. */
  function gainOf(row: number, direction: 'sentBytes' | 'receivedBytes'): number {
    earlier ??= indexFlows(before);
    const was = findFlow(now, row, before, earlier);
    return gain(flows[direction][row] ?? 0, was === undefined ? 0 : (before?.flows[direction][was] ?? 0));
  }

  function make(row: number): FlowRow {
    names ??= interfaceNames(now);
    return {
      ...describe(now, row),
      interfaceName: names.get(flows.interface[row] ?? 0) ?? '',
      ...totalsAt(flows, row),
      ...ratesOf(gainOf(row, 'sentBytes'), gainOf(row, 'receivedBytes'), before === undefined ? 0 : intervalMs),
    };
  }

  function all(): readonly FlowRow[] {
    everything ??= Array.from({ length: flows.rows }, (_, row) => make(row));
    return everything;
  }

  function of(ownerId: number, limit = Number.POSITIVE_INFINITY): readonly FlowRow[] {
    const best = createBest(limit);
    for (let row = 0; row < flows.rows; row++) {
      if (flows.owner[row] !== ownerId) continue;
      const gained = gainOf(row, 'sentBytes') + gainOf(row, 'receivedBytes');
      best.offer(row, gained, (flows.sentBytes[row] ?? 0) + (flows.receivedBytes[row] ?? 0));
    }
    return best.rows().map(make);
  }

  function totalsOf(ownerId: number): ReadonlyMap<string, Totals & Rates> {
    const sums = new Map<number, { totals: Totals; sent: number; received: number }>();
    for (let row = 0; row < flows.rows; row++) {
      if (flows.owner[row] !== ownerId) continue;
      const sum = sums.get(flows.protocol[row] ?? 0) ?? { totals: NO_TOTALS, sent: 0, received: 0 };
      sums.set(flows.protocol[row] ?? 0, {
        totals: addTotals(sum.totals, totalsAt(flows, row)),
        sent: sum.sent + gainOf(row, 'sentBytes'),
        received: sum.received + gainOf(row, 'receivedBytes'),
      });
    }
    return new Map(
      Array.from(sums, ([protocol, { totals, sent, received }]) => [
        protocolName(protocol),
        { ...totals, ...ratesOf(sent, received, before === undefined ? 0 : intervalMs) },
      ]),
    );
  }

  return { all, of, totalsOf };
}

function describe({ flows }: SnapshotView, row: number) {
  const localAt = row * 16;
  return {
    key: `${flows.id[row]}.${flows.generation[row]}`,
    ownerId: flows.owner[row] ?? 0,
    protocol: protocolName(flows.protocol[row] ?? 0),
    family: isV4Mapped(flows.localAddress, localAt) ? (4 as const) : (6 as const),
    localAddress: addressText(flows.localAddress, localAt),
    localPort: flows.localPort[row] ?? 0,
    remoteAddress: addressText(flows.remoteAddress, localAt),
    remotePort: flows.remotePort[row] ?? 0,
    quality: MATCH_QUALITIES[flows.quality[row] ?? 0] ?? 'none',
    initiator: INITIATORS[flows.initiator[row] ?? 0] ?? 'unknown',
    ended: flows.ended[row] !== 0,
    firstMs: flows.firstMs[row] ?? 0,
    lastMs: flows.lastMs[row] ?? 0,
  };
}

/** Row by flow id, plus one; 0 where there is none. Ids are slots of the bounded flow table, so this stays small. */
function indexFlows(snapshot: SnapshotView | undefined): Int32Array {
  if (snapshot === undefined) return new Int32Array(0);
  const { id } = snapshot.flows;
  const index = new Int32Array(id.reduce((most, value) => Math.max(most, value), -1) + 1);
  for (let row = 0; row < id.length; row++) index[id[row] ?? 0] = row + 1;
  return index;
}

/** The row of the same flow before: a slot may hold another flow since, which its generation tells. */
function findFlow(now: SnapshotView, row: number, before: SnapshotView | undefined, index: Int32Array) {
  const was = (index[now.flows.id[row] ?? 0] ?? 0) - 1;
  return was >= 0 && before?.flows.generation[was] === now.flows.generation[row] ? was : undefined;
}

interface Candidate {
  readonly row: number;
  readonly gained: number;
  readonly bytes: number;
}

/** Collects the first `limit` rows in order without sorting all of them: a flood may have 200,000. */
function createBest(limit: number) {
  let kept: Candidate[] = [];
  let last: Candidate | undefined;
  const prune = () => {
    kept.sort(inOrder);
    kept = kept.slice(0, limit);
    last = kept.length === limit ? kept.at(-1) : undefined;
  };
  return {
    offer(row: number, gained: number, bytes: number): void {
      const candidate = { row, gained, bytes };
      if (last !== undefined && inOrder(last, candidate) < 0) return;
      kept.push(candidate);
      if (kept.length >= limit * 2) prune();
    },
    rows(): number[] {
      prune();
      return kept.map(({ row }) => row);
    },
  };
}

function inOrder(a: Candidate, b: Candidate): number {
  return b.gained - a.gained || b.bytes - a.bytes || a.row - b.row;
}
