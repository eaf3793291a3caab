// Owns: flows as rows, made only where somebody asks: a table of 50,000 flows stays columns.
// Knows nothing of: owners' names and how a flow is shown.
import { MATCH_QUALITIES } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import { protocolName, wireNameOf, wireSourceOf } from './flow-names.ts';
import { numberAddresses } from './flow-remotes.ts';
import { createFlowTextCache, type FlowTextCache } from './flow-texts.ts';
import type { FlowList, FlowRow, Rates, Totals } from './model.ts';
import { ownView } from './own-view.ts';
import { countsRetransmissions, interfaceNames } from './owner-rows.ts';
import { gain, perSecond, ratesOf } from './rates.ts';
import type { SampleNames } from './sample.ts';

/** The live flows of one snapshot. */
export interface FlowTable {
  /** All of them, in the order of the snapshot. */
  readonly list: FlowList;
  /** All of them, in the order of the snapshot; made at the first call and kept. */
  all(): readonly FlowRow[];
  /** Those of one owner, the busiest since the snapshot before first, then those with most bytes; at most `limit`. */
  of(ownerId: number, limit?: number): readonly FlowRow[];
  /** What those of one owner moved together, every packet once, by protocol name; makes no rows. */
  totalsOf(ownerId: number): ReadonlyMap<string, Totals & Rates>;
}

const INITIATORS = ['unknown', 'local', 'remote'] as const;

/** Grows while rows are added. */
interface Sum {
  sentBytes: number;
  receivedBytes: number;
  sentPackets: number;
  receivedPackets: number;
  sentGain: number;
  receivedGain: number;
}

/** The flows of `now`; rates are against `before` where that was taken with flows, else undefined. */
export function createFlowTable(
  now: SnapshotView,
  before: SnapshotView | undefined,
  intervalMs: number,
  known?: SampleNames,
  texts: FlowTextCache = createFlowTextCache(),
): FlowTable {
  const { flows } = now;
  let names: Map<number, string> | undefined;
  let everything: FlowRow[] | undefined;
  const made: FlowRow[] = [];

  const own = ownView(flows);
  const countsAgain = countsRetransmissions(now);

  // At once: nobody holds the snapshot before for longer than this.
  const gains = gainsOf(now, before);
  /** What the owner of a flow gained since the snapshot before. */
  const sentGain = (row: number): number => gains.sent[row] ?? 0;
  const receivedGain = (row: number): number => gains.received[row] ?? 0;

  const elapsedMs = before === undefined ? 0 : intervalMs;

  // One literal, no spread: an object that is put together from others costs ten times as much.
  function make(row: number): FlowRow {
    names ??= interfaceNames(now);
    const { key, protocol, family, localAddress, remoteAddress } = texts.get(now, row);
    const { sent, received } = own(row);
    const initiator = INITIATORS[flows.initiator[row] ?? 0] ?? 'unknown';
    const localPort = flows.localPort[row] ?? 0;
    const remotePort = flows.remotePort[row] ?? 0;
    const wireName = wireNameOf(now, row);
    const remoteName = wireName ?? known?.hostName(remoteAddress);
    return {
      key,
      ownerId: flows.owner[row] ?? 0,
      interfaceName: names.get(flows.interface[row] ?? 0) ?? '',
      protocol,
      family,
      localAddress,
      localPort,
      remoteAddress,
      remotePort,
      remoteName,
      remoteNameSource:
        remoteName === undefined ? undefined : wireName === undefined ? 'reverse' : wireSourceOf(now, row),
      service: serviceOf({ protocol, initiator, localPort, remotePort }, known),
      quality: MATCH_QUALITIES[flows.quality[row] ?? 0] ?? 'none',
      initiator,
      ended: flows.ended[row] !== 0,
      firstMs: flows.firstMs[row] ?? 0,
      lastMs: flows.lastMs[row] ?? 0,
      mirrored: flows.mirrored[row] !== 0,
      repeated: flows.repeated[row] !== 0,
      sentBytes: sent.bytes[row] ?? 0,
      receivedBytes: received.bytes[row] ?? 0,
      sentPackets: sent.packets[row] ?? 0,
      receivedPackets: received.packets[row] ?? 0,
      sentIpBytes: sent.ipBytes[row] ?? 0,
      receivedIpBytes: received.ipBytes[row] ?? 0,
      sentPayloadBytes: sent.payloadBytes[row] ?? 0,
      receivedPayloadBytes: received.payloadBytes[row] ?? 0,
      retransmittedBytes: countsAgain ? (flows.retransmittedBytes[row] ?? 0) : undefined,
      sentRate: perSecond(sentGain(row), elapsedMs),
      receivedRate: perSecond(receivedGain(row), elapsedMs),
    };
  }

  const list: FlowList = {
    length: flows.rows,
    row(at) {
      made[at] ??= make(at);
      return made[at];
    },
    key: (at) => texts.key(now, at),
    ownerId: (at) => flows.owner[at] ?? 0,
    remoteAddress: (at) => texts.get(now, at).remoteAddress,
    remotes: () => numberAddresses(flows.remoteAddress),
    repeated: (at) => flows.repeated[at] !== 0,
    hasEnded: (at) => flows.ended[at] !== 0,
    firstMs: (at) => flows.firstMs[at] ?? 0,
    lastMs: (at) => flows.lastMs[at] ?? 0,
    sentBytes: (at) => own(at).sent.bytes[at] ?? 0,
    receivedBytes: (at) => own(at).received.bytes[at] ?? 0,
    sentPackets: (at) => own(at).sent.packets[at] ?? 0,
    receivedPackets: (at) => own(at).received.packets[at] ?? 0,
    sentRate: (at) => perSecond(sentGain(at), elapsedMs),
    receivedRate: (at) => perSecond(receivedGain(at), elapsedMs),
  };

  function all(): readonly FlowRow[] {
    everything ??= Array.from({ length: flows.rows }, (_, row) => list.row(row));
    return everything;
  }

  function of(ownerId: number, limit = Number.POSITIVE_INFINITY): readonly FlowRow[] {
    const best = createBest(limit);
    for (let row = 0; row < flows.rows; row++) {
      if (flows.owner[row] !== ownerId) continue;
      const gained = sentGain(row) + receivedGain(row);
      best.offer(row, gained, (flows.sentBytes[row] ?? 0) + (flows.receivedBytes[row] ?? 0));
    }
    return best.rows().map(list.row);
  }

  function totalsOf(ownerId: number): ReadonlyMap<string, Totals & Rates> {
    const sums = new Map<number, Sum>();
    for (let row = 0; row < flows.rows; row++) {
      if (flows.owner[row] !== ownerId || flows.repeated[row] !== 0) continue;
      const { sent, received } = own(row);
      const protocol = flows.protocol[row] ?? 0;
      let sum = sums.get(protocol);
      if (sum === undefined) {
        sum = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0, sentGain: 0, receivedGain: 0 };
        sums.set(protocol, sum);
      }
      sum.sentBytes += sent.bytes[row] ?? 0;
      sum.receivedBytes += received.bytes[row] ?? 0;
      sum.sentPackets += sent.packets[row] ?? 0;
      sum.receivedPackets += received.packets[row] ?? 0;
      sum.sentGain += sentGain(row);
      sum.receivedGain += receivedGain(row);
    }
    return new Map(
      Array.from(sums, ([protocol, { sentGain, receivedGain, ...totals }]) => [
        protocolName(protocol),
        { ...totals, ...ratesOf(sentGain, receivedGain, elapsedMs) },
      ]),
    );
  }

  return { list, all, of, totalsOf };
}

