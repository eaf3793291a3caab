// Owns: the page of remote hosts: connections summed up by address, with the process that moves most of it.
// Knows nothing of: names of addresses, and of what stands above and below the table.
import { buildHosts, HOST_FIELDS, HOST_VOCABULARY, type HostDetail, type HostRow } from '../../model/host-rows.ts';
import { sumOf } from '../../model/sums.ts';
import { ownerGroup } from '../connection-columns.ts';
import { hostCells, hostTable } from '../host-columns.ts';
import { createList } from '../list.ts';

export const hostList = createList({
  noun: 'host',
  name: 'hosts',
  rows: buildHosts,
  key: (row: HostRow) => row.address,
  traffic: (row) => row,
  tie: (row) => row.sentBytes + row.receivedBytes,
  fields: HOST_FIELDS,
  vocabulary: HOST_VOCABULARY,
  groups: [
    { id: 'process', name: 'process', of: (row) => ownerGroup(row.detail().owner) },
    { id: 'port', name: 'port', of: (row) => row.detail().services[0] ?? 'no port' },
  ],
  merge: mergeHosts,
  table: hostTable,
  cells: hostCells,
  empty({ ui }, rows) {
    if (rows === undefined) return 'reading the connections';
    return `no live connections${ui.device === '' ? '' : ` on ${ui.device}`}, so no hosts`;
  },
  opens: ({ address }) => ({ kind: 'host', address, from: 'hosts' }),
  copies: ({ address }) => address,
});

function mergeHosts(rows: readonly HostRow[], title: string): HostRow {
  const all = <T>(of: (detail: HostDetail) => readonly T[]) => [...new Set(rows.flatMap((row) => of(row.detail())))];
  const ownerIds = all((detail) => detail.ownerIds);
  const detail: HostDetail = {
    processes: ownerIds.length,
    owner: undefined,
    ownerIds,
    services: all((each) => each.services),
    interfaces: all((each) => each.interfaces),
  };
  return {
    ...sumOf(rows),
    address: title,
    connections: rows.reduce((sum, row) => sum + row.connections, 0),
    firstMs: Math.min(...rows.map((row) => row.firstMs)),
    lastMs: Math.max(...rows.map((row) => row.lastMs)),
    detail: () => detail,
  };
}
