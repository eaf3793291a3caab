// Owns: the process table: one row an owner, the sum of what a filter lets through, and the total.
// Knows nothing of: how the rows are ranked and what stands above and below the table.
import type { Rates, Totals } from '../../model/model.ts';
import { countCell, textCell } from '../cells.ts';
import { cursorIndex } from '../cursor.ts';
import { isNumberColumn, numberCell } from '../number-columns.ts';
import { type OwnerTable, ownerCells, ownerTable } from '../owner-columns.ts';
import { listOwners, type OwnerList } from '../owner-list.ts';
import type { PageBody } from '../page-body.ts';
import type { OwnerEntry } from '../reading.ts';
import { type Row, restyled, type Span } from '../styled-text.ts';
import { headerRow, tableRow } from '../table.ts';
import { listOf } from '../ui-state.ts';
import type { ViewInput } from '../view-input.ts';

export function processesBody(input: ViewInput): PageBody {
  const table = ownerTable(input);
  const list = listOwners(input);
  const { cursor, filter, top } = listOf(input.ui);
  const keys = list.entries.map((entry) => entry.key);
  const selected = cursor !== undefined && keys.includes(cursor.key) ? cursor.key : undefined;
  return {
    subject: '',
    titles: [headerRow(table.columns, input.mode)],
    keys,
    rowAt: (index) => ownerRow(list.entries[index], table, input, selected),
    pinned: pinnedRows(list, table, input),
    top,
    shown: selected === undefined ? undefined : cursorIndex(cursor, keys),
    empty: filter === '' ? 'no packets yet' : `no row contains "${filter}"`,
  };
}

function ownerRow(
  entry: OwnerEntry | undefined,
  table: OwnerTable,
  input: ViewInput,
  selected: string | undefined,
): Row {
  if (entry === undefined) return { spans: [] };
  const isSelected = entry.key === selected;
  const line = tableRow(table.columns, ownerCells(entry, table, input, isSelected));
  return isSelected ? restyled(line, entry.row.state === 'exited' ? 'selected-dim' : 'selected') : line;
}

/** The total is that of everything counted, whatever is filtered or out of sight. */
function pinnedRows(list: OwnerList, table: OwnerTable, input: ViewInput): readonly Row[] {
  const { model, summary } = input.reading;
  const { runningProcesses: running, connections } = summary;
  const processes = running === 1 ? '1 process' : `${running} processes`;
  const total = sumRow('TOTAL', processes, model.total, connections, table, input);
  if (list.matched === undefined || input.size.rows < 8) return [total];
  const text = `${list.matched.count} of ${model.owners.length} rows`;
  return [sumRow('MATCH', text, list.matched, undefined, table, input), total];
}

function sumRow(
  word: string,
  text: string,
  sum: Totals & Rates,
  connections: number | undefined,
  table: OwnerTable,
  input: ViewInput,
): Row {
  const { mode, ui } = input;
  const hasPid = table.ids.includes('pid');
  const cells = table.ids.map((id, i): readonly Span[] => {
    const width = table.columns[i]?.width ?? 0;
    if (isNumberColumn(id)) return numberCell(id, sum, ui, width, 'bold');
    if (id === 'pid') return [textCell(word, width, 'bold', mode, 'right')];
    if (id === 'program') return [hasPid ? textCell(text, width, 'dim', mode) : textCell(word, width, 'bold', mode)];
    if (id === 'connections' && connections !== undefined) return [countCell(connections, width, 'bold')];
    return [textCell('', width, 'normal', mode)];
  });
  return tableRow(table.columns, cells);
}
