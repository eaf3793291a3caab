// Owns: the field table: every number and text of a row once, with title, unit, meaning and JSON key; those of
// interfaces are in interface-fields.ts.
// Knows nothing of: layouts, formats and documents; screen, JSON and docs are made from it.
import { MATCH_QUALITIES, NAME_SOURCES, OWNER_KINDS } from '../native/schema.ts';
import { type Field, field } from './field.ts';
import type { FlowRow, InterfaceShare, Layers, OwnerRow, Rates, Totals } from './model.ts';
import { USAGE_FIELDS } from './usage-fields.ts';

/** Totals and rates; every kind of row has them, with these JSON keys. */
export const TRAFFIC_FIELDS: readonly Field<Totals & Rates>[] = [
  field('sentBytes', 'SENT', 'bytes', 'sentTotal', (r) => r.sentBytes, 'Wire bytes sent since nettrace started'),
  field(
    'receivedBytes',
    'RECEIVED',
    'bytes',
    'receivedTotal',
    (r) => r.receivedBytes,
    'Wire bytes received since nettrace started',
    { width: 8 },
  ),
  field('sentPackets', 'SENT PK', 'packets', 'sentPackets', (r) => r.sentPackets, 'Packets sent'),
  field('receivedPackets', 'RECV PK', 'packets', 'receivedPackets', (r) => r.receivedPackets, 'Packets received'),
  field(
    'sentRate',
    'SENT/s',
    'rate',
    'sentRate',
    (r) => r.sentRate,
    'Wire bytes sent a second over the last interval',
    {
      optional: true,
    },
  ),
  field(
    'receivedRate',
    'RECV/s',
    'rate',
    'receivedRate',
    (r) => r.receivedRate,
    'Wire bytes received a second over the last interval',
    { optional: true },
  ),
];

const none = { optional: true } as const;

/** The same traffic by layer; owners and flows have them. */
export const LAYER_FIELDS: readonly Field<Layers>[] = [
  field('sentIpBytes', 'IP SENT', 'bytes', 'sentIpBytes', (r) => r.sentIpBytes, 'Of the sent: bytes of IP packets'),
  field(
    'receivedIpBytes',
    'IP RECV',
    'bytes',
    'receivedIpBytes',
    (r) => r.receivedIpBytes,
    'Of the received: bytes of IP packets',
  ),
  field(
    'sentPayloadBytes',
    'DATA SENT',
    'bytes',
    'sentPayloadBytes',
    (r) => r.sentPayloadBytes,
    'Of the sent: bytes behind the transport header, sent again ones included',
    { width: 9 },
  ),
  field(
    'receivedPayloadBytes',
    'DATA RECV',
    'bytes',
    'receivedPayloadBytes',
    (r) => r.receivedPayloadBytes,
    'Of the received: bytes behind the transport header',
    { width: 9 },
  ),
  field(
    'retransmittedBytes',
    'RETRANS',
    'bytes',
    'retransmittedBytes',
    (r) => r.retransmittedBytes,
    'TCP payload that was sent again; without BPF nothing counts it',
    none,
  ),
];

/** Owner rows, without their shares for each interface. */
export const OWNER_FIELDS: readonly Field<OwnerRow>[] = [
  field('id', 'ID', 'id', 'id', (r) => r.id, 'Names the row while nettrace runs; connections refer to it'),
  field('kind', 'KIND', 'label', 'kind', (r) => r.kind, 'What owns the bytes', { width: 12, labels: OWNER_KINDS }),
  field(
    'reason',
    'REASON',
    'text',
    'reason',
    (r) => r.reason,
    'Why the bytes have no process, as a label that stays the same from version to version',
    none,
  ),
  field('reasonText', 'WHY', 'text', 'reasonText', (r) => r.reasonText || undefined, 'The reason in words', none),
  field('pid', 'PID', 'id', 'pid', (r) => r.pid, 'Process id', none),
  field('parentPid', 'PPID', 'id', 'parentPid', (r) => r.parentPid, 'Process id of the parent', none),
  field(
    'startMs',
    'START',
    'time',
    'startTime',
    (r) => r.startMs,
    'Start of the process; pid and start name a process for good, a pid alone may be used again',
    none,
  ),
  field('name', 'NAME', 'text', 'name', (r) => r.name, 'Name of the process (comm), or what a row without one is', {
    width: 15,
  }),
  field(
    'program',
    'PROGRAM',
    'text',
    'program',
    (r) => r.program,
    'First argument, which programs may change; [name] if none',
    {
      width: 20,
    },
  ),
  field('executable', 'EXECUTABLE', 'text', 'exe', (r) => r.executable || undefined, 'File that the process runs', {
    width: 20,
    optional: true,
  }),
  field(
    'commandLine',
    'COMMAND',
    'text',
    'cmdline',
    (r) => (r.pid === undefined ? undefined : r.commandLine),
    'All arguments joined by spaces; empty for kernel threads',
    { width: 20, optional: true },
  ),
  field('uid', 'UID', 'id', 'uid', (r) => r.uid, 'Effective user id', none),
  field(
    'user',
    'USER',
    'text',
    'user',
    (r) => r.user || undefined,
    'Name of that user, the id as text if it has none',
    {
      width: 8,
      optional: true,
    },
  ),
  field('state', 'STATE', 'label', 'state', (r) => r.state, 'Whether the process runs or has ended', {
    width: 7,
    labels: ['running', 'exited'],
  }),
  field(
    'exitedForMs',
    'ENDED',
    'ms',
    'exitedForMs',
    (r) => r.exitedForMs,
    'Milliseconds since it ended, 0 while it runs',
  ),
  field(
    'connections',
    'CONN',
    'count',
    'connections',
    (r) => r.connections,
    'Connections and other flows that have not ended',
  ),
  field(
    'netns',
    'NETNS',
    'id',
    'netns',
    (r) => r.netns,
    "Inode of the process's network namespace where it is not nettrace's own",
    none,
  ),
  ...USAGE_FIELDS,
  ...TRAFFIC_FIELDS,
  ...LAYER_FIELDS,
  field(
    'retransmittedPackets',
    'RETR PK',
    'packets',
    'retransmittedPackets',
    (r) => r.retransmittedPackets,
    'TCP segments that were sent again',
    none,
  ),
];

