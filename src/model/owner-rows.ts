// Owns: the rows of the process table: owners of a snapshot joined with their accounts on each interface.
// Knows nothing of: order, filters and how a row is shown.
import { OWNER_KINDS, OWNERSHIPS, type OwnerKind } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import type { FlowEnds } from './flow-ends.ts';
import type { InterfaceShare, OwnerRow, Totals } from './model.ts';
import { ownView } from './own-view.ts';
import type { OwnerTexts, TextCache } from './owner-texts.ts';
import { addTotals, gain, NO_TOTALS, perSecond } from './rates.ts';
import type { Sample } from './sample.ts';
import { compareShares } from './sums.ts';
import { type UnitCache, usageOf } from './usage.ts';

/** Of the row into which ended processes are folded. */
export const EXITED_TEXTS: OwnerTexts = placeholder('exited processes');

/** Texts of rows that are no single process, by kind. */
const PLACEHOLDERS: Readonly<Record<OwnerKind, OwnerTexts>> = {
  unattributed: placeholder('unknown'),
  process: EXITED_TEXTS,
  kernel: placeholder('kernel'),
  forwarded: placeholder('forwarded'),
  'no-socket': placeholder('no socket'),
};

function placeholder(name: string): OwnerTexts {
  return { user: '', name, executable: '', commandLine: '', program: name };
}

/** Every owner with bytes or packets, in order of id. */
export function buildOwners(
  sample: Sample,
  before: SnapshotView | undefined,
  intervalMs: number,
  kept: Pick<Making, 'texts' | 'units' | 'ends'>,
): OwnerRow[] {
  const { owners } = sample.snapshot;
  const moved = sumAccounts(sample.snapshot, before, intervalMs);
  const countsAgain = countsRetransmissions(sample.snapshot);
  const rows: OwnerRow[] = [];
  for (let row = 0; row < owners.rows; row++) {
    const sum = moved.get(owners.id[row] ?? 0);
    if (sum !== undefined) rows.push(buildOwner(sample, row, sum, { intervalMs, countsAgain, ...kept }));
  }
  kept.texts.sweep();
  return rows.sort((a, b) => a.id - b.id);
}

/** What an owner moved on all interfaces; grows while accounts are added. */
interface Moved {
  sentBytes: number;
  receivedBytes: number;
  sentPackets: number;
  receivedPackets: number;
  sentIpBytes: number;
  receivedIpBytes: number;
  sentPayloadBytes: number;
  receivedPayloadBytes: number;
  retransmittedBytes: number;
  retransmittedPackets: number;
  sentGain: number;
  receivedGain: number;
  readonly shares: InterfaceShare[];
}

/** Accounts turned into their owner's view; repeated ones are shares, but not part of the sums. */
function sumAccounts(now: SnapshotView, before: SnapshotView | undefined, intervalMs: number): Map<number, Moved> {
  const { accounts } = now;
  const earlier = indexAccounts(before);
  const names = interfaceNames(now);
  const own = ownView(accounts);
  const ownBefore = before === undefined ? undefined : ownView(before.accounts);
  const moved = new Map<number, Moved>();
  for (let row = 0; row < accounts.rows; row++) {
    const { sent, received } = own(row);
    const sentBytes = sent.bytes[row] ?? 0;
    const receivedBytes = received.bytes[row] ?? 0;
    const sentPackets = sent.packets[row] ?? 0;
    const receivedPackets = received.packets[row] ?? 0;
    if (sentPackets + receivedPackets + sentBytes + receivedBytes === 0) continue;
    const was = earlier.get(accountKey(now, row));
    const past = was === undefined ? undefined : ownBefore?.(was);
    const sentGain = gain(sentBytes, past?.sent.bytes[was ?? 0] ?? 0);
    const receivedGain = gain(receivedBytes, past?.received.bytes[was ?? 0] ?? 0);
    const repeated = accounts.repeated[row] !== 0;
    const sum = sumFor(moved, accounts.owner[row] ?? 0);
    if (!repeated) {
      sum.sentBytes += sentBytes;
      sum.receivedBytes += receivedBytes;
      sum.sentPackets += sentPackets;
      sum.receivedPackets += receivedPackets;
      sum.sentIpBytes += sent.ipBytes[row] ?? 0;
      sum.receivedIpBytes += received.ipBytes[row] ?? 0;
      sum.sentPayloadBytes += sent.payloadBytes[row] ?? 0;
      sum.receivedPayloadBytes += received.payloadBytes[row] ?? 0;
      sum.retransmittedBytes += accounts.retransmittedBytes[row] ?? 0;
      sum.retransmittedPackets += accounts.retransmittedPackets[row] ?? 0;
      sum.sentGain += sentGain;
      sum.receivedGain += receivedGain;
    }
    sum.shares.push({
      name: names.get(accounts.interface[row] ?? 0) ?? '',
      mirrored: accounts.mirrored[row] !== 0,
      repeated,
      sentBytes,
      receivedBytes,
      sentPackets,
      receivedPackets,
      sentRate: perSecond(sentGain, intervalMs),
      receivedRate: perSecond(receivedGain, intervalMs),
    });
  }
  return moved;
}

function sumFor(moved: Map<number, Moved>, owner: number): Moved {
  let sum = moved.get(owner);
  if (sum === undefined) {
    sum = {
      sentBytes: 0,
      receivedBytes: 0,
      sentPackets: 0,
      receivedPackets: 0,
      sentIpBytes: 0,
      receivedIpBytes: 0,
      sentPayloadBytes: 0,
      receivedPayloadBytes: 0,
      retransmittedBytes: 0,
      retransmittedPackets: 0,
      sentGain: 0,
      receivedGain: 0,
      shares: [],
    };
    moved.set(owner, sum);
  }
  return sum;
}

