// Owns: the queues of the screens' fixture: pile-ups of its processes, listeners and queues that move.
// Knows nothing of: the screens.
import type { QueueModel, QueueRow } from '../../src/model/queue-row.ts';
import { listenerOf, socketOf, watchStory } from './socket-story.ts';

/** Who has which socket, by its key. */
const OWNERS: Readonly<Record<string, QueueRow['owners']>> = {
  persist: [{ pid: 9310, name: 'redis-server' }],
  dead: [{ pid: 9310, name: 'redis-server' }],
  unread: [{ pid: 9201, name: 'node' }],
  full: [
    { pid: 9127, name: 'nginx' },
    { pid: 9128, name: 'nginx' },
  ],
  ssh: [{ pid: 812, name: 'sshd' }],
  bulk: [{ pid: 48_211, name: 'postgres' }],
};

/** After ten seconds. */
export const QUEUES: QueueModel = withOwners(
  watchStory(
    Array.from({ length: 11 }, (_, look) => ({
      listenOverflows: 12 * look,
      sockets: [
        socketOf({
          key: 'persist',
          sendQueue: 1_800_000,
          timer: 'probe',
          tcp: { bytesAcked: 4_000_000, bytesSent: 4_000_000, busyUs: look * 1e6, windowLimitedUs: look * 1e6 },
        }),
        socketOf({
          key: 'dead',
          remoteAddress: '2001:db8::31',
          localAddress: '2001:db8::1',
          sendQueue: 7000 + 500 * look,
          timer: 'retransmit',
          tcp: { bytesAcked: 9000, bytesSent: 9000, retransmits: 5, backoff: 5, ackedAgoMs: 11_200 },
        }),
        socketOf({ key: 'unread', localPort: 8080, receiveQueue: 127_480, tcp: { bytesReceived: 900_000 } }),
        socketOf({
          key: 'bulk',
          localPort: 5432,
          sendQueue: 4_177_480,
          tcp: { bytesAcked: 61_200_000 * look, bytesSent: 61_200_000 * look },
        }),
        listenerOf(129, 128, { key: 'full', localAddress: '0.0.0.0', localPort: 443 }),
        listenerOf(0, 128, { key: 'ssh', localAddress: '::', localPort: 22 }),
        listenerOf(0, 511, { key: 'unix', protocol: 'unix', localAddress: '/run/redis.sock', localPort: 0 }),
        socketOf({ key: 'waits', inode: 0, localPort: 443 }),
      ],
    })),
  ).at(-1),
);

function withOwners(model: QueueModel | undefined): QueueModel {
  if (model === undefined) throw new Error('there were no looks');
  return { ...model, looked: 214, rows: model.rows.map((row) => ({ ...row, owners: OWNERS[row.socket.key] ?? [] })) };
}
