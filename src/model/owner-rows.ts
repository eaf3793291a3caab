// Owns: the rows of the process table: owners of a snapshot joined with their accounts on each interface.
// Knows nothing of: order, filters and how a row is shown.
import { OWNER_KINDS, type OwnerKind } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import type { InterfaceShare, OwnerRow, Totals } from './model.ts';
import type { OwnerTexts, TextCache } from './owner-texts.ts';
import { addTotals, gain, NO_TOTALS, ratesOf, totalsAt } from './rates.ts';
import type { Sample } from './sample.ts';

/** Short names of rows that are no single process, by kind. */
const KIND_NAMES: Readonly<Record<OwnerKind, string>> = {
  unattributed: 'unknown',
  process: 'exited processes',
  kernel: 'kernel',
  forwarded: 'forwarded',
  'no-socket': 'no socket',
};

/** Every owner with bytes or packets, in order of id. */
export function buildOwners(
  sample: Sample,
  before: SnapshotView | undefined,
  intervalMs: number,
  texts: TextCache,
): OwnerRow[] {
  const { owners } = sample.snapshot;
  const moved = sumAccounts(sample.snapshot, before, intervalMs);
  const rows: OwnerRow[] = [];
  for (let row = 0; row < owners.rows; row++) {
    const sum = moved.get(owners.id[row] ?? 0);
    if (sum !== undefined) rows.push(buildOwner(sample, row, sum, intervalMs, texts));
  }
  texts.sweep();
  return rows.sort((a, b) => a.id - b.id);
}

interface Moved {
  totals: Totals;
  sentGain: number;
  receivedGain: number;
  readonly shares: InterfaceShare[];
}

function sumAccounts(now: SnapshotView, before: SnapshotView | undefined, intervalMs: number): Map<number, Moved> {
  const { accounts } = now;
  const earlier = indexAccounts(before);
  const names = interfaceNames(now);
  const moved = new Map<number, Moved>();
  for (let row = 0; row < accounts.rows; row++) {
    const totals = totalsAt(accounts, row);
    if (totals.sentPackets + totals.receivedPackets + totals.sentBytes + totals.receivedBytes === 0) continue;
    const was = earlier.get(accountKey(now, row));
    const sentGain = gain(totals.sentBytes, was === undefined ? 0 : (before?.accounts.sentBytes[was] ?? 0));
    const receivedGain = gain(totals.receivedBytes, was === undefined ? 0 : (before?.accounts.receivedBytes[was] ?? 0));
    const share: InterfaceShare = {
      name: names.get(accounts.interface[row] ?? 0) ?? '',
      ...totals,
      ...ratesOf(sentGain, receivedGain, intervalMs),
    };
    addShare(moved, accounts.owner[row] ?? 0, share, sentGain, receivedGain);
  }
  return moved;
}

function addShare(
  moved: Map<number, Moved>,
  owner: number,
  share: InterfaceShare,
  sent: number,
  received: number,
): void {
  const sum = moved.get(owner);
  if (sum === undefined) {
    moved.set(owner, { totals: share, sentGain: sent, receivedGain: received, shares: [share] });
    return;
  }
  sum.totals = addTotals(sum.totals, share);
  sum.sentGain += sent;
  sum.receivedGain += received;
  sum.shares.push(share);
}

/** Row of each account of the snapshot before, by owner and interface. */
function indexAccounts(snapshot: SnapshotView | undefined): Map<number, number> {
  const index = new Map<number, number>();
  if (snapshot === undefined) return index;
  for (let row = 0; row < snapshot.accounts.rows; row++) index.set(accountKey(snapshot, row), row);
  return index;
}

function accountKey({ accounts }: SnapshotView, row: number): number {
  return (accounts.owner[row] ?? 0) * 0x10000 + (accounts.interface[row] ?? 0);
}

/** Interface names by slot. */
export function interfaceNames({ interfaces, text }: SnapshotView): Map<number, string> {
  const names = new Map<number, string>();
  for (let row = 0; row < interfaces.rows; row++) names.set(interfaces.slot[row] ?? 0, text(interfaces.name[row] ?? 0));
  return names;
}

function buildOwner(sample: Sample, row: number, moved: Moved, intervalMs: number, texts: TextCache): OwnerRow {
  const { snapshot } = sample;
  const { owners } = snapshot;
  const kind = OWNER_KINDS[owners.kind[row] ?? 0] ?? 'unattributed';
  const isProcess = kind === 'process' && owners.pid[row] !== 0;
  // The row into which ended processes are folded gains bytes that were moved long ago: it never has a rate.
  const isFolded = kind === 'process' && !isProcess;
  const { sentBytes, receivedBytes, sentPackets, receivedPackets } = moved.totals;
  const exited = isFolded || owners.exited[row] !== 0;
  return {
    id: owners.id[row] ?? 0,
    kind,
    ...(isProcess ? NO_REASON : reasonOf(sample, row)),
    ...(isProcess ? processOf(snapshot, row, texts.get(snapshot, row)) : placeholderOf(KIND_NAMES[kind])),
    sentBytes,
    receivedBytes,
    sentPackets,
    receivedPackets,
    ...ratesOf(isFolded ? 0 : moved.sentGain, isFolded ? 0 : moved.receivedGain, intervalMs),
    state: exited ? 'exited' : 'running',
    exitedForMs: exited && isProcess ? gain(snapshot.meta.monotonicMs[0] ?? 0, owners.exitedMs[row] ?? 0) : 0,
    interfaces: moved.shares.sort(byBytes),
    connections: owners.flows[row] ?? 0,
  };
}

const NO_REASON = { reason: undefined, reasonText: '' } as const;

function reasonOf(sample: Sample, row: number) {
  const reason = sample.labels.reasons[sample.snapshot.owners.reason[row] ?? 0];
  return { reason: reason?.label ?? 'unknown', reasonText: reason?.text ?? '' };
}

function processOf({ owners }: SnapshotView, row: number, texts: OwnerTexts) {
  return {
    pid: owners.pid[row] ?? 0,
    parentPid: owners.parentPid[row] ?? 0,
    startMs: owners.startMs[row] ?? 0,
    uid: owners.uid[row] ?? 0,
    ...texts,
  };
}

function placeholderOf(name: string) {
  return {
    pid: undefined,
    parentPid: undefined,
    startMs: undefined,
    uid: undefined,
    user: '',
    name,
    executable: '',
    commandLine: '',
    program: name,
  };
}

function byBytes(a: InterfaceShare, b: InterfaceShare): number {
  return b.sentBytes + b.receivedBytes - (a.sentBytes + a.receivedBytes) || (a.name < b.name ? -1 : 1);
}

/** The whole of several rows; `NO_TOTALS` if there are none. */
export function sumTotals(rows: readonly Totals[]): Totals {
  return rows.reduce(addTotals, NO_TOTALS);
}
