// Owns: the page of the sockets: what piles up with its cause, listeners with their backlog, the other queues.
// Knows nothing of: how causes are found.
import { cutText } from '../../base/text-width.ts';
import type { UnitMode } from '../../base/units.ts';
import type { OwnerRow } from '../../model/model.ts';
import { phraseText } from '../../model/quantity-texts.ts';
import { listedQueues, mergeQueues, QUEUE_LIST_FIELDS, QUEUE_VOCABULARY, queueKey } from '../../model/queue-list.ts';
import type { QueueRow } from '../../model/queue-row.ts';
import { QUEUE_NAMES, queueSentence, socketEndpoint } from '../../model/queue-texts.ts';
import { detailLine, foldRows } from '../fold-rows.ts';
import { withLinesBelow } from '../lines-below.ts';
import { createList } from '../list.ts';
import type { Entry } from '../list-spec.ts';
import { ownerTarget } from '../owner-list.ts';
import type { PageBody } from '../page-body.ts';
import { type QueueTable, queueCells, queueOwnerText, queueTable, whyText } from '../queue-cells.ts';
import type { Reading } from '../reading.ts';
import { type Row, span } from '../styled-text.ts';
import { listOf } from '../ui-state.ts';
import type { ViewInput } from '../view-input.ts';

/** Listeners with nothing in their backlog that stand before the queues; the others are folded. */
const QUIET_LISTENERS = 8;
const LEAST_ROWS_FOR_CAUSES = 10;

export const socketList = createList<QueueRow, QueueTable>({
  noun: 'socket',
  name: 'sockets',
  rows: ({ queues }) => queues && listedQueues(queues),
  key: queueKey,
  tie: (row) => row.size,
  fields: QUEUE_LIST_FIELDS,
  vocabulary: QUEUE_VOCABULARY,
  groups: [
    { id: 'process', name: 'process', of: ownerGroup },
    { id: 'queue', name: 'queue', of: ({ kind }) => QUEUE_NAMES[kind] },
    {
      id: 'port',
      name: 'local port',
      of: ({ socket }) => `${socket.protocol}/${socket.localPort || socket.localAddress}`,
    },
    { id: 'remote', name: 'remote host', of: ({ socket }) => socket.remoteAddress || 'no remote host' },
  ],
  merge: mergeQueues,
  fold: foldListeners,
  table: queueTable,
  cells: queueCells,
  sums: (_, __, input) => detailLine(rowsOf(input), queueKey, (row) => detailText(row, input.ui.units), input),
  subject: ({ reading }) => subject(reading),
  empty: (_, rows) => (rows === undefined ? 'looking at the sockets' : 'nobody listens, and no queue holds anything'),
  opens: (row, input) => {
    const owner = ownerOf(row, input);
    return owner && { kind: 'process', ownerId: owner.id, from: 'sockets' };
  },
  copies: ({ socket }) =>
    socketEndpoint(socket.remoteAddress, socket.remotePort) || socketEndpoint(socket.localAddress, socket.localPort),
  target: (row, input) => ownerTarget(ownerOf(row, input)),
});

/** Sockets that nobody is known to have are one group, or two. */
function ownerGroup(row: QueueRow): string {
  const text = queueOwnerText(row);
  return text === '-' ? 'process not known' : text;
}

/** Where there is no column for the cause, it has a line below its row. */
export function socketsBody(input: ViewInput): PageBody {
  const body = socketList.body(input);
  if (input.size.rows < LEAST_ROWS_FOR_CAUSES || queueTable(input).ids.includes('why')) return body;
  const explained = rowsOf(input).filter(({ causeText }) => causeText !== '');
  return withLinesBelow(body, new Map(explained.map((row) => [queueKey(row), () => causeLine(row, input)])));
}

function rowsOf({ reading }: ViewInput): readonly QueueRow[] {
  return reading.model.queues?.rows ?? [];
}

function causeLine({ causePhrase, raised }: QueueRow, { size, mode, ui }: ViewInput): Row {
  const text = cutText(phraseText(causePhrase, ui.units), Math.max(0, size.columns - 4), mode);
  return { spans: [span('    '), span(text, raised ? 'warn' : 'dim')] };
}

/** Behind the tab's name: how many queues pile up. */
export function socketsBadge({ model }: Reading): string {
  const raised = model.queues?.raised ?? 0;
  return raised === 0 ? '' : `!${raised}`;
}

function subject({ model }: Reading): string {
  if (model.queues === undefined) return '';
  const { raised, looked, leftOut } = model.queues;
  const found = raised === 0 ? 'nothing piles up' : raised === 1 ? '1 queue piles up' : `${raised} queues pile up`;
  return `${found}, ${looked} sockets${leftOut > 0 ? `, ${leftOut} small queues left out` : ''}`;
}

/** Of many listeners with nobody waiting the first few stand for all, unless one sorts by something. */
function foldListeners(entries: readonly Entry<QueueRow>[], input: ViewInput): readonly Entry<QueueRow>[] {
  if (listOf(input.ui).sort !== undefined) return entries;
  const quiet = entries.filter(({ row }) => row.kind === 'accept' && row.size === 0);
  const hidden = new Set(quiet.slice(QUIET_LISTENERS).map(({ row }) => row));
  const fold = { id: 'quiet-listeners', holds: (row: QueueRow) => hidden.has(row), title: 'more listeners' };
  return foldRows(entries, [fold], mergeQueues, input);
}

/** The process that has the socket, where it is known by its bytes. */
function ownerOf({ owners }: QueueRow, { reading }: ViewInput): OwnerRow | undefined {
  const pids = new Set(owners.map(({ pid }) => pid));
  return reading.model.owners.find(({ pid, state }) => pid !== undefined && pids.has(pid) && state === 'running');
}

/** What a narrow table leaves out. */
function detailText(row: QueueRow, units: UnitMode): string {
  const { socket, size } = row;
  const what =
    size === 0
      ? `${QUEUE_NAMES[row.kind]} empty on ${socketEndpoint(socket.localAddress, socket.localPort)}`
      : queueSentence(row, units);
  const why = row.causeText === '' ? whyText(row, units) : '';
  return [`${socket.protocol} ${socket.state}`, queueOwnerText(row), what, ...(why === '' ? [] : [why])].join('; ');
}
