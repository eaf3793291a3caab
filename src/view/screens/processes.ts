// Owns: the process table: one row an owner, the sum of what a filter lets through, and the total.
// Knows nothing of: how the rows are ordered and what stands above and below the table.
import { OWNER_FIELDS } from '../../model/fields.ts';
import { asksFor, parseFilter } from '../../model/filter-syntax.ts';
import type { OwnerRow, Rates, Totals } from '../../model/model.ts';
import { END_NAMES, OWNER_VOCABULARY } from '../../model/owner-vocabulary.ts';
import { countCell, textCell } from '../cells.ts';
import { createList } from '../list.ts';
import type { Grouping, Matched } from '../list-spec.ts';
import { isNumberColumn, numberCell } from '../number-columns.ts';
import { missingAncestors } from '../owner-ancestors.ts';
import { type OwnerTable, ownerCells, ownerTable } from '../owner-columns.ts';
import { foldEnded, mergeOwners, ownerTarget, programGroup } from '../owner-list.ts';
import { NO_REMOTE, splitByRemote } from '../owner-remotes.ts';
import type { Row, Span } from '../styled-text.ts';
import { tableRow } from '../table.ts';
import type { ViewInput } from '../view-input.ts';

/** Fields that group processes once there are such: the container or the service that a process is part of. */
const UNITS = ['unit', 'container'] as const;

const GROUPS: readonly Grouping<OwnerRow>[] = [
  { id: 'program', name: 'program', of: programGroup },
  { id: 'user', name: 'user', of: (row) => row.user || row.kind },
  { id: 'remote', name: 'remote host', of: (row) => row.remote ?? NO_REMOTE, split: splitByRemote },
  ...UNITS.flatMap((id): readonly Grouping<OwnerRow>[] => {
    const field = OWNER_FIELDS.find((each) => each.id === id);
    return field === undefined ? [] : [{ id, name: id, of: (row) => String(field.value(row) ?? `no ${id}`) }];
  }),
];

export const processList = createList<OwnerRow, OwnerTable>({
  noun: 'row',
  name: 'processes',
  rows: ({ owners }) => owners,
  key: (row) => (row.remote === undefined ? String(row.id) : `${row.id} ${row.remote}`),
  traffic: (row) => row,
  tie: (row, direction) => (direction === 'sent' ? row.sentBytes : row.receivedBytes),
  fields: OWNER_FIELDS,
  vocabulary: OWNER_VOCABULARY,
  groups: GROUPS,
  asksFlows: ({ group, filter }) => group === 'remote' || asksConnections(filter),
  merge: mergeOwners,
  tree: { own: (row) => row.pid, parent: (row) => row.parentPid, above: missingAncestors },
  fold: foldEnded,
  table: ownerTable,
  cells: ownerCells,
  hasEnded: (row) => row.state === 'exited',
  sums: sumRows,
  empty: emptyText,
  opens: (row) => (row.id < 0 ? undefined : { kind: 'process', ownerId: row.id, from: 'processes' }),
  copies: (row) => String(row.pid ?? row.reasonText),
  target: ownerTarget,
});

/** Which interfaces have none, where somebody may look for the packets of another one. */
function emptyText({ ui, reading, origin }: ViewInput): string {
  if (ui.device !== '') return `no packets on ${ui.device} yet`;
  const live = reading.raw.interfaces.filter(({ capture }) => capture === 'ring' || capture === 'libpcap');
  if (origin !== undefined || live.length === 0 || live.some(({ name }) => name === 'lo')) return 'no packets yet';
  return 'no packets yet; loopback is watched with --all';
}

/** A filter that cannot be answered without live connections. */
function asksConnections(filter: string): boolean {
  const syntax = parseFilter(filter);
  return syntax.ok && asksFor(syntax.term, END_NAMES);
}

/** The total is that of everything counted, whatever is filtered or out of sight. */
function sumRows(matched: Matched | undefined, table: OwnerTable, input: ViewInput): readonly Row[] {
  const { model, summary } = input.reading;
  const { runningProcesses: running, connections } = summary;
  const processes = running === 1 ? '1 process' : `${running} processes`;
  const total = sumRow('TOTAL', processes, model.total, connections, table, input);
  if (matched === undefined || input.size.rows < 8) return [total];
  return [sumRow('MATCH', `${matched.count} of ${matched.all} rows`, matched, undefined, table, input), total];
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
