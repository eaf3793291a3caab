// Owns: queues as text for people: one table, and one line for each that begins or ends to pile up.
// Knows nothing of: when they were looked at. Everything it gets is sanitised.
import type { UnitMode } from '../../base/units.ts';
import { phraseText, timeText } from '../../model/quantity-texts.ts';
import type { QueueModel, QueueRow } from '../../model/queue-row.ts';
import { QUEUE_NAMES, queueSentence, queueSizeText, queueTrend, socketEndpoint } from '../../model/queue-texts.ts';
import { type Column, renderColumns } from '../text-columns.ts';

export interface QueueLayout {
  readonly unicode: boolean;
  readonly units: UnitMode;
  /** Cells of a line; undefined: as many as needed. */
  readonly columns: number | undefined;
  /** Queues that move and listeners too. */
  readonly every: boolean;
}

const LEAST_CAUSE = 24;

/** What piles up, the worst first, or that nothing does. */
export function renderQueues(model: QueueModel, layout: QueueLayout): string {
  const rows = layout.every ? model.rows : model.rows.filter((row) => row.raised);
  const table = renderColumns(rows, columnsOf(layout), layout.unicode);
  return `${table}${table === '' ? '' : '\n'}${summary(model)}\n${hints(model, rows)}`;
}

function columnsOf({ columns, every, units }: QueueLayout): readonly Column<QueueRow>[] {
  const text = (title: string, of: (row: QueueRow) => string): Column<QueueRow> => ({ title, align: 'left', text: of });
  const right = (title: string, of: (row: QueueRow) => string): Column<QueueRow> => ({
    ...text(title, of),
    align: 'right',
  });
  const room = columns ?? Number.POSITIVE_INFINITY;
  return [
    ...(every ? [text('', (row) => (row.raised ? '!' : ''))] : []),
    text('QUEUE', (row) => QUEUE_NAMES[row.kind]),
    right('SIZE', (row) => queueSizeText(row, units)),
    right('FOR', (row) => (row.size === 0 ? '-' : timeText(row.forMs))),
    text('TREND', (row) => queueTrend(row) ?? '-'),
    text('LOCAL', ({ socket }) => socketEndpoint(socket.localAddress, socket.localPort) || '-'),
    text('REMOTE', ({ socket }) => socketEndpoint(socket.remoteAddress, socket.remotePort) || '-'),
    text('PROCESS', ownersText),
    { ...text('CAUSE', (row) => phraseText(row.causePhrase, units) || '-'), flexible: { room, least: LEAST_CAUSE } },
  ];
}

/** `redis-server/9310`; of a socket that several have, the first and how many more. */
export function ownersText({ owners }: QueueRow): string {
  const [first, ...others] = owners;
  if (first === undefined) return '-';
  const name = `${first.name}/${first.pid}`;
  return others.length === 0 ? name : `${name} +${others.length}`;
}

function summary(model: QueueModel): string {
  const { raised, watchedMs, looked, leftOut, rows } = model;
  const looks = `${countText(looked, 'socket', 'sockets')} watched for ${(watchedMs / 1000).toFixed(1)} s`;
  const moving = rows.filter((row) => !row.raised && row.kind !== 'accept').length + leftOut;
  const others = moving === 0 ? '' : `; ${countText(moving, 'other is', 'others are')} not empty and no pile-up`;
  const found = raised === 0 ? 'No queue piles up' : countText(raised, 'queue piles up', 'queues pile up');
  return `${found} (${looks}${others}).`;
}

function hints({ leftOut }: QueueModel, rows: readonly QueueRow[]): string {
  const hidden = rows.some((row) => row.raised && row.owners.length === 0 && row.socket.inode !== 0);
  return [
    hidden ? 'A process that is not shown belongs to another user: as root nettrace sees it.\n' : '',
    leftOut > 0 ? `${leftOut} smaller queues were not looked into.\n` : '',
  ].join('');
}

function countText(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Lines for what changed between two looks: `14:02:31 begins  redis-server/9310  Send-Q ...`. */
export function queueNews(
  model: QueueModel,
  before: QueueModel | undefined,
  clock: string,
  units: UnitMode,
): readonly string[] {
  const raised = raisedOf(model);
  const known = before === undefined ? new Map<string, QueueRow>() : raisedOf(before);
  const line = (word: string, row: QueueRow) =>
    `${clock} ${word.padEnd(7)} ${ownersText(row)}  ${queueSentence(row, units)}`;
  const begun = [...raised].filter(([id, row]) => known.get(id)?.cause !== row.cause);
  const ended = [...known].filter(([id]) => !raised.has(id));
  return [
    ...begun.map(([id, row]) => line(known.has(id) ? 'changes' : 'begins', row)),
    ...ended.map(([, row]) => line('ends', row)),
  ];
}

function raisedOf({ rows }: QueueModel): Map<string, QueueRow> {
  return new Map(rows.filter((row) => row.raised).map((row) => [`${row.kind} ${row.socket.key}`, row]));
}
