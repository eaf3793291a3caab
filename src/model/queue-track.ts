// Owns: what is remembered of a queue from sample to sample: since when it stands, and the window that it is judged by.
// Knows nothing of: causes.
import type { QueueKind, QueueTrend } from './queue-row.ts';
import type { SocketReading, TcpReading } from './socket-reading.ts';

/** A queue at one sample. */
export interface QueuePoint {
  readonly timeMs: number;
  readonly size: number;
  readonly limit: number;
  readonly drops: number;
  /** undefined where tcp_info was not asked for, or there is none. */
  readonly tcp: TcpReading | undefined;
  /** Bytes that have left the queue since the socket was opened; undefined where nothing counts them. */
  readonly passed: number | undefined;
  readonly listenOverflows: number | undefined;
}

/** The points since the queue was last empty, oldest first: as many as the window spans, three at least. */
export interface QueueTrack {
  readonly sinceMs: number;
  readonly points: readonly QueuePoint[];
  /** What had left it by then, over a longer time, oldest first. */
  readonly passed: readonly Passed[];
}

interface Passed {
  readonly timeMs: number;
  readonly bytes: number;
}

/** A judgement looks back over this time, or over three samples where they are further apart. */
const WINDOW_MS = 2000;
const LEAST_POINTS = 3;
/**
 * Who reads slowly lets a queue move in gulps: a window opens again only when there is room for a segment
 * (tcp_cleanup_rbuf, net/ipv4/tcp.c), which on loopback is 64 kB. What is slow is measured over this time.
 */
const LONG_MS = 8000;
const LEAST_LONG_POINTS = 5;
/** A change below this part of the queue is none. */
const STEADY_PART = 0.05;

/** The track with one sample more. */
export function extendTrack(track: QueueTrack | undefined, point: QueuePoint): QueueTrack {
  const { timeMs } = point;
  const passed = point.passed === undefined ? [] : [{ timeMs, bytes: point.passed }];
  if (track === undefined) return { sinceMs: timeMs, points: [point], passed };
  return {
    sinceMs: track.sinceMs,
    points: lastOf([...track.points, point], WINDOW_MS, LEAST_POINTS),
    passed: lastOf([...track.passed, ...passed], LONG_MS, LEAST_LONG_POINTS),
  };
}

/** Those at the end that span so much time, and so many at least. */
function lastOf<T extends { readonly timeMs: number }>(all: readonly T[], spanMs: number, least: number): readonly T[] {
  const lastMs = all.at(-1)?.timeMs ?? 0;
  let first = 0;
  while (all.length - first > least && lastMs - (all[first + 1]?.timeMs ?? 0) >= spanMs) first++;
  return all.slice(first);
}

/** Whether there is enough to judge by. */
export function isRipe({ sinceMs, points }: QueueTrack, afterMs: number): boolean {
  return points.length >= LEAST_POINTS && (points.at(-1)?.timeMs ?? 0) - sinceMs >= afterMs;
}

/**
 * The bytes of a queue. A FIN takes a place in the sequence of bytes (tcp_diag_get_info, net/ipv4/tcp_diag.c): where
 * the peer has closed, one of the "unread" bytes is none.
 */
export function queueSize(socket: SocketReading, kind: QueueKind): number {
  if (kind === 'send') return socket.sendQueue;
  const hasFin = kind === 'receive' && FIN_RECEIVED.has(socket.state);
  return Math.max(0, socket.receiveQueue - (hasFin ? 1 : 0));
}

const FIN_RECEIVED: ReadonlySet<string> = new Set(['close-wait', 'last-ack', 'closing']);

export function pointOf(
  socket: SocketReading,
  kind: QueueKind,
  timeMs: number,
  listenOverflows: number | undefined,
): QueuePoint {
  const size = queueSize(socket, kind);
  return {
    timeMs,
    size,
    limit: kind === 'accept' ? socket.sendQueue : 0,
    drops: socket.drops,
    tcp: socket.tcp,
    passed: passedOf(socket.tcp, kind, size),
    listenOverflows,
  };
}

