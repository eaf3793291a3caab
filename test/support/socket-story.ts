// Owns: sockets for tests as stories: what changes from one look to the next, everything else as on a quiet socket.
// Knows nothing of: what a test wants to show.
import { QUEUE_THRESHOLDS, type QueueModel, type QueueThresholds } from '../../src/model/queue-row.ts';
import { createQueueWatch } from '../../src/model/queue-watch.ts';
import type { SocketReading, TcpReading } from '../../src/model/socket-reading.ts';

export const QUIET_TCP: TcpReading = {
  rttUs: 500,
  minRttUs: 400,
  rtoMs: 204,
  segmentBytes: 1448,
  congestionWindow: 10,
  backoff: 0,
  retransmits: 0,
  probes: 0,
  unacked: 0,
  lost: 0,
  bytesSent: 0,
  bytesRetransmitted: 0,
  bytesAcked: 0,
  bytesReceived: 0,
  busyUs: 0,
  windowLimitedUs: 0,
  bufferLimitedUs: 0,
  deliveryRate: 0,
  peerWindow: 6_000_000,
  ackedAgoMs: 0,
  receivedAgoMs: 0,
  sentAgoMs: 0,
};

const QUIET: SocketReading = {
  key: '1',
  netns: undefined,
  protocol: 'tcp',
  state: 'established',
  localAddress: '10.0.0.1',
  localPort: 6379,
  remoteAddress: '10.0.0.31',
  remotePort: 51_022,
  inode: 4711,
  uid: 0,
  receiveQueue: 0,
  sendQueue: 0,
  timer: 'none',
  timerMs: 0,
  drops: 0,
  tcp: undefined,
};

export type SocketParts = Partial<Omit<SocketReading, 'tcp'>> & { readonly tcp?: Partial<TcpReading> };

/** A connected TCP socket with tcp_info, but for what is named. */
export function socketOf({ tcp, ...parts }: SocketParts): SocketReading {
  return { ...QUIET, tcp: { ...QUIET_TCP, ...tcp }, ...parts };
}

export function listenerOf(waiting: number, limit: number, parts: SocketParts = {}): SocketReading {
  return {
    ...socketOf({ key: 'listener', state: 'listen', remoteAddress: '', remotePort: 0, ...parts }),
    receiveQueue: waiting,
    sendQueue: limit,
    tcp: undefined,
  };
}

export interface Look {
  readonly sockets: readonly SocketReading[];
  /** With nothing in a queue. */
  readonly quiet?: readonly SocketReading[];
  readonly listenOverflows?: number;
}

export interface StoryOptions {
  readonly intervalMs?: number;
  readonly thresholds?: Partial<QueueThresholds>;
}

/** The model after each look, one a second. */
export function watchStory(looks: readonly Look[], options: StoryOptions = {}): readonly QueueModel[] {
  const watch = createQueueWatch({ ...QUEUE_THRESHOLDS, ...options.thresholds });
  return looks.map(({ sockets, quiet = [], listenOverflows }, i) =>
    watch({
      timeMs: 5000 + i * (options.intervalMs ?? 1000),
      sockets,
      quiet,
      listenOverflows: () => listenOverflows,
      looked: sockets.length,
      leftOut: 0,
    }),
  );
}
