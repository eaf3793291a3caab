// Owns: the remote hosts: connections summed up by the address at their other end, and the fields of such a row.
// Knows nothing of: names of addresses, order and columns.
import { type Field, field } from './field.ts';
import { TRAFFIC_FIELDS } from './fields.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import { flowListOf } from './flow-list.ts';
import type { FlowList, FlowRow, Model, OwnerRow, Rates, Totals } from './model.ts';
import { askingRows, type Placed, type RowSource } from './row-source.ts';

/**
 * What the connections with one address moved, live ones and those that ended within the last minute; a packet that
 * crosses several interfaces counts once.
 */
export interface HostRow extends Totals, Rates {
  readonly address: string;
  /** Those that have not ended. */
  readonly connections: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Made when it is first asked for: of thousands of hosts only those in sight need it. */
  detail(): HostDetail;
}

export interface HostDetail {
  /** Processes that talk to it. */
  readonly processes: number;
  /** The owner with most bytes. */
  readonly owner: OwnerRow | undefined;
  /** Every owner of a connection with it. */
  readonly ownerIds: readonly number[];
  /** With most connections first, `tcp/443`: the port of whoever was called, where that is known. */
  readonly services: readonly string[];
  readonly interfaces: readonly string[];
}

/** Sums by host, as columns: with an object for each sum of 5,000 hosts, most of the time goes into its numbers. */
interface Sums {
  readonly list: FlowList;
  readonly owners: ReadonlyMap<number, OwnerRow>;
  /** The first flow of each host. */
  readonly first: Int32Array;
  /** The next flow of the same host, by flow; NONE after its last. */
  readonly next: Int32Array;
  readonly connections: Uint32Array;
  readonly sentBytes: Float64Array;
  readonly receivedBytes: Float64Array;
  readonly sentPackets: Float64Array;
  readonly receivedPackets: Float64Array;
  /** NaN where none of the flows has a rate. */
  readonly sentRate: Float64Array;
  readonly receivedRate: Float64Array;
  readonly firstMs: Float64Array;
  readonly lastMs: Float64Array;
  /** By host, where somebody has asked. */
  readonly details: Map<number, HostDetail>;
}

const ROW: HostRow & ThisType<Placed<Sums>> = {
  get address() {
    return this.from.list.remoteAddress(this.from.first[this.at] ?? 0);
  },
  get sentBytes() {
    return this.from.sentBytes[this.at] ?? 0;
  },
  get receivedBytes() {
    return this.from.receivedBytes[this.at] ?? 0;
  },
  get sentPackets() {
    return this.from.sentPackets[this.at] ?? 0;
  },
  get receivedPackets() {
    return this.from.receivedPackets[this.at] ?? 0;
  },
  get sentRate() {
    return known(this.from.sentRate[this.at]);
  },
  get receivedRate() {
    return known(this.from.receivedRate[this.at]);
  },
  get connections() {
    return this.from.connections[this.at] ?? 0;
  },
  get firstMs() {
    return this.from.firstMs[this.at] ?? 0;
  },
  get lastMs() {
    return this.from.lastMs[this.at] ?? 0;
  },
  detail() {
    return detailOf(this.from, this.at);
  },
};

/** One row an address; undefined where the sample has no flows. */
export function buildHosts(model: Pick<Model, 'flows' | 'flowList' | 'owners'>): RowSource<HostRow> | undefined {
  const list = flowListOf(model);
  if (list === undefined) return undefined;
  const { sums, count } = sumFlows(list, new Map(model.owners.map((row) => [row.id, row])));
  return askingRows(ROW, sums, count);
}

function sumFlows(list: FlowList, owners: ReadonlyMap<number, OwnerRow>) {
  const { length } = list;
  const { count, of: hostOf } = list.remotes();
  const sums = emptySums(list, owners, count);
  // Backwards, so that each chain begins with the first flow of its host.
  for (let at = length - 1; at >= 0; at--) {
    const host = hostOf[at] ?? 0;
    sums.next[at] = sums.first[host] ?? NONE;
    sums.first[host] = at;
    sums.firstMs[host] = list.firstMs(at);
    sums.lastMs[host] = list.lastMs(at);
  }
  for (let at = 0; at < length; at++) if (!list.repeated(at)) addFlow(sums, hostOf[at] ?? 0, list, at);
  return { sums, count };
}

/** Stands for the flow after the last. */
const NONE = -1;

function emptySums(list: FlowList, owners: ReadonlyMap<number, OwnerRow>, hosts: number): Sums {
  const numbers = () => new Float64Array(hosts);
  return {
    list,
    owners,
    first: new Int32Array(hosts).fill(NONE),
    next: new Int32Array(list.length),
    connections: new Uint32Array(hosts),
    sentBytes: numbers(),
    receivedBytes: numbers(),
    sentPackets: numbers(),
    receivedPackets: numbers(),
    sentRate: numbers().fill(Number.NaN),
    receivedRate: numbers().fill(Number.NaN),
    firstMs: numbers(),
    lastMs: numbers(),
    details: new Map(),
  };
}

