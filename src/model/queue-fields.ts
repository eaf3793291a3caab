// Owns: the field table's part about queues.
// Knows nothing of: layouts, formats and documents; screen, JSON and docs are made from it.
import { type Field, field } from './field.ts';
import type { QueueCause, QueueRow, QueueTrend } from './queue-row.ts';

export const QUEUE_CAUSES: readonly QueueCause[] = [
  'not-accepting',
  'not-reading',
  'peer-not-reading',
  'network-loss',
  'peer-dead',
  'slow-path',
  'stuck',
];

export const QUEUE_TRENDS: readonly QueueTrend[] = ['growing', 'steady', 'draining'];

export const SOCKET_STATES = [
  'established',
  'syn-sent',
  'syn-received',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'close',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
] as const;

export const SOCKET_TIMERS = ['none', 'retransmit', 'keepalive', 'time-wait', 'probe'] as const;

const none = { optional: true } as const;

/** Queue rows, without their owners and what makes them slow. */
export const QUEUE_FIELDS: readonly Field<QueueRow>[] = [
  field('kind', 'QUEUE', 'label', 'kind', (r) => r.kind, 'What waits: connections, bytes to be read, bytes sent', {
    labels: ['accept', 'receive', 'send'],
  }),
  field('raised', '!', 'flag', 'raised', (r) => r.raised, 'Whether it piles up'),
  field('cause', 'CAUSE', 'label', 'cause', (r) => r.cause, 'Why', { ...none, labels: QUEUE_CAUSES }),
  field('causeText', 'WHY', 'text', 'causeText', (r) => r.causeText || undefined, 'The same in words', none),
  field('size', 'SIZE', 'count', 'size', (r) => r.size, 'Bytes; of `accept` connections'),
  field('limit', 'LIMIT', 'count', 'limit', (r) => r.limit, 'Of `accept`: the backlog; one more may wait', none),
  field('forMs', 'FOR', 'ms', 'forMs', (r) => r.forMs, 'How long it has not been empty, as far as it was watched', {
    largestFirst: true,
  }),
  field('trend', 'TREND', 'label', 'trend', (r) => r.trend, 'Where it goes', {
    labels: QUEUE_TRENDS,
  }),
  field('drainRate', 'OUT/s', 'rate', 'drainRate', (r) => r.drainRate, 'What leaves it a second, in bytes', none),
  field('protocol', 'PROTO', 'label', 'protocol', (r) => r.socket.protocol, 'Protocol', {
    width: 5,
    labels: ['tcp', 'udp', 'unix'],
  }),
  field('state', 'STATE', 'label', 'state', (r) => r.socket.state, 'State of the socket', { labels: SOCKET_STATES }),
  field(
    'localAddress',
    'LOCAL',
    'text',
    'localAddress',
    (r) => r.socket.localAddress,
    'Local address; the path of a unix socket, or its abstract name behind an @',
  ),
  field('localPort', 'LPORT', 'id', 'localPort', (r) => r.socket.localPort || undefined, 'Local port', none),
  field(
    'remoteAddress',
    'REMOTE',
    'text',
    'remoteAddress',
    (r) => r.socket.remoteAddress || undefined,
    'Remote address',
    none,
  ),
  field('remotePort', 'RPORT', 'id', 'remotePort', (r) => r.socket.remotePort || undefined, 'Remote port', none),
  field('receiveQueue', 'Recv-Q', 'count', 'receiveQueue', (r) => r.socket.receiveQueue, 'Recv-Q, as ss has it'),
  field('sendQueue', 'Send-Q', 'count', 'sendQueue', (r) => r.socket.sendQueue, 'Send-Q, as ss has it'),
  field('timer', 'TIMER', 'label', 'timer', (r) => r.socket.timer, 'What its timer is for; `probe`: zero window', {
    labels: SOCKET_TIMERS,
  }),
  field('drops', 'DROPS', 'packets', 'drops', (r) => r.socket.drops, 'Packets that its buffer had no room for'),
  field('inode', 'INODE', 'id', 'inode', (r) => r.socket.inode || undefined, 'Inode; null: no program has it', none),
  field('uid', 'UID', 'id', 'uid', (r) => r.socket.uid, 'User id; 0 also where no program has it'),
  field(
    'user',
    'USER',
    'text',
    'user',
    (r) => r.user,
    'Name of that user, the id as text if it has none: who made the socket, as a master does for its workers',
    none,
  ),
  field(
    'netns',
    'NETNS',
    'id',
    'netns',
    (r) => r.socket.netns,
    "Inode of its network namespace where that is not nettrace's own",
    none,
  ),
];
