// Owns: the columns of the sockets page: title, width and cell of each, and which of them a width has room for.
// Knows nothing of: which queues are listed, and in which order.
import { cutText } from '../base/text-width.ts';
import { timeText } from '../model/quantity-texts.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { QUEUE_NAMES, queuePlace, queueSizeText, socketEndpoint } from '../model/queue-texts.ts';
import { type RowTone, rateCell, rateWidth, textCell } from './cells.ts';
import type { Span } from './styled-text.ts';
import { chooseStep, type Step, type TableColumn } from './table.ts';
import type { ViewInput } from './view-input.ts';

type QueueColumn =
  | 'mark'
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

export interface QueueTable {
  readonly ids: readonly QueueColumn[];
  readonly columns: readonly TableColumn[];
}

const STEPS: readonly Step<QueueColumn>[] = [
  { columns: ['mark', 'queue', 'size', 'for', 'trend', 'out', 'process', 'local', 'remote', 'why'], least: 46 },
  { columns: ['mark', 'queue', 'size', 'for', 'trend', 'out', 'local', 'remote', 'process'], least: 16 },
  { columns: ['mark', 'queue', 'size', 'for', 'trend', 'process', 'place'], least: 25 },
  { columns: ['mark', 'queue', 'size', 'for', 'process', 'place'], least: 25 },
  { columns: ['mark', 'queue', 'size', 'for', 'place'], least: 12 },
  { columns: ['mark', 'size', 'place'], least: 0 },
];

/** The one that takes what is left, where it is there. */
const FLEXIBLE: readonly QueueColumn[] = ['why', 'place', 'process'];

const TITLES: Readonly<Record<QueueColumn, string>> = {
  mark: '',
  queue: 'QUEUE',
  size: 'SIZE',
  for: 'FOR',
  trend: 'TREND',
  out: 'OUT/s',
  process: 'PROCESS',
  place: 'WHERE',
  local: 'LOCAL',
  remote: 'REMOTE',
  why: 'WHY',
};

const RIGHT: readonly QueueColumn[] = ['size', 'for', 'out'];

export function queueTable({ size, ui }: ViewInput): QueueTable {
  const widths: Readonly<Record<QueueColumn, number>> = {
    mark: 1,
    queue: 7,
    size: 9,
    for: 6,
    trend: 8,
    out: rateWidth(ui.units),
    process: 20,
    place: 0,
    local: 21,
    remote: 21,
    why: 0,
  };
  const gapOf = (id: QueueColumn) => (id === 'mark' ? 0 : id === 'size' || id === 'queue' ? 1 : 2);
  const flexibleOf = (ids: readonly QueueColumn[]) => FLEXIBLE.find((id) => ids.includes(id));
  for (const step of STEPS) {
    const flexible = flexibleOf(step.columns);
    const fixed = (id: QueueColumn) => gapOf(id) + (id === flexible ? 0 : widths[id]);
    const chosen = chooseStep([step], size.columns, fixed);
    if (chosen.flexible < step.least && step !== STEPS.at(-1)) continue;
    const columns = chosen.columns.map(
      (id): TableColumn => ({
        title: TITLES[id],
        align: RIGHT.includes(id) ? 'right' : 'left',
        gap: gapOf(id),
        width: id === flexible ? chosen.flexible : widths[id],
        sorted: false,
      }),
    );
    return { ids: chosen.columns, columns };
  }
  return { ids: [], columns: [] };
}

export function queueCells(
  row: QueueRow,
  { ids, columns }: QueueTable,
  input: ViewInput,
): readonly (readonly Span[])[] {
  const tone: RowTone = row.raised ? 'bold' : row.size === 0 ? 'dim' : 'normal';
  return ids.map((id, i) => cellOf(id, row, columns[i]?.width ?? 0, tone, input));
}

function cellOf(id: QueueColumn, row: QueueRow, width: number, tone: RowTone, input: ViewInput): readonly Span[] {
  const { mode, ui } = input;
  const text = (value: string, align: 'left' | 'right' = 'left') => [
    textCell(cutText(value, width, mode), width, value === '-' ? 'dim' : tone, mode, align),
  ];
  switch (id) {
    case 'mark':
      return [textCell(row.raised ? '!' : '', width, row.raised ? 'alarm' : 'normal', mode)];
    case 'queue':
      return text(QUEUE_NAMES[row.kind]);
    case 'size':
      return text(queueSizeText(row), 'right');
    case 'for':
      return text(row.size === 0 ? '-' : timeText(row.forMs), 'right');
    case 'trend':
      return text(row.size === 0 || row.forMs === 0 ? '-' : row.trend);
    case 'out':
      return rateCell(row.kind === 'accept' ? undefined : row.drainRate, ui.units, width, tone);
    case 'process':
      return text(ownerText(row));
    case 'place':
      return text(queuePlace(row) || '-');
    case 'local':
      return text(socketEndpoint(row.socket.localAddress, row.socket.localPort) || '-');
    case 'remote':
      return text(socketEndpoint(row.socket.remoteAddress, row.socket.remotePort) || '-');
    case 'why':
      return [textCell(cutText(whyText(row), width, mode), width, row.raised ? 'warn' : 'dim', mode)];
  }
}

/** `redis-server 9310`; of a socket that several have, the first and how many more. */
function ownerText({ owners, socket }: QueueRow): string {
  const [first, ...others] = owners;
  if (first === undefined) return socket.inode === 0 ? 'kernel' : '-';
  return `${first.name} ${first.pid}${others.length === 0 ? '' : ` +${others.length}`}`;
}

/** The cause, else what limits the connection. */
function whyText({ causeText, slow }: QueueRow): string {
  if (causeText !== '' || slow === undefined || slow.cause === 'idle') return causeText;
  return slow.text;
}
