// Owns: lists of connections: those of everybody, of one process, or with one host; their groups.
// Knows nothing of: what stands above the list.
import {
  CONNECTION_FIELDS,
  CONNECTION_VOCABULARY,
  type ConnectionRow,
  endpointText,
  joinFlows,
} from '../model/connection-row.ts';
import { flowListOf } from '../model/flow-list.ts';
import { pairOf } from '../model/flow-sockets.ts';
import { serviceOf } from '../model/host-rows.ts';
import type { FlowList, Model } from '../model/model.ts';
import type { RowSource } from '../model/row-source.ts';
import { sumLayers, sumOf } from '../model/sums.ts';
import { type ConnectionTable, connectionCells, connectionTable, ownerGroup } from './connection-columns.ts';
import type { Grouping, ListSpec } from './list-spec.ts';
import { ownerTarget } from './owner-list.ts';
import type { Place } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

const BY_REMOTE: Grouping<ConnectionRow> = { id: 'remote', name: 'remote host', of: ({ flow }) => flow.remoteAddress };
const BY_PORT: Grouping<ConnectionRow> = { id: 'port', name: 'port', of: ({ flow }) => serviceOf(flow) };
const BY_PROCESS: Grouping<ConnectionRow> = { id: 'process', name: 'process', of: ({ owner }) => ownerGroup(owner) };

/** Everything that lists of connections have in common. */
export function connectionSpec(
  name: string,
  find: (model: Model, place: Place) => FlowList | undefined,
  groups: readonly ('remote' | 'port' | 'process')[],
): ListSpec<ConnectionRow, ConnectionTable> {
  return {
    noun: 'connection',
    name,
    rows(model, place) {
      const flows = find(model, place);
      return flows && joinFlows(flows, model);
    },
    key: ({ key }) => key,
    traffic: (row) => row,
    tie: (row) => row.sentBytes + row.receivedBytes,
    fields: CONNECTION_FIELDS,
    vocabulary: CONNECTION_VOCABULARY,
    groups: [BY_REMOTE, BY_PORT, BY_PROCESS].filter(({ id }) => (groups as readonly string[]).includes(id)),
    merge: mergeConnections,
    table: (input) => connectionTable(input, groups.includes('process')),
    cells: connectionCells,
    hasEnded: ({ flow }) => flow.ended,
    socket: {
      words: ['rtt', 'retr'],
      pair: ({ flow }) => pairOf(flow),
    },
    empty: emptyText,
    copies: ({ flow }) => endpointText(flow.remoteAddress, flow.remotePort),
    target: ({ owner }) => ownerTarget(owner),
  };
}

function emptyText({ ui, reading }: ViewInput, rows: RowSource<ConnectionRow> | undefined): string {
  if (rows === undefined) return 'reading the connections';
  if (ui.device !== '') return `no live connections on ${ui.device}`;
  return reading.model.engineState === 'ended' && flowListOf(reading.model)?.length === 0
    ? 'the file has no connections'
    : 'no live connections; the bytes of ended ones stay with their process';
}

/** The sum of some connections; packets that are repeated on another interface count once. */
function mergeConnections(rows: readonly ConnectionRow[]): ConnectionRow {
  const [first] = rows;
  if (first === undefined) throw new Error('a group has rows');
  const once = rows.filter(({ flow }) => !flow.repeated).map(({ flow }) => flow);
  const { retransmittedPackets: _, ...layers } = sumLayers(once);
  const sum = sumOf(once);
  const ended = rows.every(({ flow }) => flow.ended);
  const { key, owner, state } = first;
  return {
    ...{ key, owner, state },
    ...sum,
    flow: { ...first.flow, ...sum, ...layers, ended, repeated: once.length === 0 },
    ageMs: Math.max(...rows.map(({ ageMs }) => ageMs)),
    endedForMs: undefined,
    socket: undefined,
  };
}
