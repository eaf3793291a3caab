// Owns: connections as people look at them: a flow together with its owner, its state and age, and their fields.
// Knows nothing of: how flows are found, order and columns.
import { type Field, field } from './field.ts';
import { FLOW_FIELDS, OWNER_FIELDS } from './fields.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import { socketOfFlow } from './flow-sockets.ts';
import type { FlowList, FlowRow, Model, OwnerRow, Rates, Totals } from './model.ts';
import type { QueueModel } from './queue-row.ts';
import { askingRows, type Placed, type RowSource } from './row-source.ts';
import type { SocketReading } from './socket-reading.ts';

/** As the packets tell: `opening` has one direction only, `closed` was ended by both or reset; only TCP has states. */
export const CONNECTION_STATES = ['opening', 'established', 'closed'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** What it moved is the flow's. Holds its flow instead of being one: of 20,000 only those in sight are made. */
export interface ConnectionRow extends Totals, Rates {
  readonly key: string;
  readonly flow: FlowRow;
  readonly owner: OwnerRow | undefined;
  readonly state: ConnectionState | undefined;
  /** From its first packet to now, or to its last one where it has ended. */
  readonly ageMs: number;
  /** How long ago it ended, as its last packet tells; undefined while it lives. */
  readonly endedForMs: number | undefined;
  /** As the last look at the sockets found it; undefined where it was not looked at. */
  readonly socket: SocketReading | undefined;
}

/** What all rows of one sample ask. */
interface Source {
  readonly list: FlowList;
  readonly owners: ReadonlyMap<number, OwnerRow>;
  readonly timeMs: number;
  readonly queues: QueueModel | undefined;
}

const ROW: ConnectionRow & ThisType<Placed<Source>> = {
  get key() {
    return this.from.list.key(this.at);
  },
  get flow() {
    return this.from.list.row(this.at);
  },
  get owner() {
    return this.from.owners.get(this.from.list.ownerId(this.at));
  },
  get state() {
    return stateOf(this.from.list.row(this.at));
  },
  get ageMs() {
    const { list, timeMs } = this.from;
    return Math.max(0, (list.hasEnded(this.at) ? list.lastMs(this.at) : timeMs) - list.firstMs(this.at));
  },
  get endedForMs() {
    const { list, timeMs } = this.from;
    return list.hasEnded(this.at) ? Math.max(0, timeMs - list.lastMs(this.at)) : undefined;
  },
  get socket() {
    return socketOfFlow(this.from.queues, this.from.list.row(this.at));
  },
  get sentBytes() {
    return this.from.list.sentBytes(this.at);
  },
  get receivedBytes() {
    return this.from.list.receivedBytes(this.at);
  },
  get sentPackets() {
    return this.from.list.sentPackets(this.at);
  },
  get receivedPackets() {
    return this.from.list.receivedPackets(this.at);
  },
  get sentRate() {
    return this.from.list.sentRate(this.at);
  },
  get receivedRate() {
    return this.from.list.receivedRate(this.at);
  },
};

/** Rows that ask the list whenever they are asked; none is a copy. */
export function joinFlows(
  list: FlowList,
  { owners, timeMs, queues }: Pick<Model, 'owners' | 'timeMs' | 'queues'>,
): RowSource<ConnectionRow> {
  const from: Source = { list, owners: new Map(owners.map((row) => [row.id, row])), timeMs, queues };
  return askingRows(ROW, from, list.length);
}

function stateOf(flow: FlowRow): ConnectionState | undefined {
  if (flow.protocol !== 'tcp') return undefined;
  if (flow.ended) return 'closed';
  return flow.sentPackets > 0 && flow.receivedPackets > 0 ? 'established' : 'opening';
}

/** Microseconds, smoothed; undefined where nobody looked or nothing was acknowledged yet. */
export function roundTripOf({ socket }: ConnectionRow): number | undefined {
  const us = socket?.tcp?.rttUs ?? 0;
  return us > 0 ? us : undefined;
}

/** Of the TCP payload that it sent, what was sent again, 0..1; undefined where that is not counted or nothing was sent. */
export function retransmittedShareOf({ flow, socket }: ConnectionRow): number | undefined {
  if (flow.protocol !== 'tcp') return undefined;
  const { retransmittedBytes: again, sentPayloadBytes: sent } = flow;
  if (again !== undefined) return sent > 0 ? Math.min(1, again / sent) : undefined;
  const tcp = socket?.tcp;
  return tcp === undefined || tcp.bytesSent === 0 ? undefined : Math.min(1, tcp.bytesRetransmitted / tcp.bytesSent);
}

/** What a connection takes from its owner. */
const OF_OWNER: readonly string[] = [
  'kind',
  'reason',
  'pid',
  'parentPid',
  'name',
  'program',
  'executable',
  'commandLine',
  'uid',
  'user',
  'netns',
];

function millisOfTrip(row: ConnectionRow): number | undefined {
  const us = roundTripOf(row);
  return us === undefined ? undefined : us / 1000;
}

export const CONNECTION_FIELDS: readonly Field<ConnectionRow>[] = [
  ...FLOW_FIELDS.map((each): Field<ConnectionRow> => ({ ...each, value: ({ flow }) => each.value(flow) })),
  field('state', 'STATE', 'label', 'state', (r) => r.state, 'State of a TCP connection as its packets tell it', {
    width: 11,
    optional: true,
    labels: CONNECTION_STATES,
  }),
  field(
    'ageMs',
    'AGE',
    'ms',
    'ageMs',
    (r) => r.ageMs,
    'Milliseconds from its first packet to now, or to its last one where it has ended',
  ),
  field(
    'rttMs',
    'RTT',
    'ms',
    'rttMs',
    millisOfTrip,
    'Round trip of TCP as its socket has it, where that was looked at',
    {
      optional: true,
    },
  ),
  field(
    'retransmittedShare',
    'RETR%',
    'share',
    'retransmittedShare',
    retransmittedShareOf,
    'Of the TCP payload that was sent, what was sent again',
    { optional: true },
  ),
  ...OWNER_FIELDS.filter(({ id }) => OF_OWNER.includes(id)).map(
    (each): Field<ConnectionRow> => ({
      ...each,
      optional: true,
      value: ({ owner }) => owner && each.value(owner),
    }),
  ),
];

export const CONNECTION_VOCABULARY: Vocabulary<ConnectionRow> = {
  fields: [
    ...filterFields(CONNECTION_FIELDS),
    { names: ['age'], unit: 'ms', values: (row) => [row.ageMs] },
    { names: ['rtt'], unit: 'ms', values: (row) => [millisOfTrip(row)] },
    { names: ['retr'], unit: 'share', values: (row) => [retransmittedShareOf(row)] },
  ],
  text: connectionText,
  examples: 'port, remote, local, proto, state, dev, pid, user, name, rx, tx, sent, received, age, rtt',
};

function connectionText(row: ConnectionRow): string {
  const { flow, owner } = row;
  return [
    flow.protocol,
    endpointText(flow.localAddress, flow.localPort),
    endpointText(flow.remoteAddress, flow.remotePort),
    flow.remoteName ?? '',
    flow.service ?? '',
    flow.interfaceName,
    owner?.pid ?? '',
    owner?.program ?? '',
    owner?.reason ?? '',
    owner?.user ?? '',
  ].join('\n');
}

/** RFC 3986, 3.2.2 for IPv6; protocols without ports have none. */
export function endpointText(address: string, port: string | number): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === 0 || port === '' ? address : `${host}:${port}`;
}