/** What was acknowledged, or what the program has taken out: what came in less what lies there. */
function passedOf(tcp: TcpReading | undefined, kind: QueueKind, size: number): number | undefined {
  if (tcp === undefined || kind === 'accept') return undefined;
  return kind === 'send' ? tcp.bytesAcked : tcp.bytesReceived - size;
}

/** What happened over the window. */
export interface QueueMotion {
  readonly spanMs: number;
  readonly trend: QueueTrend;
  readonly changeRate: number | undefined;
  /** It grew, and at no sample was it smaller than at the one before. */
  readonly grewThroughout: boolean;
  /** At every sample as it was at the first. */
  readonly unchanged: boolean;
  /** Bytes that left the queue, by the counter of its kind; undefined where nothing counts them. */
  readonly moved: number | undefined;
  readonly drainRate: number | undefined;
  /** How long the queue takes to empty at that rate; Infinity where nothing leaves it. */
  readonly delayMs: number | undefined;
  /** What leaves it a second over the last eight seconds or five samples, whichever is longer. */
  readonly longRate: number | undefined;
  readonly sent: number;
  readonly retransmitted: number;
  readonly busyUs: number;
  readonly windowLimitedUs: number;
  readonly drops: number;
  readonly overflows: number;
}

export function motionOf({ points, passed }: QueueTrack): QueueMotion {
  const last = points.at(-1) as QueuePoint;
  const first = points[0] ?? last;
  // Some looks at a queue may come without tcp_info: what counts bytes begins with the first that has it.
  const base = last.tcp === undefined ? last : (points.find((point) => point.tcp !== undefined) ?? last);
  const spanMs = last.timeMs - first.timeMs;
  const baseSpanMs = last.timeMs - base.timeMs;
  const since = (count: (tcp: TcpReading) => number) =>
    last.tcp === undefined || base.tcp === undefined ? 0 : Math.max(0, count(last.tcp) - count(base.tcp));
  const moved = baseSpanMs > 0 ? movedBetween(base.passed, last.passed) : undefined;
  const drainRate = moved === undefined ? undefined : (moved * 1000) / baseSpanMs;
  return {
    spanMs,
    trend: trendOf(first.size, last.size),
    changeRate: spanMs > 0 ? ((last.size - first.size) * 1000) / spanMs : undefined,
    grewThroughout:
      last.size > first.size && points.every((point, i) => i === 0 || point.size >= (points[i - 1]?.size ?? 0)),
    unchanged: points.every((point) => point.size === first.size),
    moved,
    drainRate,
    delayMs: drainRate === undefined ? undefined : (last.size * 1000) / drainRate,
    longRate: longRateOf(passed),
    sent: since((tcp) => tcp.bytesSent),
    retransmitted: since((tcp) => tcp.bytesRetransmitted),
    busyUs: since((tcp) => tcp.busyUs),
    windowLimitedUs: since((tcp) => tcp.windowLimitedUs),
    drops: Math.max(0, last.drops - first.drops),
    overflows: Math.max(0, (last.listenOverflows ?? 0) - (first.listenOverflows ?? 0)),
  };
}

function movedBetween(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : Math.max(0, now - before);
}

function longRateOf(passed: readonly Passed[]): number | undefined {
  const [first, last] = [passed[0], passed.at(-1)];
  if (first === undefined || last === undefined || last.timeMs <= first.timeMs) return undefined;
  return (Math.max(0, last.bytes - first.bytes) * 1000) / (last.timeMs - first.timeMs);
}

function trendOf(first: number, last: number): QueueTrend {
  const part = Math.max(first, last) * STEADY_PART;
  if (last - first > part) return 'growing';
  return first - last > part ? 'draining' : 'steady';
}