/** The share of an owner on one interface. */
export const SHARE_FIELDS: readonly Field<InterfaceShare>[] = [
  field('device', 'DEV', 'text', 'name', (r) => r.name, 'Name of the interface', { width: 5 }),
  field(
    'mirrored',
    'MIR',
    'flag',
    'mirrored',
    (r) => r.mirrored,
    'Whether the interface sees it the other way round, as a veth does what its container sends',
  ),
  field(
    'repeated',
    'REP',
    'flag',
    'repeated',
    (r) => r.repeated,
    "Whether the same packets are in another share, so that these are not in the row's totals",
  ),
  ...TRAFFIC_FIELDS,
];

/** Flow rows. */
export const FLOW_FIELDS: readonly Field<FlowRow>[] = [
  field('key', 'FLOW', 'text', 'key', (r) => r.key, 'Names the flow while nettrace runs'),
  field('ownerId', 'OWNER', 'id', 'owner', (r) => r.ownerId, 'Id of the row that owns it'),
  field('interfaceName', 'DEV', 'text', 'interface', (r) => r.interfaceName, 'Interface that it is seen on', {
    width: 5,
  }),
  field('protocol', 'PROTO', 'text', 'protocol', (r) => r.protocol, 'Protocol, proto-N for one without a name here', {
    width: 8,
  }),
  field('family', 'IP', 'id', 'family', (r) => r.family, 'IP version', { width: 2 }),
  field('localAddress', 'LOCAL', 'text', 'localAddress', (r) => r.localAddress, 'Address of this host', { width: 22 }),
  field('localPort', 'LPORT', 'id', 'localPort', (r) => r.localPort, 'Port there; ICMP: the id of an echo; else 0', {
    width: 5,
  }),
  field('remoteAddress', 'REMOTE', 'text', 'remoteAddress', (r) => r.remoteAddress, 'Address of the other end', {
    width: 22,
  }),
  field('remotePort', 'RPORT', 'id', 'remotePort', (r) => r.remotePort, 'Port at the other end', { width: 5 }),
  field(
    'remoteName',
    'HOST',
    'text',
    'remoteName',
    (r) => r.remoteName,
    'Host name of the other end, as the DNS or the client itself said it: a hint, not a proof',
    { width: 22, optional: true },
  ),
  field(
    'remoteNameSource',
    'NAMED BY',
    'label',
    'remoteNameSource',
    (r) => r.remoteNameSource,
    'Where that was read: an answer or a hello on the wire, or reverse DNS',
    { width: 8, optional: true, labels: [...NAME_SOURCES, 'reverse'] },
  ),
  field(
    'service',
    'SERVICE',
    'text',
    'service',
    (r) => r.service,
    "Name of the service at the server's port (/etc/services)",
    { width: 8, optional: true },
  ),
  field('quality', 'MATCH', 'label', 'quality', (r) => r.quality, 'How its owner became known, the surest last', {
    width: 8,
    labels: MATCH_QUALITIES,
  }),
  field('initiator', 'BY', 'label', 'initiator', (r) => r.initiator, 'Which end began it', {
    width: 7,
    labels: ['unknown', 'local', 'remote'],
  }),
  field('ended', 'END', 'flag', 'ended', (r) => r.ended, 'Whether it was closed by both ends or reset'),
  field('mirrored', 'MIR', 'flag', 'mirrored', (r) => r.mirrored, 'Whether the interface sees it the other way round'),
  field(
    'repeated',
    'REP',
    'flag',
    'repeated',
    (r) => r.repeated,
    "Whether its packets are on another interface too, where the owner's totals have them",
  ),
  field('firstMs', 'FIRST', 'time', 'firstTime', (r) => r.firstMs, 'Time of its first packet'),
  field('lastMs', 'LAST', 'time', 'lastTime', (r) => r.lastMs, 'Time of its last packet'),
  ...TRAFFIC_FIELDS,
  ...LAYER_FIELDS,
];