/** Of the port at the end that did not begin; where that is not known, of whichever has a name, the remote one first. */
function serviceOf(
  flow: Pick<FlowRow, 'protocol' | 'initiator' | 'localPort' | 'remotePort'>,
  known: SampleNames | undefined,
): string | undefined {
  if (known === undefined) return undefined;
  const { protocol, initiator, localPort, remotePort } = flow;
  const remote = initiator === 'remote' ? undefined : known.serviceName(protocol, remotePort);
  return remote ?? (initiator === 'local' ? undefined : known.serviceName(protocol, localPort));
}

/** Row by flow id, plus one; 0 where there is none. Ids are slots of the bounded flow table, so this stays small. */
function indexFlows(snapshot: SnapshotView | undefined): Int32Array {
  if (snapshot === undefined) return new Int32Array(0);
  const { id } = snapshot.flows;
  const index = new Int32Array(id.reduce((most, value) => Math.max(most, value), -1) + 1);
  for (let row = 0; row < id.length; row++) index[id[row] ?? 0] = row + 1;
  return index;
}

interface Gains {
  readonly sent: Float64Array;
  readonly received: Float64Array;
}

/**
 * What the owner of each flow gained since the snapshot before, of which it keeps nothing. A slot may hold another flow since, which its generation tells.
 */
function gainsOf({ flows }: SnapshotView, before: SnapshotView | undefined): Gains {
  const { rows, id, generation, mirrored, sentBytes, receivedBytes } = flows;
  const index = indexFlows(before);
  const past = before?.flows;
  const gains = { sent: new Float64Array(rows), received: new Float64Array(rows) };
  const { sent, received } = gains;
  for (let row = 0; row < rows; row++) {
    const at = (index[id[row] ?? 0] ?? 0) - 1;
    const was = past !== undefined && at >= 0 && past.generation[at] === generation[row] ? past : undefined;
    const turnedBefore = was?.mirrored[at] !== 0;
    const sentBefore = (was && (turnedBefore ? was.receivedBytes : was.sentBytes)[at]) ?? 0;
    const receivedBefore = (was && (turnedBefore ? was.sentBytes : was.receivedBytes)[at]) ?? 0;
    const turned = mirrored[row] !== 0;
    sent[row] = gain((turned ? receivedBytes : sentBytes)[row] ?? 0, sentBefore);
    received[row] = gain((turned ? sentBytes : receivedBytes)[row] ?? 0, receivedBefore);
  }
  return gains;
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