/** What all owners moved, every packet once: the sum of the accounts that repeat no other. */
export function sumSnapshot(snapshot: SnapshotView): Totals {
  const { accounts } = snapshot;
  const own = ownView(accounts);
  const sum = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };
  for (let row = 0; row < accounts.rows; row++) {
    if (accounts.repeated[row] !== 0) continue;
    const { sent, received } = own(row);
    sum.sentBytes += sent.bytes[row] ?? 0;
    sum.receivedBytes += received.bytes[row] ?? 0;
    sum.sentPackets += sent.packets[row] ?? 0;
    sum.receivedPackets += received.packets[row] ?? 0;
  }
  return sum;
}

/** Row of each account of the snapshot before, by owner, interface and view. */
function indexAccounts(snapshot: SnapshotView | undefined): Map<number, number> {
  const index = new Map<number, number>();
  if (snapshot === undefined) return index;
  for (let row = 0; row < snapshot.accounts.rows; row++) index.set(accountKey(snapshot, row), row);
  return index;
}

/** Below 2^53: 32 bits of the owner, 16 of the interface, 2 of the view. */
function accountKey({ accounts }: SnapshotView, row: number): number {
  const view = (accounts.mirrored[row] !== 0 ? 1 : 0) + (accounts.repeated[row] !== 0 ? 2 : 0);
  return ((accounts.owner[row] ?? 0) * 0x10000 + (accounts.interface[row] ?? 0)) * 4 + view;
}

/** Interface names by slot. */
export function interfaceNames({ interfaces, text }: SnapshotView): Map<number, string> {
  const names = new Map<number, string>();
  for (let row = 0; row < interfaces.rows; row++) names.set(interfaces.slot[row] ?? 0, text(interfaces.name[row] ?? 0));
  return names;
}

/** Whether this run tells what TCP sent again: only the whole socket meter does. */
export function countsRetransmissions({ meta }: SnapshotView): boolean {
  const ownership = OWNERSHIPS[meta.ownership[0] ?? 0];
  return ownership === 'bpf' || ownership === 'stream' || ownership === 'sock-diag';
}

interface Making {
  readonly intervalMs: number;
  readonly countsAgain: boolean;
  readonly texts: TextCache;
  readonly units: UnitCache;
  /** undefined where the sample has no flows. */
  readonly ends: ((ownerId: number) => FlowEnds) | undefined;
}

// One literal, no spread: an object that is put together from others costs ten times as much.
function buildOwner(sample: Sample, row: number, moved: Moved, making: Making): OwnerRow {
  const { intervalMs, countsAgain, texts, units, ends } = making;
  const id = sample.snapshot.owners.id[row] ?? 0;
  const { owners, meta } = sample.snapshot;
  const kind = OWNER_KINDS[owners.kind[row] ?? 0] ?? 'unattributed';
  const isProcess = kind === 'process' && owners.pid[row] !== 0;
  // The row into which ended processes are folded gains bytes that were moved long ago: it never has a rate.
  const isFolded = kind === 'process' && !isProcess;
  const exited = isFolded || owners.exited[row] !== 0;
  const text = isProcess ? texts.get(sample.snapshot, row) : PLACEHOLDERS[kind];
  const reading = isProcess ? sample.processes?.get(id) : undefined;
  /** 0: not known. */
  const startMs = isProcess ? (owners.startMs[row] ?? 0) : 0;
  const exitedForMs = exited && isProcess ? gain(meta.monotonicMs[0] ?? 0, owners.exitedMs[row] ?? 0) : 0;
  const reason = isProcess ? undefined : sample.labels.reasons[owners.reason[row] ?? 0];
  return {
    id,
    kind,
    reason: isProcess ? undefined : (reason?.label ?? 'unknown'),
    reasonText: reason?.text ?? '',
    pid: isProcess ? owners.pid[row] : undefined,
    parentPid: isProcess ? owners.parentPid[row] : undefined,
    startMs: isProcess ? startMs : undefined,
    startTicks: isProcess ? owners.startTicks[row] : undefined,
    uid: isProcess ? owners.uid[row] : undefined,
    user: text.user,
    name: text.name,
    executable: text.executable,
    commandLine: text.commandLine,
    program: text.program,
    state: exited ? 'exited' : 'running',
    exitedForMs,
    ageMs: startMs === 0 ? undefined : gain((meta.realtimeMs[0] ?? 0) - exitedForMs, startMs),
    interfaces: moved.shares.length > 1 ? moved.shares.sort(compareShares) : moved.shares,
    connections: owners.flows[row] ?? 0,
    sentBytes: moved.sentBytes,
    receivedBytes: moved.receivedBytes,
    sentPackets: moved.sentPackets,
    receivedPackets: moved.receivedPackets,
    sentRate: perSecond(isFolded ? 0 : moved.sentGain, intervalMs),
    receivedRate: perSecond(isFolded ? 0 : moved.receivedGain, intervalMs),
    sentIpBytes: moved.sentIpBytes,
    receivedIpBytes: moved.receivedIpBytes,
    sentPayloadBytes: moved.sentPayloadBytes,
    receivedPayloadBytes: moved.receivedPayloadBytes,
    retransmittedBytes: countsAgain ? moved.retransmittedBytes : undefined,
    retransmittedPackets: countsAgain ? moved.retransmittedPackets : undefined,
    netns: owners.netns[row] || undefined,
    usage: exited ? undefined : usageOf(reading, sample.host.memory.total),
    unit: reading === undefined ? undefined : units.get(reading.cgroup),
    ends: ends?.(id),
  };
}

/** The whole of several rows; `NO_TOTALS` if there are none. */
export function sumTotals(rows: readonly Totals[]): Totals {
  return rows.reduce(addTotals, NO_TOTALS);
}
