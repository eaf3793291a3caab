// Owns: the line of the header that says which queue piles up worst, whose it is and why: a number on a tab says neither.
// Knows nothing of: how causes are found.
import { cutText } from '../base/text-width.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { queueSentence } from '../model/queue-texts.ts';
import { queueOwnerText } from './queue-cells.ts';
import { tabOf } from './screen-table.ts';
import { type Row, span } from './styled-text.ts';
import { listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

/** It never takes a row from a table on a screen that has few, nor is it cut so short that it says nothing. */
const LEAST_ROWS = 30;
const LEAST_COLUMNS = 100;

/**
 * One line where something piles up, unless the page says it itself: that of the sockets, of the process whose it is, or
 * that of all processes where the line below the process is in sight.
 * @param above lines of the header before it
 */
export function queueHeadline(input: ViewInput, above: number): readonly Row[] {
  const { size, mode, ui, reading } = input;
  const { queues } = reading.model;
  const worst = queues?.rows.find((row) => row.raised);
  if (queues === undefined || worst === undefined) return [];
  if (size.rows < LEAST_ROWS || size.columns < LEAST_COLUMNS) return [];
  if (ui.overlay !== 'none' || tabOf(ui) === 'sockets' || isOwnPage(worst, input)) return [];
  if (isBelowItsProcess(worst, input, above)) return [];
  const owner = queueOwnerText(worst);
  const whose = owner === '-' ? '' : `${owner}: `;
  const many = queues.raised === 1 ? '' : `${queues.raised} queues pile up, `;
  const text = `${many}${whose}${queueSentence(worst, ui.units)}`;
  return [{ spans: [span('! ', 'alarm'), span(cutText(text, size.columns - 2, mode), 'warn')] }];
}

/** Rule, titles, sum and footer. */
const OTHER_LINES = 4;

/** Where lines are left out, grouped or moved nobody here knows what is in sight: better twice than not at all. */
function isBelowItsProcess({ owners }: QueueRow, { ui, reading, size }: ViewInput, above: number): boolean {
  const { filter, group, pinned, top, cursor } = listOf(ui);
  if (ui.place.kind !== 'processes' || filter !== '' || group !== '' || pinned.length > 0) return false;
  const pids = new Set(owners.map(({ pid }) => pid));
  const row = reading.model.owners.find(({ pid, state }) => pid !== undefined && pids.has(pid) && state === 'running');
  const place = row === undefined ? -1 : (reading.ranking?.keys.indexOf(String(row.id)) ?? -1);
  // Each process with a queue takes two lines, and a selected one may stand in the way of one more.
  const room = size.rows - above - OTHER_LINES - (reading.model.queues?.raised ?? 0) - Number(cursor !== undefined);
  return place >= top && place < top + room;
}

function isOwnPage({ owners }: QueueRow, { ui: { place }, reading }: ViewInput): boolean {
  if (place.kind !== 'process') return false;
  const pid = reading.model.owners.find(({ id }) => id === place.ownerId)?.pid;
  return owners.some((owner) => owner.pid === pid);
}
