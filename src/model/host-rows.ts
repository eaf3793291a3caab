// Owns: the remote hosts: live connections summed up by the address at their other end, and the fields of such a row.
// Knows nothing of: names of addresses, order and columns.
import { type Field, field } from './field.ts';
import { TRAFFIC_FIELDS } from './fields.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import { flowListOf } from './flow-list.ts';
import type { FlowList, FlowRow, Model, OwnerRow, Rates, Totals } from './model.ts';

/** What the live connections with one address moved; a packet that crosses several interfaces counts once. */
export interface HostRow extends Totals, Rates {
  readonly address: string;
  readonly connections: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Made when it is first asked for: of thousands of hosts only those in sight need it. */
  readonly detail: () => HostDetail;
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

/** Grows while flows are added. */
interface Sum {
  readonly address: string;
  sentBytes: number;
  receivedBytes: number;
  sentPackets: number;
  receivedPackets: number;
  sentRate: number | undefined;
  receivedRate: number | undefined;
  connections: number;
  firstMs: number;
  lastMs: number;
  readonly places: number[];
  detail: () => HostDetail;
}

/** One row an address; undefined where the sample has no flows. */
export function buildHosts(model: Pick<Model, 'flows' | 'flowList' | 'owners'>): readonly HostRow[] | undefined {
  const list = flowListOf(model);
  if (list === undefined) return undefined;
  const byId = new Map(model.owners.map((row) => [row.id, row]));
  const sums = new Map<string, Sum>();
  for (let at = 0; at < list.length; at++) {
    const address = list.remoteAddress(at);
    let sum = sums.get(address);
    if (sum === undefined) {
      sum = emptySum(list, at, byId);
      sums.set(address, sum);
    }
    sum.places.push(at);
    if (!list.repeated(at)) addFlow(sum, list, at);
  }
  return [...sums.values()];
}

function addFlow(sum: Sum, list: FlowList, at: number): void {
  const [sentRate, receivedRate] = [list.sentRate(at), list.receivedRate(at)];
  sum.sentBytes += list.sentBytes(at);
  sum.receivedBytes += list.receivedBytes(at);
  sum.sentPackets += list.sentPackets(at);
  sum.receivedPackets += list.receivedPackets(at);
  if (sentRate !== undefined) sum.sentRate = (sum.sentRate ?? 0) + sentRate;
  if (receivedRate !== undefined) sum.receivedRate = (sum.receivedRate ?? 0) + receivedRate;
  sum.connections++;
  sum.firstMs = Math.min(sum.firstMs, list.firstMs(at));
  sum.lastMs = Math.max(sum.lastMs, list.lastMs(at));
}

function emptySum(list: FlowList, at: number, owners: ReadonlyMap<number, OwnerRow>): Sum {
  const places: number[] = [];
  let detail: HostDetail | undefined;
  return {
    address: list.remoteAddress(at),
    sentBytes: 0,
    receivedBytes: 0,
    sentPackets: 0,
    receivedPackets: 0,
    sentRate: undefined,
    receivedRate: undefined,
    connections: 0,
    firstMs: list.firstMs(at),
    lastMs: list.lastMs(at),
    places,
    detail() {
      detail ??= describe(places.map(list.row), owners);
      return detail;
    },
  };
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
  field('connections', 'CONN', 'count', 'connections', (r) => r.connections, 'Live connections with it'),
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
  field('firstMs', 'FIRST', 'time', 'firstTime', (r) => r.firstMs, 'Time of the first packet of a live connection'),
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
