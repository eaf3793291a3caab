// Owns: the JSON Schema of `nettrace netstat -an --json`, whose rows socket-records.ts writes.
// Knows nothing of: who reads it.
import { count, each, flag, list, object, orNull, type Schema, text } from '../base/schema-parts.ts';

/** Fields of SocketMemory and TcpInfo (src/native/socket-table.ts): numbers, named and described there. */
const figures: Schema = { type: 'object', additionalProperties: { type: 'number' } };

const owners = list(
  object({ pid: count, program: text, fd: count }),
  'Processes that have the socket, as far as they may be seen',
);

const common = {
  ...each(['receiveQueue', 'sendQueue'], count),
  backlogLimit: { description: 'Of a listener: how many connections may wait', ...orNull(count) },
  uid: count,
  user: orNull(text),
  inode: count,
  owners,
  ...each(['drops', 'cookie'], count),
};

const internet = object({
  protocol: { enum: ['tcp', 'tcp6', 'udp', 'udp6', 'udpl', 'udpl6', 'raw', 'raw6', 'sctp', 'unknown'] },
  state: text,
  ...common,
  ...each(['localAddress', 'remoteAddress'], text),
  ...each(['localPort', 'remotePort'], { type: 'integer', minimum: 0, maximum: 65_535 }),
  ...each(['localHost', 'remoteHost', 'localService', 'remoteService', 'device', 'congestion'], orNull(text)),
  timer: text,
  ...each(['expiresMs', 'retries', 'probes', 'cgroup', 'mark'], count),
  v6Only: flag,
  memory: orNull(figures),
  tcpInfo: orNull({ type: 'object', additionalProperties: orNull({ type: 'number' }) }),
});

const unix = object({
  protocol: { const: 'unix' },
  ...each(['type', 'state', 'path'], text),
  ...common,
  ...each(['peer', 'references'], count),
});

/** One reading of all sockets of one network namespace. */
export const SOCKETS_SCHEMA: Schema = object({
  type: { const: 'netstat' },
  table: { const: 'sockets' },
  time: { description: 'ms since 1970', ...count },
  rows: list({ anyOf: [internet, unix] }),
});
