// Owns: the shape of a queue that is watched: how much, how long, which way it goes, and why; and the thresholds.
// Knows nothing of: how causes are told apart.
import type { Phrase } from './quantity-texts.ts';
import type { SocketOwner, SocketReading } from './socket-reading.ts';
import type { SlowReading, WhySlow } from './why-slow.ts';

/** Why a queue stands, as a word for programs. */
export type QueueCause =
  /** Connections wait to be accepted. */
  | 'not-accepting'
  /** The program here leaves bytes unread, or reads them too slowly. */
  | 'not-reading'
  /** The other program does: its window is closed, or nearly always. */
  | 'peer-not-reading'
  /** Packets are lost on the way and sent again. */
  | 'network-loss'
  /** Nothing comes back at all. */
  | 'peer-dead'
  /** It moves, as fast as the way there carries; nothing is wrong at either end. */
  | 'slow-path'
  /** It does not move, and none of the signs above is there. */
  | 'stuck';

/** `accept`: connections of a listener; else bytes. */
export type QueueKind = 'accept' | 'receive' | 'send';

export type QueueTrend = 'growing' | 'steady' | 'draining';

/** One queue of one socket that is not empty, or a listener. */
export interface QueueRow {
  readonly socket: SocketReading;
  /** Processes that have it as a file, by pid; empty: not looked for, not to be seen without more rights, or none. */
  readonly owners: readonly SocketOwner[];
  /** Name of the user that the socket is of, who need not be its owner's; undefined: not looked for, or no program has it. */
  readonly user: string | undefined;
  readonly kind: QueueKind;
  /** Bytes; of `accept` connections. */
  readonly size: number;
  /** Of `accept`: the most that may wait, less one. */
  readonly limit: number | undefined;
  /** How long it has not been empty, as far as it was watched. */
  readonly forMs: number;
  readonly trend: QueueTrend;
  /** Change of size a second. */
  readonly changeRate: number | undefined;
  /** What left the queue a second; undefined where nothing counts it. */
  readonly drainRate: number | undefined;
  readonly cause: QueueCause | undefined;
  /** The cause in words, a clause without a full stop; empty where there is none. */
  readonly causeText: string;
  /** The same, in whatever units somebody looks at. */
  readonly causePhrase: Phrase;
  /** It piles up: worth a warning. */
  readonly raised: boolean;
  /** The socket as it was where the last two seconds begin; undefined where this is the first look with tcp_info. */
  readonly before: SlowReading['before'];
  /** What limits the connection; undefined where it sends nothing, or has no tcp_info. */
  readonly slow: WhySlow | undefined;
}

export interface QueueThresholds {
  /** A queue that has not been empty for less than this is not judged. */
  readonly afterMs: number;
  /** A queue that moves is raised where emptying it at its rate takes longer than this. */
  readonly delayMs: number;
  /** Fewer bytes than this that nobody reads are not raised unless they grow. */
  readonly unreadBytes: number;
  /** Share of what was sent that had to be sent again, 0..1, from which on packets are lost. */
  readonly lossShare: number;
}

/** Unless somebody wants others. */
export const QUEUE_THRESHOLDS: QueueThresholds = {
  afterMs: 1500,
  delayMs: 1000,
  unreadBytes: 4096,
  lossShare: 0.05,
};

/** All queues of one look at the sockets. */
export interface QueueModel {
  /** Raised ones first, the largest first; then listeners by port; then the others by size. */
  readonly rows: readonly QueueRow[];
  /** Connections with empty queues that somebody looks at; absent where there are none. */
  readonly quiet?: readonly SocketReading[];
  readonly raised: number;
  /** From the first look to this one: no queue can have been seen for longer. */
  readonly watchedMs: number;
  /** Sockets that were looked at, and queues that were too many to be listed. */
  readonly looked: number;
  readonly leftOut: number;
}

/** Only what piles up. */
export function raisedQueues(model: QueueModel): QueueModel {
  return { ...model, rows: model.rows.filter((row) => row.raised) };
}
