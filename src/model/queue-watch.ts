// Owns: the queues over time: one look at the sockets after the other becomes rows with age, trend and cause.
// Knows nothing of: where samples come from, who owns a socket, and clocks: time is the samples' own.
import { phraseText } from './quantity-texts.ts';
import { findCause, type QueueContext, type QueueFinding } from './queue-causes.ts';
import type { QueueKind, QueueModel, QueueRow, QueueThresholds } from './queue-row.ts';
import { extendTrack, motionOf, pointOf, type QueueTrack, queueSize } from './queue-track.ts';
import type { SocketReading, SocketSample } from './socket-reading.ts';
import { whySlow } from './why-slow.ts';

/** A cause that was raised stays for this many samples without its signs: what is read in gulps does not flicker. */
const HELD_SAMPLES = 2;

interface Known {
  readonly track: QueueTrack;
  readonly finding: QueueFinding | undefined;
  readonly missed: number;
}

/** A function that takes one sample after the other and gives the queues as they are then. */
export function createQueueWatch(thresholds: QueueThresholds): (sample: SocketSample) => QueueModel {
  let known: ReadonlyMap<string, Known> = new Map();
  let waiting: ReadonlyMap<string, number> = new Map();
  let firstMs: number | undefined;
  return (sample) => {
    firstMs ??= sample.timeMs;
    waiting = waitingSince(sample, waiting);
    const facts = createFacts(sample, known, waiting);
    const next = new Map<string, Known>();
    const rows: QueueRow[] = [];
    for (const socket of sample.sockets) {
      for (const kind of kindsOf(socket)) {
        const id = `${kind} ${socket.key}`;
        const entry = advance(socket, kind, known.get(id), sample, { thresholds, ...facts(socket, kind) });
        next.set(id, entry);
        rows.push(rowOf(socket, kind, entry));
      }
    }
    known = next;
    return {
      rows: rows.sort(compareRows),
      ...(sample.quiet.length === 0 ? {} : { quiet: sample.quiet }),
      raised: rows.filter((row) => row.raised).length,
      watchedMs: sample.timeMs - firstMs,
      looked: sample.looked,
      leftOut: sample.leftOut,
    };
  };
}

/** A listener has one row always; others one for each queue that is not empty. */
function kindsOf(socket: SocketReading): readonly QueueKind[] {
  if (socket.state === 'listen') return ['accept'];
  if (isUnaccepted(socket) || socket.state === 'syn-sent' || socket.state === 'time-wait') return [];
  const kinds: QueueKind[] = [];
  if (queueSize(socket, 'receive') > 0) kinds.push('receive');
  if (queueSize(socket, 'send') > 0) kinds.push('send');
  return kinds;
}

/** In the queue of its listener: complete, and no file yet. */
function isUnaccepted({ protocol, state, inode }: SocketReading): boolean {
  return protocol !== 'udp' && inode === 0 && (state === 'established' || state === 'close-wait');
}

/** Since when each connection waits to be accepted, by key. */
function waitingSince({ sockets, timeMs }: SocketSample, before: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(sockets.filter(isUnaccepted).map(({ key }) => [key, before.get(key) ?? timeMs]));
}

function advance(
  socket: SocketReading,
  kind: QueueKind,
  before: Known | undefined,
  sample: SocketSample,
  context: QueueContext,
): Known {
  const isWaiting = kind === 'accept' && socket.receiveQueue > 0;
  const overflows = isWaiting ? sample.listenOverflows(socket.netns) : undefined;
  const point = pointOf(socket, kind, sample.timeMs, overflows);
  // An empty backlog is as good as no row: its age begins with the next connection.
  const isEmpty = point.size === 0;
  const track = extendTrack(isEmpty ? undefined : emptyBefore(before), point);
  const finding = isEmpty ? undefined : findCause(socket, kind, track, context);
  const old = before?.finding;
  if (isEmpty || finding?.raised || !old?.raised || (before?.missed ?? 0) >= HELD_SAMPLES) {
    return { track, finding, missed: 0 };
  }
  return { track, finding: old, missed: (before?.missed ?? 0) + 1 };
}