function addFlow(sums: Sums, host: number, list: FlowList, at: number): void {
  add(sums.sentBytes, host, list.sentBytes(at));
  add(sums.receivedBytes, host, list.receivedBytes(at));
  add(sums.sentPackets, host, list.sentPackets(at));
  add(sums.receivedPackets, host, list.receivedPackets(at));
  addRate(sums.sentRate, host, list.sentRate(at));
  addRate(sums.receivedRate, host, list.receivedRate(at));
  if (!list.hasEnded(at)) sums.connections[host] = (sums.connections[host] ?? 0) + 1;
  sums.firstMs[host] = Math.min(sums.firstMs[host] ?? 0, list.firstMs(at));
  sums.lastMs[host] = Math.max(sums.lastMs[host] ?? 0, list.lastMs(at));
}

function add(column: Float64Array, host: number, value: number): void {
  column[host] = (column[host] ?? 0) + value;
}

function addRate(column: Float64Array, host: number, rate: number | undefined): void {
  if (rate === undefined) return;
  const sum = column[host] ?? Number.NaN;
  column[host] = Number.isNaN(sum) ? rate : sum + rate;
}

function known(rate: number | undefined): number | undefined {
  return rate === undefined || Number.isNaN(rate) ? undefined : rate;
}

function detailOf(sums: Sums, host: number): HostDetail {
  const made = sums.details.get(host);
  if (made !== undefined) return made;
  const flows: FlowRow[] = [];
  for (let at = sums.first[host] ?? NONE; at !== NONE; at = sums.next[at] ?? NONE) flows.push(sums.list.row(at));
  const detail = describe(flows, sums.owners);
  sums.details.set(host, detail);
  return detail;
}

function describe(flows: readonly FlowRow[], owners: ReadonlyMap<number, OwnerRow>): HostDetail {
  const byOwner = new Map<number, number>();
  const services = new Map<string, number>();
  for (const flow of flows) {
    if (flow.repeated) continue;
    byOwner.set(flow.ownerId, (byOwner.get(flow.ownerId) ?? 0) + flow.sentBytes + flow.receivedBytes);
    const service = serviceOf(flow);
    services.set(service, (services.get(service) ?? 0) + 1);
  }
  const byMost = <K>(counts: ReadonlyMap<K, number>) => [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  const ownerIds = byMost(byOwner);
  return {
    processes: ownerIds.filter((id) => owners.get(id)?.kind === 'process').length,
    owner: owners.get(ownerIds[0] ?? -1),
    ownerIds,
    services: byMost(services),
    interfaces: [...new Set(flows.map((flow) => flow.interfaceName))],
  };
}

/** Who was called listens: the other side's port is a number from a pool. Where nobody knows, the lower port. */
export function serviceOf(flow: {
  readonly protocol: string;
  readonly initiator: string;
  readonly localPort: number;
  readonly remotePort: number;
}): string {
  if (flow.protocol.startsWith('icmp') || flow.remotePort === 0) return flow.protocol;
  const port =
    flow.initiator === 'local'
      ? flow.remotePort
      : flow.initiator === 'remote'
        ? flow.localPort
        : Math.min(flow.localPort, flow.remotePort);
  return `${flow.protocol}/${port}`;
}

export const HOST_FIELDS: readonly Field<HostRow>[] = [
  field('address', 'REMOTE', 'text', 'address', (r) => r.address, 'Address of the other end', { width: 22 }),
  field('connections', 'CONN', 'count', 'connections', (r) => r.connections, 'Connections with it that have not ended'),
  field('processes', 'PROC', 'count', 'processes', (r) => r.detail().processes, 'Processes that talk to it'),
  field('program', 'PROGRAM', 'text', 'program', (r) => r.detail().owner?.program, 'Of the process with most bytes', {
    width: 18,
    optional: true,
  }),
  field('pid', 'PID', 'id', 'pid', (r) => r.detail().owner?.pid, 'Of the process with most bytes', { optional: true }),
  field('user', 'USER', 'text', 'user', (r) => r.detail().owner?.user || undefined, 'Of the process with most bytes', {
    optional: true,
  }),
  field(
    'services',
    'SERVICES',
    'text',
    'services',
    (r) => r.detail().services.join(' '),
    'Ports of whoever was called',
    {
      width: 16,
    },
  ),
  field(
    'interfaces',
    'DEV',
    'text',
    'interfaces',
    (r) => r.detail().interfaces.join(' '),
    'Interfaces that it is seen on',
    {
      width: 6,
    },
  ),
  field(
    'firstMs',
    'FIRST',
    'time',
    'firstTime',
    (r) => r.firstMs,
    'Time of the first packet of a connection that is listed',
  ),
  field('lastMs', 'LAST', 'time', 'lastTime', (r) => r.lastMs, 'Time of the last packet'),
  ...TRAFFIC_FIELDS,
];

export const HOST_VOCABULARY: Vocabulary<HostRow> = {
  fields: [
    { names: ['dev', 'interface'], unit: 'text', values: (row) => row.detail().interfaces },
    { names: ['proto'], unit: 'text', values: (row) => row.detail().services.map((each) => each.split('/')[0]) },
    { names: ['port'], unit: 'id', values: (row) => row.detail().services.map((each) => Number(each.split('/')[1])) },
    { names: ['owner'], unit: 'id', values: (row) => row.detail().ownerIds },
    ...filterFields(HOST_FIELDS),
  ],
  text: (row) =>
    [row.address, row.detail().owner?.program ?? '', row.detail().owner?.pid ?? '', ...row.detail().services].join(
      '\n',
    ),
  examples: 'remote, name, pid, user, port, proto, dev, conn, processes, rx, tx, sent, received',
};
