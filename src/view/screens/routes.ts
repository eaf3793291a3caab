// Owns: the page of the routes: one row a way, refusals marked, the tables behind each other.
// Knows nothing of: where routes are read.
import { cutText } from '../../base/text-width.ts';
import type { RouteModel, RouteRow } from '../../model/route-model.ts';
import { textCell } from '../cells.ts';
import { type PageBody, textBody } from '../page-body.ts';
import { EMPTY_ROW, type Row, type Span, span } from '../styled-text.ts';
import { chooseStep, headerRow, type Step, type TableColumn, tableRow } from '../table.ts';
import type { ViewInput } from '../view-input.ts';

type RouteColumn = 'destination' | 'type' | 'gateway' | 'device' | 'metric' | 'origin' | 'source';

const STEPS: readonly Step<RouteColumn>[] = [
  { columns: ['destination', 'type', 'gateway', 'device', 'metric', 'origin', 'source'], least: 28 },
  { columns: ['destination', 'type', 'gateway', 'device', 'metric', 'origin'], least: 20 },
  { columns: ['destination', 'gateway', 'device', 'metric'], least: 18 },
  { columns: ['destination', 'gateway'], least: 0 },
];

const TITLES: Readonly<Record<RouteColumn, string>> = {
  destination: 'DESTINATION',
  type: 'TYPE',
  gateway: 'VIA',
  device: 'DEV',
  metric: 'METRIC',
  origin: 'FROM',
  source: 'SOURCE',
};

const WIDTHS: Readonly<Record<RouteColumn, number>> = {
  ...{ destination: 0, type: 11, gateway: 25, device: 15, metric: 10, origin: 10, source: 25 },
};
const GAP = 2;

/** What becomes of a packet that is not sent on. */
const REFUSALS: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

export function routesBody(input: ViewInput): PageBody {
  const { routes } = input.reading.model;
  const { ids, columns } = tableOf(input);
  const lines = routes?.rows === undefined ? [] : routeLines(routes.rows, ids, columns, input);
  return {
    ...textBody(lines, input.ui.textTop, emptyText(routes), routes && `${routes.count}`),
    titles: [headerRow(columns, input.mode)],
  };
}

function emptyText(routes: RouteModel | undefined): string {
  if (routes === undefined) return 'reading the routes';
  return routes.rows === undefined
    ? 'too many routes to be listed here; "nettrace netstat -rn" prints them'
    : 'no routes';
}

function tableOf({ size }: ViewInput): {
  readonly ids: readonly RouteColumn[];
  readonly columns: readonly TableColumn[];
} {
  const room = size.columns - 2;
  const fixed = (id: RouteColumn) => (id === 'destination' ? 0 : GAP + WIDTHS[id]);
  const { columns: ids, flexible } = chooseStep(STEPS, room, fixed);
  const columns = ids.map((id): TableColumn => {
    const width = id === 'destination' ? Math.min(flexible, 43) : WIDTHS[id];
    return { title: TITLES[id], align: id === 'metric' ? 'right' : 'left', gap: GAP, width, sorted: false };
  });
  return { ids, columns };
}

/** A heading for each family and table. */
function routeLines(
  rows: readonly RouteRow[],
  ids: readonly RouteColumn[],
  columns: readonly TableColumn[],
  input: ViewInput,
): readonly Row[] {
  let heading = '';
  return rows.flatMap((row, i) => {
    const own = `IPv${row.family}, table ${row.table}`;
    const before = own === heading ? [] : [...(i === 0 ? [] : [EMPTY_ROW]), { spans: [span(own, 'title')] }];
    heading = own;
    return [...before, tableRow(columns, cells(row, ids, columns, input))];
  });
}

function cells(
  row: RouteRow,
  ids: readonly RouteColumn[],
  columns: readonly TableColumn[],
  { mode }: ViewInput,
): readonly (readonly Span[])[] {
  const refuses = REFUSALS.has(row.type);
  return ids.map((id, i) => {
    const column = columns[i];
    const width = column?.width ?? 0;
    const text = cutText(textOf(id, row), width, mode);
    const style =
      refuses && (id === 'type' || id === 'gateway') ? 'warn' : text === '-' || row.again ? 'dim' : 'normal';
    return [textCell(text, width, style, mode, column?.align ?? 'left')];
  });
}

function textOf(id: RouteColumn, row: RouteRow): string {
  switch (id) {
    case 'destination':
      return row.again ? '' : row.destination;
    case 'type':
      return row.again ? '' : row.type;
    case 'gateway':
      // Where the type has no column of its own, it must be seen all the same.
      return row.gateway || (row.type === 'unicast' ? 'on the link' : row.type);
    case 'device':
      return row.device || '-';
    case 'metric':
      return String(row.metric);
    case 'origin':
      return row.origin;
    case 'source':
      return row.source || '-';
  }
}