function emptyBefore(before: Known | undefined): QueueTrack | undefined {
  return before?.track.points.at(-1)?.size === 0 ? undefined : before?.track;
}

function rowOf(socket: SocketReading, kind: QueueKind, { track, finding }: Known): QueueRow {
  const { trend, changeRate, drainRate } = motionOf(track);
  const last = track.points.at(-1);
  const before = beforeOf(track);
  const size = last?.size ?? 0;
  return {
    socket,
    owners: [],
    user: undefined,
    kind,
    size,
    limit: kind === 'accept' ? socket.sendQueue : undefined,
    forMs: size === 0 ? 0 : (last?.timeMs ?? 0) - track.sinceMs,
    trend,
    changeRate,
    drainRate,
    cause: finding?.cause,
    causeText: phraseText(finding?.text ?? ''),
    causePhrase: finding?.text ?? '',
    raised: finding?.raised ?? false,
    before,
    slow: kind === 'send' && socket.tcp !== undefined ? whySlow({ now: socket.tcp, before }) : undefined,
  };
}

function beforeOf({ points }: QueueTrack): QueueRow['before'] {
  const [first, last] = [points.find(({ tcp }) => tcp !== undefined), points.at(-1)];
  if (first?.tcp === undefined || last === undefined || first === last) return undefined;
  return { tcp: first.tcp, agoMs: last.timeMs - first.timeMs };
}

type Facts = (socket: SocketReading, kind: QueueKind) => Pick<QueueContext, 'hostAnswers' | 'waiting'>;

const NOBODY = { count: 0, oldestMs: 0 };

/** What other sockets say about one. */
function createFacts(
  sample: SocketSample,
  known: ReadonlyMap<string, Known>,
  waiting: ReadonlyMap<string, number>,
): Facts {
  const answering = new Set<string>();
  const waits = new Map<string, { local: string; sinceMs: number }[]>();
  for (const socket of sample.sockets) {
    const before = known.get(`send ${socket.key}`)?.track.points[0]?.tcp?.bytesAcked;
    const acked = socket.tcp?.bytesAcked;
    if (acked !== undefined && before !== undefined && acked > before) answering.add(remoteHost(socket));
    const sinceMs = waiting.get(socket.key);
    if (sinceMs === undefined || sinceMs === sample.timeMs) continue;
    const list = waits.get(localPort(socket)) ?? [];
    list.push({ local: socket.localAddress, sinceMs });
    waits.set(localPort(socket), list);
  }
  return (socket, kind) => {
    if (kind !== 'accept') return { hostAnswers: answering.has(remoteHost(socket)), waiting: NOBODY };
    const own = (waits.get(localPort(socket)) ?? []).filter(({ local }) => listensTo(socket.localAddress, local));
    const oldest = Math.min(sample.timeMs, ...own.map(({ sinceMs }) => sinceMs));
    return { hostAnswers: false, waiting: { count: own.length, oldestMs: sample.timeMs - oldest } };
  };
}

/** Every network namespace has its own ports and its own way to a host. */
function localPort({ netns, localPort }: SocketReading): string {
  return `${netns ?? ''} ${localPort}`;
}

function remoteHost({ netns, remoteAddress }: SocketReading): string {
  return `${netns ?? ''} ${remoteAddress}`;
}

/** A listener on a wildcard address has those of every address. */
function listensTo(listening: string, local: string): boolean {
  return listening === local || listening === '0.0.0.0' || listening === '::' || listening === '*';
}

const KIND_ORDER: Readonly<Record<QueueKind, number>> = { accept: 0, send: 1, receive: 1 };

function compareRows(a: QueueRow, b: QueueRow): number {
  if (a.raised !== b.raised) return a.raised ? -1 : 1;
  const byKind = KIND_ORDER[a.kind] - KIND_ORDER[b.kind];
  if (byKind !== 0 && !a.raised) return byKind;
  if (a.kind === 'accept' && b.kind === 'accept' && !a.raised)
    return b.size - a.size || a.socket.localPort - b.socket.localPort || compareKeys(a, b);
  return b.size - a.size || compareKeys(a, b);
}

function compareKeys(a: QueueRow, b: QueueRow): number {
  return a.socket.key < b.socket.key ? -1 : 1;
}
