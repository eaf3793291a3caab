// Owns: the remote hosts: live connections summed up by the address at their other end, and the fields of such a row.
// Knows nothing of: names of addresses, order and columns.
import { type Field, field } from './field.ts';
import { TRAFFIC_FIELDS } from './fields.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import type { Model, OwnerRow, Rates, Totals } from './model.ts';

/** What the live connections with one address moved; a packet that crosses several interfaces counts once. */
export interface HostRow extends Totals, Rates {
  readonly address: string;
  readonly connections: number;
  /** Processes that talk to it. */
  readonly processes: number;
  /** The owner with most bytes. */
  readonly owner: OwnerRow | undefined;
  /** Every owner of a connection with it. */
  readonly ownerIds: readonly number[];
  /** With most connections first, `tcp/443`: the port of whoever was called, where that is known. */
  readonly services: readonly string[];
  readonly interfaces: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Sum {
  sentBytes: number;
  receivedBytes: number;
  sentPackets: number;
  receivedPackets: number;
  sentRate: number | undefined;
  receivedRate: number | undefined;
  connections: number;
  firstMs: number;
  lastMs: number;
  readonly byOwner: Map<number, number>;
  readonly services: Map<string, number>;
  readonly interfaces: Set<string>;
}

/** One row an address; undefined where the sample has no flows. */
export function buildHosts({ flows, owners }: Pick<Model, 'flows' | 'owners'>): readonly HostRow[] | undefined {
  if (flows === undefined) return undefined;
  const sums = new Map<string, Sum>();
  for (const flow of flows) {
    let sum = sums.get(flow.remoteAddress);
    if (sum === undefined) {
      sum = emptySum(flow.firstMs, flow.lastMs);
      sums.set(flow.remoteAddress, sum);
    }
    sum.interfaces.add(flow.interfaceName);
    if (flow.repeated) continue;
    sum.sentBytes += flow.sentBytes;
    sum.receivedBytes += flow.receivedBytes;
    sum.sentPackets += flow.sentPackets;
    sum.receivedPackets += flow.receivedPackets;
    if (flow.sentRate !== undefined) sum.sentRate = (sum.sentRate ?? 0) + flow.sentRate;
    if (flow.receivedRate !== undefined) sum.receivedRate = (sum.receivedRate ?? 0) + flow.receivedRate;
    sum.connections++;
    sum.firstMs = Math.min(sum.firstMs, flow.firstMs);
    sum.lastMs = Math.max(sum.lastMs, flow.lastMs);
    const bytes = flow.sentBytes + flow.receivedBytes;
    sum.byOwner.set(flow.ownerId, (sum.byOwner.get(flow.ownerId) ?? 0) + bytes);
    const service = serviceOf(flow);
    sum.services.set(service, (sum.services.get(service) ?? 0) + 1);
  }
  const byId = new Map(owners.map((row) => [row.id, row]));
  return Array.from(sums, ([address, sum]) => finish(address, sum, byId));
}

function emptySum(firstMs: number, lastMs: number): Sum {
  return {
    ...{ sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 },
    ...{ sentRate: undefined, receivedRate: undefined, connections: 0, firstMs, lastMs },
    byOwner: new Map(),
    services: new Map(),
    interfaces: new Set(),
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

function finish(address: string, sum: Sum, owners: ReadonlyMap<number, OwnerRow>): HostRow {
  const { byOwner, services, interfaces, ...rest } = sum;
  const byMost = <K>(counts: ReadonlyMap<K, number>) => [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  const ownerIds = byMost(byOwner);
  return {
    ...rest,
    address,
    processes: ownerIds.filter((id) => owners.get(id)?.kind === 'process').length,
    owner: owners.get(ownerIds[0] ?? -1),
    ownerIds,
    services: byMost(services),
    interfaces: [...interfaces],
  };
}

export const HOST_FIELDS: readonly Field<HostRow>[] = [
  field('address', 'REMOTE', 'text', 'address', (r) => r.address, 'Address of the other end', { width: 22 }),
  field('connections', 'CONN', 'count', 'connections', (r) => r.connections, 'Live connections with it'),
  field('processes', 'PROC', 'count', 'processes', (r) => r.processes, 'Processes that talk to it'),
  field('program', 'PROGRAM', 'text', 'program', (r) => r.owner?.program, 'Of the process with most bytes', {
    width: 18,
    optional: true,
  }),
  field('pid', 'PID', 'id', 'pid', (r) => r.owner?.pid, 'Of the process with most bytes', { optional: true }),
  field('user', 'USER', 'text', 'user', (r) => r.owner?.user || undefined, 'Of the process with most bytes', {
    optional: true,
  }),
  field('services', 'SERVICES', 'text', 'services', (r) => r.services.join(' '), 'Ports of whoever was called', {
    width: 16,
  }),
  field('interfaces', 'DEV', 'text', 'interfaces', (r) => r.interfaces.join(' '), 'Interfaces that it is seen on', {
    width: 6,
  }),
  field('firstMs', 'FIRST', 'time', 'firstTime', (r) => r.firstMs, 'Time of the first packet of a live connection'),
  field('lastMs', 'LAST', 'time', 'lastTime', (r) => r.lastMs, 'Time of the last packet'),
  ...TRAFFIC_FIELDS,
];

export const HOST_VOCABULARY: Vocabulary<HostRow> = {
  fields: [
    { names: ['dev', 'interface'], unit: 'text', values: (row) => row.interfaces },
    { names: ['proto'], unit: 'text', values: (row) => row.services.map((each) => each.split('/')[0]) },
    { names: ['port'], unit: 'id', values: (row) => row.services.map((each) => Number(each.split('/')[1])) },
    { names: ['owner'], unit: 'id', values: (row) => row.ownerIds },
    ...filterFields(HOST_FIELDS),
  ],
  text: (row) => [row.address, row.owner?.program ?? '', row.owner?.pid ?? '', ...row.services].join('\n'),
  examples: 'remote, name, pid, user, port, proto, dev, conn, processes, rx, tx, sent, received',
};
