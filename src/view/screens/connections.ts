// Owns: the connections table: the live flows of one owner or of everybody.
// Knows nothing of: how flows are found and what stands above and below the table.
import type { FlowRow, OwnerRow } from '../../model/model.ts';
import { programName } from '../../model/program-name.ts';
import { type ConnectionTable, connectionCells, connectionTable, endpointText } from '../connection-columns.ts';
import { cursorIndex, holdCursor } from '../cursor.ts';
import { detailRows } from '../owner-detail.ts';
import type { PageBody } from '../page-body.ts';
import { type Row, restyled } from '../styled-text.ts';
import { headerRow, tableRow } from '../table.ts';
import { listOf } from '../ui-state.ts';
import type { ViewInput } from '../view-input.ts';

/** All of them, or those of the process that is shown. */
export function connectionsBody(input: ViewInput): PageBody {
  const { reading, ui } = input;
  const ownerId = ui.place.kind === 'process' ? ui.place.ownerId : undefined;
  const owners = new Map(reading.model.owners.map((row) => [row.id, row]));
  const owner = ownerId === undefined ? undefined : owners.get(ownerId);
  const table = connectionTable(input, ownerId === undefined);
  const { cursor, filter, top } = listOf(ui);
  const flows = holdCursor(matching(reading.flows ?? [], filter, owners), cursor);
  const keys = flows.map((flow) => flow.key);
  const selected = cursor !== undefined && keys.includes(cursor.key) ? cursor.key : undefined;
  return {
    subject: subjectText(owner),
    titles: [...detailRows(owner, input), headerRow(table.columns, input.mode)],
    keys,
    rowAt: (index) => flowRow(flows[index], owners, table, input, selected),
    pinned: [],
    top,
    shown: selected === undefined ? undefined : cursorIndex(cursor, keys),
    empty: emptyText(input, filter),
  };
}

function flowRow(
  flow: FlowRow | undefined,
  owners: ReadonlyMap<number, OwnerRow>,
  table: ConnectionTable,
  input: ViewInput,
  selected: string | undefined,
): Row {
  if (flow === undefined) return { spans: [] };
  const isSelected = flow.key === selected;
  const cells = connectionCells(flow, owners.get(flow.ownerId), table, input, isSelected);
  const line = tableRow(table.columns, cells);
  return isSelected ? restyled(line, 'selected') : line;
}

function matching(
  flows: readonly FlowRow[],
  filter: string,
  owners: ReadonlyMap<number, OwnerRow>,
): readonly FlowRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return flows;
  return flows.filter((flow) => {
    const owner = owners.get(flow.ownerId);
    const text = [
      flow.protocol,
      endpointText(flow.localAddress, flow.localPort),
      endpointText(flow.remoteAddress, flow.remotePort),
      flow.interfaceName,
      owner?.pid ?? '',
      owner?.program ?? '',
      owner?.reason ?? '',
    ];
    const whole = text.join('\n').toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

function subjectText(owner: OwnerRow | undefined): string {
  if (owner === undefined) return '';
  const name = programName(owner, { commandLine: false, basename: true });
  return owner.pid === undefined ? owner.reasonText || owner.name : `${owner.pid} ${name}`;
}

function emptyText(input: ViewInput, filter: string): string {
  if (input.reading.flows === undefined) return 'reading the connections';
  if (input.reading.flowCount > 0) return `no connection contains "${filter}"`;
  return 'no live connections; the bytes of ended ones stay with their process';
}
