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
  readonly listenOverflows: number | undefined;
}

/** The points since the queue was last empty, oldest first: as many as the window spans, three at least. */
export interface QueueTrack {
  readonly sinceMs: number;
  readonly points: readonly QueuePoint[];
}

/** A judgement looks back over this time, or over three samples where they are further apart. */
const WINDOW_MS = 2000;
const LEAST_POINTS = 3;
/** A change below this part of the queue is none. */
const STEADY_PART = 0.05;

/** The track with one sample more. */
export function extendTrack(track: QueueTrack | undefined, point: QueuePoint): QueueTrack {
  if (track === undefined) return { sinceMs: point.timeMs, points: [point] };
  const points = [...track.points, point];
  let first = 0;
  while (points.length - first > LEAST_POINTS && point.timeMs - (points[first + 1]?.timeMs ?? 0) >= WINDOW_MS) first++;
  return { sinceMs: track.sinceMs, points: points.slice(first) };
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
  return {
    timeMs,
    size: queueSize(socket, kind),
    limit: kind === 'accept' ? socket.sendQueue : 0,
    drops: socket.drops,
    tcp: socket.tcp,
    listenOverflows,
  };
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
  readonly sent: number;
  readonly retransmitted: number;
  readonly busyUs: number;
  readonly windowLimitedUs: number;
  readonly drops: number;
  readonly overflows: number;
}

export function motionOf({ points }: QueueTrack, kind: QueueKind): QueueMotion {
  const last = points.at(-1) as QueuePoint;
  const first = points[0] ?? last;
  // Some looks at a queue may come without tcp_info: what counts bytes begins with the first that has it.
  const base = last.tcp === undefined ? last : (points.find((point) => point.tcp !== undefined) ?? last);
  const spanMs = last.timeMs - first.timeMs;
  const baseSpanMs = last.timeMs - base.timeMs;
  const since = (count: (tcp: TcpReading) => number) =>
    last.tcp === undefined || base.tcp === undefined ? 0 : Math.max(0, count(last.tcp) - count(base.tcp));
  const moved = baseSpanMs > 0 ? movedBetween(base, last, kind) : undefined;
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
    sent: since((tcp) => tcp.bytesSent),
    retransmitted: since((tcp) => tcp.bytesRetransmitted),
    busyUs: since((tcp) => tcp.busyUs),
    windowLimitedUs: since((tcp) => tcp.windowLimitedUs),
    drops: Math.max(0, last.drops - first.drops),
    overflows: Math.max(0, (last.listenOverflows ?? 0) - (first.listenOverflows ?? 0)),
  };
}

/** What was acknowledged, or what the program has taken out: what came in less what lies there. */
function movedBetween(base: QueuePoint, last: QueuePoint, kind: QueueKind): number | undefined {
  if (kind === 'accept' || last.tcp === undefined || base.tcp === undefined) return undefined;
  if (kind === 'send') return Math.max(0, last.tcp.bytesAcked - base.tcp.bytesAcked);
  return Math.max(0, last.tcp.bytesReceived - last.size - (base.tcp.bytesReceived - base.size));
}

function trendOf(first: number, last: number): QueueTrend {
  const part = Math.max(first, last) * STEADY_PART;
  if (last - first > part) return 'growing';
  return first - last > part ? 'draining' : 'steady';
}
