// Owns: the books of an interface: who its bytes belong to, and how that compares with the kernel's own counters.
// Knows nothing of: rates, and how an owner sees the same bytes.
import { OWNER_KINDS, OWNERSHIPS, type OwnerKind } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import type { SampleLabels } from './sample.ts';

/** Bytes each way, as the interface sees them. */
export interface BothWays {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** All processes together, or the bytes with one reason. */
export interface LedgerPart extends BothWays {
  readonly kind: OwnerKind;
  /** Label of the reason; undefined for processes. */
  readonly reason: string | undefined;
  /** The reason as a clause; empty for processes. */
  readonly text: string;
}

/** The moment at which the counters were read, and what of the packets up to then had been counted, in their units. */
export interface LedgerCut {
  /** Time since that moment. */
  readonly ageMs: number;
  /** The interface's own counters since capture began. */
  readonly counter: BothWays;
  /** Captured and recovered. */
  readonly counted: BothWays;
  /** In the counters and not counted, while capture rings overflowed: lost, and no socket told of them. */
  readonly dropped: BothWays;
  /** What else is in the counters and not counted; negative where more was counted than they have. */
  readonly residual: BothWays;
  /** Share of the counters' bytes that has an owner or a stated reason, 0..1; undefined while they are 0. */
  readonly covered: number | undefined;
}

/**
 * The ledger of one interface since nettrace started, everything in bytes. At the cut, each way and together:
 *   counter = counted + dropped + residual,
 * and now, on the wire:
 *   the sum of parts = wire = captured + recovered.
 * `wire` and `counted` differ by `segmentHeaders`, by link headers that some counters leave out, and by what was counted
 * since the cut.
 */
export interface Ledger {
  /** Processes, kernel, forwarded, no socket, unattributed; within a kind the most bytes first. None is empty. */
  readonly parts: readonly LedgerPart[];
  /** The sum of the parts. */
  readonly wire: BothWays;
  /** Part of the processes' bytes that they also moved on another interface, where their totals have them. */
  readonly repeated: BothWays;
  /** Headers that segmentation adds on the wire: in `wire`, not in counters of super-frames. */
  readonly segmentHeaders: BothWays;
  /** undefined before the first cut, in files, and where nothing can be compared. */
  readonly cut: LedgerCut | undefined;
}

/** Processes first, then from the well explained to the open. */
const KIND_ORDER: readonly OwnerKind[] = ['process', 'kernel', 'forwarded', 'no-socket', 'unattributed'];

/** Gives the ledger of each row of `interfaces`. */
export function createLedgers(snapshot: SnapshotView, labels: SampleLabels): (row: number) => Ledger {
  const books = collectParts(snapshot, labels);
  return (row) => {
    const book = books.get(snapshot.interfaces.slot[row] ?? 0);
    const parts = [...(book?.parts.values() ?? [])].sort(inOrder);
    return {
      parts,
      wire: parts.reduce(plus, nothing()),
      repeated: book?.repeated ?? nothing(),
      segmentHeaders: segmentHeaders(snapshot, row),
      cut: readCut(snapshot, row),
    };
  };
}

/** What one interface, or two, had together; the cut is the first one's. */
export function addLedger(now: Ledger, old: Ledger): Ledger {
  const parts = new Map<string, LedgerPart>();
  for (const part of [...now.parts, ...old.parts]) {
    const key = `${part.kind} ${part.reason ?? ''}`;
    const known = parts.get(key);
    parts.set(key, known === undefined ? part : { ...known, ...bothOf(known, part) });
  }
  return {
    parts: [...parts.values()],
    wire: bothOf(now.wire, old.wire),
    repeated: bothOf(now.repeated, old.repeated),
    segmentHeaders: bothOf(now.segmentHeaders, old.segmentHeaders),
    cut: now.cut,
  };
}

function bothOf(a: BothWays, b: BothWays): BothWays {
  return { sentBytes: a.sentBytes + b.sentBytes, receivedBytes: a.receivedBytes + b.receivedBytes };
}

/** Over all interfaces with a cut: the share of their counters' bytes that is counted. */
export function coverageOf(cuts: readonly LedgerCut[]): number | undefined {
  return coverage(
    cuts.reduce((sum, cut) => sum + total(cut.counter), 0),
    cuts.reduce((sum, cut) => sum + open(cut.dropped) + open(cut.residual), 0),
  );
}

/** Both ways together. */
export function total({ sentBytes, receivedBytes }: BothWays): number {
  return sentBytes + receivedBytes;
}

interface OpenSum extends BothWays {
  sentBytes: number;
  receivedBytes: number;
}

type OpenPart = LedgerPart & OpenSum;

interface OpenBook {
  /** By owner without a process; undefined: all processes. */
  readonly parts: Map<number | undefined, OpenPart>;
  readonly repeated: OpenSum;
}

function collectParts(snapshot: SnapshotView, labels: SampleLabels): Map<number, OpenBook> {
  const { accounts } = snapshot;
  const reasons = reasonOwners(snapshot);
  const books = new Map<number, OpenBook>();
  for (let row = 0; row < accounts.rows; row++) {
    const sentBytes = accounts.sentBytes[row] ?? 0;
    const receivedBytes = accounts.receivedBytes[row] ?? 0;
    if (sentBytes + receivedBytes === 0) continue;
    const book = bookOf(books, accounts.interface[row] ?? 0);
    const owner = accounts.owner[row] ?? 0;
    const reasonRow = reasons.get(owner);
    const key = reasonRow === undefined ? undefined : owner;
    let part = book.parts.get(key);
    if (part === undefined) {
      part = { ...describe(snapshot, reasonRow, labels), sentBytes: 0, receivedBytes: 0 };
      book.parts.set(key, part);
    }
    part.sentBytes += sentBytes;
    part.receivedBytes += receivedBytes;
    if (accounts.repeated[row] === 0) continue;
    book.repeated.sentBytes += sentBytes;
    book.repeated.receivedBytes += receivedBytes;
  }
  return books;
}

function bookOf(books: Map<number, OpenBook>, slot: number): OpenBook {
  let book = books.get(slot);
  if (book === undefined) {
    book = { parts: new Map(), repeated: nothing() };
    books.set(slot, book);
  }
  return book;
}

/** Rows of the owners that are no process, by id: there is one for each reason, however many processes there are. */
function reasonOwners({ owners }: SnapshotView): Map<number, number> {
  const rows = new Map<number, number>();
  for (let row = 0; row < owners.rows; row++) {
    if (OWNER_KINDS[owners.kind[row] ?? 0] !== 'process') rows.set(owners.id[row] ?? 0, row);
  }
  return rows;
}

/** Ended processes that were folded together are processes. */
function describe(
  { owners }: SnapshotView,
  row: number | undefined,
  labels: SampleLabels,
): Pick<LedgerPart, 'kind' | 'reason' | 'text'> {
  if (row === undefined) return { kind: 'process', reason: undefined, text: '' };
  const reason = labels.reasons[owners.reason[row] ?? 0];
  return {
    kind: OWNER_KINDS[owners.kind[row] ?? 0] ?? 'unattributed',
    reason: reason?.label ?? 'unknown',
    text: reason?.text ?? '',
  };
}

function inOrder(a: LedgerPart, b: LedgerPart): number {
  return KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || total(b) - total(a);
}

/** Only the ring tells segments; what was recovered is counted in segments by the kernel and has no frames. */
function segmentHeaders({ interfaces, meta }: SnapshotView, row: number): BothWays {
  if (interfaces.countsSegments[row] !== 0) return nothing();
  // TCP does not tell how its super-frames were cut: here the count of frames is only the least that it can be.
  if (OWNERSHIPS[meta.ownership[0] ?? 0] === 'sock-diag') return nothing();
  return {
    sentBytes: Math.max(0, (interfaces.sentBytes[row] ?? 0) - (interfaces.frameSentBytes[row] ?? 0)),
    receivedBytes: Math.max(0, (interfaces.receivedBytes[row] ?? 0) - (interfaces.frameReceivedBytes[row] ?? 0)),
  };
}

function readCut({ interfaces, meta }: SnapshotView, row: number): LedgerCut | undefined {
  const cutMs = interfaces.cutMs[row] ?? 0;
  if (cutMs === 0) return undefined;
  const counter = {
    sentBytes: interfaces.cutCounterSentBytes[row] ?? 0,
    receivedBytes: interfaces.cutCounterReceivedBytes[row] ?? 0,
  };
  const counted = {
    sentBytes: interfaces.cutCountedSentBytes[row] ?? 0,
    receivedBytes: interfaces.cutCountedReceivedBytes[row] ?? 0,
  };
  const missing = {
    sentBytes: counter.sentBytes - counted.sentBytes,
    receivedBytes: counter.receivedBytes - counted.receivedBytes,
  };
  const loses = (interfaces.kernelDrops[row] ?? 0) + (interfaces.interfaceDrops[row] ?? 0) > 0;
  const dropped = {
    sentBytes: loses ? Math.max(0, missing.sentBytes) : 0,
    receivedBytes: loses ? Math.max(0, missing.receivedBytes) : 0,
  };
  return {
    ageMs: Math.max(0, (meta.monotonicMs[0] ?? 0) - cutMs),
    counter,
    counted,
    dropped,
    residual: {
      sentBytes: missing.sentBytes - dropped.sentBytes,
      receivedBytes: missing.receivedBytes - dropped.receivedBytes,
    },
    covered: coverage(total(counter), open(missing)),
  };
}

/** Too much one way does not make up for too little the other way. */
function open({ sentBytes, receivedBytes }: BothWays): number {
  return Math.abs(sentBytes) + Math.abs(receivedBytes);
}

function coverage(counter: number, missing: number): number | undefined {
  if (counter === 0) return missing === 0 ? undefined : 0;
  return Math.max(0, 1 - missing / counter);
}

function plus(sum: BothWays, part: BothWays): BothWays {
  return {
    sentBytes: sum.sentBytes + part.sentBytes,
    receivedBytes: sum.receivedBytes + part.receivedBytes,
  };
}

function nothing(): OpenSum {
  return { sentBytes: 0, receivedBytes: 0 };
}
