// Owns: connections as people look at them: a live flow together with its owner, its state and age, and their fields.
// Knows nothing of: how flows are found, order and columns.
import { type Field, field } from './field.ts';
import { FLOW_FIELDS, OWNER_FIELDS } from './fields.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import type { FlowList, FlowRow, Model, OwnerRow, Rates, Totals } from './model.ts';
import { askingRows, type Placed, type RowSource } from './row-source.ts';

/** As the packets tell: `opening` has one direction only, `closed` was ended by both or reset; only TCP has states. */
export const CONNECTION_STATES = ['opening', 'established', 'closed'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** What it moved is the flow's. Holds its flow instead of being one: of 20,000 only those in sight are made. */
export interface ConnectionRow extends Totals, Rates {
  readonly key: string;
  readonly flow: FlowRow;
  readonly owner: OwnerRow | undefined;
  readonly state: ConnectionState | undefined;
  readonly ageMs: number;
}

/** What all rows of one sample ask. */
interface Source {
  readonly list: FlowList;
  readonly owners: ReadonlyMap<number, OwnerRow>;
  readonly timeMs: number;
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
    return Math.max(0, this.from.timeMs - this.from.list.firstMs(this.at));
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
  { owners, timeMs }: Pick<Model, 'owners' | 'timeMs'>,
): RowSource<ConnectionRow> {
  const from: Source = { list, owners: new Map(owners.map((row) => [row.id, row])), timeMs };
  return askingRows(ROW, from, list.length);
}

function stateOf(flow: FlowRow): ConnectionState | undefined {
  if (flow.protocol !== 'tcp') return undefined;
  if (flow.ended) return 'closed';
  return flow.sentPackets > 0 && flow.receivedPackets > 0 ? 'established' : 'opening';
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

export const CONNECTION_FIELDS: readonly Field<ConnectionRow>[] = [
  ...FLOW_FIELDS.map((each): Field<ConnectionRow> => ({ ...each, value: ({ flow }) => each.value(flow) })),
  field('state', 'STATE', 'label', 'state', (r) => r.state, 'State of a TCP connection as its packets tell it', {
    width: 11,
    optional: true,
    labels: CONNECTION_STATES,
  }),
  field('ageMs', 'AGE', 'ms', 'ageMs', (r) => r.ageMs, 'Milliseconds since its first packet'),
  ...OWNER_FIELDS.filter(({ id }) => OF_OWNER.includes(id)).map(
    (each): Field<ConnectionRow> => ({
      ...each,
      optional: true,
      value: ({ owner }) => owner && each.value(owner),
    }),
  ),
];

export const CONNECTION_VOCABULARY: Vocabulary<ConnectionRow> = {
  fields: [...filterFields(CONNECTION_FIELDS), { names: ['age'], unit: 'ms', values: (row) => [row.ageMs] }],
  text: connectionText,
  examples: 'port, remote, local, proto, state, dev, pid, user, name, rx, tx, sent, received, age',
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
