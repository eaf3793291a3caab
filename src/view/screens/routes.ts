// Owns: the page of the routes: one row a way, refusals marked, the tables behind each other, those of the host folded.
// Knows nothing of: where routes are read.
import { cutText } from '../../base/text-width.ts';
import { ROUTE_FIELDS, ROUTE_VOCABULARY, routeSentence, tableName } from '../../model/route-fields.ts';
import type { RouteRow } from '../../model/route-model.ts';
import { rowMark, textCell, withGroupName } from '../cells.ts';
import { detailLine, type Fold, foldRows } from '../fold-rows.ts';
import { createList } from '../list.ts';
import type { Entry } from '../list-spec.ts';
import { type PlainColumn, type PlainStep, type PlainTable, plainTable } from '../plain-table.ts';
import type { Span } from '../styled-text.ts';
import type { Cells } from '../table.ts';
import { listOf } from '../ui-state.ts';
import type { ViewInput } from '../view-input.ts';

type RouteColumn =
  | 'mark'
  | 'destination'
  | 'type'
  | 'gateway'
  | 'way'
  | 'wholeWay'
  | 'device'
  | 'metric'
  | 'origin'
  | 'source'
  | 'table';

const step = (columns: string, least: number): PlainStep<RouteColumn> => ({
  columns: ['mark', ...(columns.split(' ') as RouteColumn[])],
  ...{ flexible: 'destination', least, most: 43 },
});

const STEPS: readonly PlainStep<RouteColumn>[] = [
  step('destination type gateway device metric origin source table', 28),
  step('destination type gateway device metric origin table', 20),
  step('destination gateway device metric', 18),
  step('destination gateway', 14),
  step('destination wholeWay', 18),
  step('destination way', 0),
];

const COLUMNS: Readonly<Record<RouteColumn, PlainColumn>> = {
  mark: { title: '', width: 1, gap: 0 },
  destination: { title: 'DESTINATION', width: 0, gap: 1, sort: 'destination' },
  type: { title: 'TYPE', width: 11, sort: 'type' },
  gateway: { title: 'VIA', width: 25, gap: 1, sort: 'gateway' },
  way: { title: 'WAY', width: 7, gap: 1, sort: 'device' },
  wholeWay: { title: 'WAY', width: 11, gap: 1, sort: 'device' },
  device: { title: 'DEV', width: 15, sort: 'device' },
  metric: { title: 'METRIC', width: 10, gap: 1, align: 'right', sort: 'metric' },
  origin: { title: 'FROM', width: 10, sort: 'origin' },
  source: { title: 'SOURCE', width: 25, sort: 'source' },
  table: { title: 'TABLE', width: 10, sort: 'table' },
};

/** What becomes of a packet that is not sent on. */
const REFUSALS: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

export const routeList = createList<RouteRow, PlainTable<RouteColumn>>({
  noun: 'route',
  name: 'routes',
  rows: ({ routes }) => routes?.rows,
  key: ({ key }) => key,
  tie: () => 0,
  fields: ROUTE_FIELDS,
  vocabulary: ROUTE_VOCABULARY,
  groups: [
    { id: 'table', name: 'table', of: tableName },
    { id: 'device', name: 'interface', of: ({ device }) => device || 'no interface' },
    { id: 'via', name: 'router', of: ({ gateway }) => gateway || 'on the link' },
    { id: 'from', name: 'origin', of: ({ origin }) => origin },
  ],
  merge: mergeRoutes,
  fold: (entries, input) =>
    listOf(input.ui).sort === undefined ? foldRows(entries, FOLDS, mergeRoutes, input) : entries,
  table: (input) => plainTable(input, STEPS, COLUMNS),
  cells: routeCells,
  sums: (_, table, input) =>
    table.ids.includes('source')
      ? []
      : detailLine(input.reading.model.routes?.rows, ({ key }) => key, routeSentence, input),
  subject: ({ reading }) => (reading.model.routes === undefined ? '' : `${reading.model.routes.count}`),
  empty: emptyText,
  copies: ({ destination }) => destination,
});

/** The host's own addresses: there are many, and they say nothing about ways. */
const FOLDS: readonly Fold<RouteRow>[] = ([4, 6] as const).map((family) => ({
  id: `local-${family}`,
  holds: (row) => row.table === 'local' && row.family === family,
  title: `IPv${family}, table local`,
}));

/** What ways have in common. */
function mergeRoutes(rows: readonly RouteRow[], title: string): RouteRow {
  const common = (of: (row: RouteRow) => string) => {
    const [first = '', ...others] = rows.map(of);
    return others.every((each) => each === first) ? first : '';
  };
  const [first] = rows;
  if (first === undefined) throw new Error('a group has rows');
  return {
    ...first,
    destination: title,
    table: common((row) => row.table),
    type: common((row) => row.type),
    gateway: common((row) => row.gateway),
    device: common((row) => row.device),
    origin: common((row) => row.origin),
    source: common((row) => row.source),
    again: false,
  };
}

function emptyText({ reading }: ViewInput): string {
  const { routes } = reading.model;
  if (routes === undefined) return 'reading the routes';
  return routes.rows === undefined
    ? 'too many routes to be listed here; "nettrace netstat -rn" prints them'
    : 'no routes';
}

function routeCells(
  entry: Entry<RouteRow>,
  { ids, columns }: PlainTable<RouteColumn>,
  { mode }: ViewInput,
  selected: boolean,
): Cells {
  const { row } = entry;
  const refuses = REFUSALS.has(row.type);
  const cells = ids.map((id, i): readonly Span[] => {
    const column = columns[i];
    const width = column?.width ?? 0;
    if (id === 'mark') return [rowMark(entry, selected, 'normal')];
    const text = cutText(entry.title === undefined ? textOf(id, entry) : sharedText(id, row), width, mode);
    const style =
      refuses && (id === 'type' || id === 'gateway') ? 'warn' : text === '-' || row.again ? 'dim' : 'normal';
    return [textCell(text, width, style, mode, column?.align ?? 'left')];
  });
  if (entry.title === undefined) return cells;
  return withGroupName(cells, columns, entry, ids.indexOf('destination'), 'normal', mode);
}

function textOf(id: Exclude<RouteColumn, 'mark'>, { row, lead = '' }: Entry<RouteRow>): string {
  switch (id) {
    case 'destination':
      // Both families have one, and a narrow screen has no column for the table.
      return lead + (row.destination === 'default' && row.family === 6 ? 'default (IPv6)' : row.destination);
    case 'type':
      return row.type;
    case 'gateway':
      // Where the type has no column of its own, it must be seen all the same.
      return row.gateway || (row.type === 'unicast' ? 'on the link' : row.type);
    case 'way':
    case 'wholeWay':
      return row.type === 'unicast' ? row.device || '-' : row.type;
    case 'device':
      return row.device || '-';
    case 'metric':
      return String(row.metric);
    case 'origin':
      return row.origin;
    case 'source':
      return row.source || '-';
    case 'table':
      return `IPv${row.family} ${row.table}`;
  }
}

/** Of a group only what its rows share, and nothing that is a number of one of them. */
function sharedText(id: Exclude<RouteColumn, 'mark'>, row: RouteRow): string {
  if (id === 'metric' || id === 'destination' || id === 'way' || id === 'wholeWay') return '';
  if (id === 'table') return row.table;
  return row[id];
}
