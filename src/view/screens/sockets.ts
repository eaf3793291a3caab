// Owns: the page of the sockets: what piles up with its cause, listeners with their backlog, the other queues.
// Knows nothing of: how causes are found.
import { cutText } from '../../base/text-width.ts';
import type { QueueModel, QueueRow } from '../../model/queue-row.ts';
import { type PageBody, textBody } from '../page-body.ts';
import { type QueueTable, queueCells, queueTable } from '../queue-cells.ts';
import type { Reading } from '../reading.ts';
import { EMPTY_ROW, type Row, span } from '../styled-text.ts';
import { headerRow, tableRow } from '../table.ts';
import type { ViewInput } from '../view-input.ts';

/** Listeners with nothing in their backlog that stand before the queues; the others come last. */
const QUIET_LISTENERS = 8;

export function socketsBody(input: ViewInput): PageBody {
  const { queues } = input.reading.model;
  const table = queueTable(input);
  const lines = queues === undefined ? [] : queueLines(queues, table, input);
  return {
    ...textBody(lines, input.ui.textTop, 'looking at the sockets', queues && subject(queues)),
    titles: [headerRow(table.columns, input.mode)],
  };
}

/** Behind the tab's name: how many queues pile up. */
export function socketsBadge({ model }: Reading): string {
  const raised = model.queues?.raised ?? 0;
  return raised === 0 ? '' : `!${raised}`;
}

function subject({ raised, looked, leftOut }: QueueModel): string {
  const found = raised === 0 ? 'nothing piles up' : raised === 1 ? '1 queue piles up' : `${raised} queues pile up`;
  return `${found}, ${looked} sockets${leftOut > 0 ? `, ${leftOut} small queues left out` : ''}`;
}

function queueLines({ rows }: QueueModel, table: QueueTable, input: ViewInput): readonly Row[] {
  const raised = rows.filter((row) => row.raised);
  const listeners = rows.filter((row) => row.kind === 'accept' && !row.raised);
  const quiet = listeners.filter((row) => row.size === 0);
  const waiting = listeners.filter((row) => row.size > 0);
  const queues = rows.filter((row) => row.kind !== 'accept' && !row.raised);
  const sections: readonly (readonly [string, readonly QueueRow[]])[] = [
    ['Piling up', raised],
    ['Listeners', [...waiting, ...quiet.slice(0, QUIET_LISTENERS)]],
    ['Other queues', queues],
    ['More listeners', quiet.slice(QUIET_LISTENERS)],
  ];
  return sections
    .filter(([, list]) => list.length > 0)
    .flatMap(([title, list], i) => [
      ...(i === 0 ? [] : [EMPTY_ROW]),
      { spans: [span(title, 'title'), span(`  ${list.length}`, 'dim')] },
      ...list.flatMap((row) => rowLines(row, table, input)),
    ]);
}

/** Where there is no column for the cause, it has a line of its own. */
function rowLines(row: QueueRow, table: QueueTable, input: ViewInput): readonly Row[] {
  const line = tableRow(table.columns, queueCells(row, table, input));
  if (row.causeText === '' || table.ids.includes('why')) return [line];
  const text = cutText(row.causeText, Math.max(0, input.size.columns - 4), input.mode);
  return [line, { spans: [span('    '), span(text, row.raised ? 'warn' : 'dim')] }];
}
