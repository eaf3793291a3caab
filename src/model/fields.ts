// Owns: the field table: every number and text of a row once, with title, unit, meaning and JSON key.
// Knows nothing of: layouts, formats and documents; screen, JSON and docs are made from it.
import { CAPTURE_KINDS, INTERFACE_STATES, MATCH_QUALITIES, OWNER_KINDS } from '../native/schema.ts';
import type { FlowRow, InterfaceRow, InterfaceShare, OwnerRow, Rates, Totals } from './model.ts';

/** What a field holds. `time`: ms since 1970; `rate`: bytes a second; `label`: one of a closed list. */
export type FieldUnit = 'text' | 'label' | 'flag' | 'id' | 'count' | 'bytes' | 'packets' | 'rate' | 'ms' | 'time';

export interface Field<Row> {
  readonly id: string;
  /** Heading of a column. */
  readonly title: string;
  readonly unit: FieldUnit;
  /** Cells that a column needs. */
  readonly width: number;
  readonly align: 'left' | 'right';
  /** A sentence without its full stop. */
  readonly description: string;
  readonly jsonKey: string;
  /** The row may have no value. */
  readonly optional: boolean;
  /** The closed list of a label. */
  readonly labels?: readonly string[];
  /** The value as the model has it; undefined where it is not known or there is none. */
  readonly value: (row: Row) => string | number | boolean | undefined;
}

interface Extra {
  readonly width?: number;
  readonly optional?: boolean;
  readonly labels?: readonly string[];
}

const WIDTHS: Readonly<Record<FieldUnit, number>> = {
  text: 12,
  label: 10,
  flag: 3,
  id: 7,
  count: 5,
  bytes: 7,
  packets: 7,
  rate: 9,
  ms: 6,
  time: 8,
};

/** A field; texts stand left, all else right. */
function field<Row>(
  id: string,
  title: string,
  unit: FieldUnit,
  jsonKey: string,
  value: Field<Row>['value'],
  description: string,
  { width = WIDTHS[unit], optional = false, labels }: Extra = {},
): Field<Row> {
  const align = unit === 'text' || unit === 'label' || unit === 'flag' ? 'left' : 'right';
  const list = labels === undefined ? {} : { labels };
  return { id, title, unit, width, align, description, jsonKey, optional, ...list, value };
}

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
  field('connections', 'CONN', 'count', 'connections', (r) => r.connections, 'Connections and other flows alive now'),
  ...TRAFFIC_FIELDS,
];

/** The share of an owner on one interface. */
export const SHARE_FIELDS: readonly Field<InterfaceShare>[] = [
  field('device', 'DEV', 'text', 'name', (r) => r.name, 'Name of the interface', { width: 5 }),
  ...TRAFFIC_FIELDS,
];

/** Interface rows have bytes under the keys `receivedBytes` and `sentBytes`. */
const INTERFACE_TRAFFIC = TRAFFIC_FIELDS.map((each) => ({ ...each, jsonKey: each.id }));

/** Interface rows, without addresses and outcomes. */
export const INTERFACE_FIELDS: readonly Field<InterfaceRow>[] = [
  field('name', 'DEV', 'text', 'name', (r) => r.name, 'Name of the interface; of a capture file, its path', {
    width: 5,
  }),
  field('state', 'STATE', 'label', 'state', (r) => r.state, 'What capturing does there', { labels: INTERFACE_STATES }),
  field('faultText', 'FAULT', 'text', 'fault', (r) => r.faultText || undefined, 'Why capturing failed', none),
  field('loopback', 'LO', 'flag', 'loopback', (r) => r.loopback, 'Whether it is the loopback interface'),
  field('linkType', 'LINK', 'text', 'linkType', (r) => r.linkType, 'Link type as libpcap names it', { width: 10 }),
  field('linkTypeNumber', 'LINKTYPE', 'id', 'linkTypeNumber', (r) => r.linkTypeNumber, 'Its LINKTYPE_ number'),
  field('decoded', 'DEC', 'flag', 'decoded', (r) => r.decoded, 'False: its frames are counted but not decoded'),
  ...INTERFACE_TRAFFIC,
  field('capture', 'CAPTURE', 'label', 'capture', (r) => r.capture, 'Where its frames come from', {
    labels: CAPTURE_KINDS,
  }),
  field('frames', 'FRAMES', 'packets', 'frames', (r) => r.frames, 'Frames that were captured, whatever became of them'),
  field(
    'frameReceivedBytes',
    'TAP RECV',
    'bytes',
    'frameReceivedBytes',
    (r) => r.tapped.receivedBytes,
    'Bytes of received frames as tapped: a super-frame of segmentation offload is one frame',
  ),
  field(
    'frameSentBytes',
    'TAP SENT',
    'bytes',
    'frameSentBytes',
    (r) => r.tapped.sentBytes,
    'Bytes of sent frames as tapped',
  ),
  field(
    'receivedFrames',
    'FRM RECV',
    'packets',
    'receivedFrames',
    (r) => r.tapped.receivedPackets,
    'Received frames as tapped; on loopback every frame is sent and received',
  ),
  field('sentFrames', 'FRM SENT', 'packets', 'sentFrames', (r) => r.tapped.sentPackets, 'Sent frames as tapped'),
  field(
    'kernelDrops',
    'DROPPED',
    'packets',
    'kernelDrops',
    (r) => r.kernelDrops,
    'Frames that the kernel dropped because the capture ring was full; their bytes are not counted',
  ),
  field(
    'interfaceDrops',
    'IF DROP',
    'packets',
    'interfaceDrops',
    (r) => r.interfaceDrops,
    'Frames that the device or its driver dropped',
  ),
  field(
    'counterReceivedBytes',
    'IF RECV',
    'bytes',
    'counterReceivedBytes',
    (r) => r.counters.receivedBytes,
    "The kernel's own count of received bytes (IFLA_STATS64); on loopback without the 14 bytes of link header of a frame",
  ),
  field(
    'counterSentBytes',
    'IF SENT',
    'bytes',
    'counterSentBytes',
    (r) => r.counters.sentBytes,
    "The kernel's own count of sent bytes",
  ),
  field(
    'counterReceivedPackets',
    'IF RPK',
    'packets',
    'counterReceivedPackets',
    (r) => r.counters.receivedPackets,
    "The kernel's own count of received packets",
  ),
  field(
    'counterSentPackets',
    'IF SPK',
    'packets',
    'counterSentPackets',
    (r) => r.counters.sentPackets,
    "The kernel's own count of sent packets",
  ),
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
  field('quality', 'MATCH', 'label', 'quality', (r) => r.quality, 'How its owner became known, the surest last', {
    width: 8,
    labels: MATCH_QUALITIES,
  }),
  field('initiator', 'BY', 'label', 'initiator', (r) => r.initiator, 'Which end began it', {
    width: 7,
    labels: ['unknown', 'local', 'remote'],
  }),
  field('ended', 'END', 'flag', 'ended', (r) => r.ended, 'Whether it was closed by both ends or reset'),
  field('firstMs', 'FIRST', 'time', 'firstTime', (r) => r.firstMs, 'Time of its first packet'),
  field('lastMs', 'LAST', 'time', 'lastTime', (r) => r.lastMs, 'Time of its last packet'),
  ...TRAFFIC_FIELDS,
];
