// Owns: the columns of the sockets page: title, width and cell of each, and which of them a width has room for.
// Knows nothing of: which queues are listed, and in which order.
import { cutText } from '../base/text-width.ts';
import type { UnitMode } from '../base/units.ts';
import { phraseText, timeText } from '../model/quantity-texts.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { QUEUE_NAMES, queuePlace, queueSizeText, queueTrend, socketEndpoint } from '../model/queue-texts.ts';
import { type RowTone, rateCell, rateWidth, rowMark, textCell, withGroupName } from './cells.ts';
import type { Entry } from './list-spec.ts';
import { type PlainColumn, type PlainStep, type PlainTable, plainTable } from './plain-table.ts';
import type { Span } from './styled-text.ts';
import type { Cells } from './table.ts';
import { listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

type QueueColumn =
  | 'mark'
  | 'raised'
  | 'queue'
  | 'size'
  | 'for'
  | 'trend'
  | 'out'
  | 'process'
  | 'place'
  | 'local'
  | 'remote'
  | 'why';

export type QueueTable = PlainTable<QueueColumn>;

const step = (columns: string, flexible: QueueColumn, least: number): PlainStep<QueueColumn> => ({
  columns: ['mark', 'raised', ...(columns.split(' ') as QueueColumn[])],
  flexible,
  least,
});

const STEPS: readonly PlainStep<QueueColumn>[] = [
  step('queue size for trend out process local remote why', 'why', 46),
  step('queue size for trend out local remote process', 'process', 16),
  step('queue size for trend process place', 'place', 25),
  step('queue size for process place', 'place', 25),
  step('queue size for place', 'place', 12),
  step('size place', 'place', 12),
  step('size process', 'process', 0),
];

export function queueTable(input: ViewInput): QueueTable {
  // Groups have their names in the first of these, and figures follow.
  const isGrouped = listOf(input.ui).group !== '';
  const columns: Readonly<Record<QueueColumn, PlainColumn>> = {
    mark: { title: '', width: 1, gap: 0 },
    raised: { title: '!', width: 1, gap: 0, sort: 'raised' },
    queue: { title: 'QUEUE', width: isGrouped ? 24 : 7, gap: 1, sort: 'kind' },
    size: { title: 'SIZE', width: 9, gap: 1, align: 'right', sort: 'size' },
    for: { title: 'FOR', width: 6, align: 'right', sort: 'forMs' },
    trend: { title: 'TREND', width: 8, sort: 'trend' },
    out: { title: 'OUT/s', width: rateWidth(input.ui.units), align: 'right', sort: 'drainRate' },
    process: { title: 'PROCESS', width: 20, sort: 'name' },
    place: { title: 'WHERE', width: 0, sort: 'remoteAddress' },
    local: { title: 'LOCAL', width: 21, sort: 'localAddress' },
    remote: { title: 'REMOTE', width: 21, sort: 'remoteAddress' },
    why: { title: 'WHY', width: 0, sort: 'causeText' },
  };
  return plainTable(input, STEPS, columns);
}

export function queueCells(
  entry: Entry<QueueRow>,
  { ids, columns }: QueueTable,
  input: ViewInput,
  selected: boolean,
): Cells {
  const { row } = entry;
  const tone: RowTone = row.raised ? 'bold' : row.size === 0 ? 'dim' : 'normal';
  const titled = titleColumn(ids, listOf(input.ui).group !== '');
  const cells = ids.map((id, i): readonly Span[] => {
    const width = columns[i]?.width ?? 0;
    if (id === 'mark') return [rowMark(entry, selected, tone)];
    if (entry.title === undefined) return cellOf(id, row, id === titled ? (entry.lead ?? '') : '', width, tone, input);
    return GROUP_COLUMNS.has(id)
      ? cellOf(id, row, '', width, tone, input)
      : [textCell('', width, 'normal', input.mode)];
  });
  if (entry.title === undefined) return cells;
  return withGroupName(cells, columns, entry, ids.indexOf(titled), tone, input.mode);
}

/** Where a group has its name: in the first column of text that is there; what is folded, in the widest one. */
function titleColumn(ids: readonly QueueColumn[], isGrouped: boolean): QueueColumn {
  const places = isGrouped ? (['queue', 'place', 'process'] as const) : (['why', 'place', 'process'] as const);
  return places.find((id) => ids.includes(id)) ?? 'process';
}

/** What a group has as its rows have. */
const GROUP_COLUMNS: ReadonlySet<QueueColumn> = new Set(['raised', 'size', 'for', 'out']);

function cellOf(
  id: Exclude<QueueColumn, 'mark'>,
  row: QueueRow,
  lead: string,
  width: number,
  tone: RowTone,
  input: ViewInput,
): readonly Span[] {
  const { mode, ui } = input;
  const text = (value: string, align: 'left' | 'right' = 'left') => [
    textCell(cutText(value, width, mode), width, value === '-' ? 'dim' : tone, mode, align),
  ];
  switch (id) {
    case 'raised':
      return [textCell(row.raised ? '!' : '', width, row.raised ? 'alarm' : 'normal', mode)];
    case 'queue':
      return text(lead + QUEUE_NAMES[row.kind]);
    case 'size':
      return text(queueSizeText(row, ui.units), 'right');
    case 'for':
      return text(row.size === 0 ? '-' : timeText(row.forMs), 'right');
    case 'trend':
      return text(queueTrend(row) ?? '-');
    case 'out':
      return rateCell(row.kind === 'accept' ? undefined : row.drainRate, ui.units, width, tone);
    case 'process':
      return text(lead + queueOwnerText(row));
    case 'place':
      return text(lead + (queuePlace(row) || '-'));
    case 'local':
      return text(socketEndpoint(row.socket.localAddress, row.socket.localPort) || '-');
    case 'remote':
      return text(socketEndpoint(row.socket.remoteAddress, row.socket.remotePort) || '-');
    case 'why':
      return [textCell(cutText(lead + whyText(row, ui.units), width, mode), width, row.raised ? 'warn' : 'dim', mode)];
  }
}

/** `redis-server 9310`; of a socket that several have, the first and how many more. */
export function queueOwnerText({ owners, socket }: QueueRow): string {
  const [first, ...others] = owners;
  if (first === undefined) return socket.inode === 0 ? 'kernel' : '-';
  return `${first.name} ${first.pid}${others.length === 0 ? '' : ` +${others.length}`}`;
}

/** The cause, else what limits the connection. */
export function whyText({ causePhrase, slow }: QueueRow, units: UnitMode): string {
  const cause = phraseText(causePhrase, units);
  if (cause !== '' || slow === undefined || slow.cause === 'idle') return cause;
  return phraseText(slow.phrases[0] ?? '', units);
}
