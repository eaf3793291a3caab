// Owns: the line of the header that says which queue piles up worst, whose it is and why: a number on a tab says neither.
// Knows nothing of: how causes are found.
import { cutText } from '../base/text-width.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { queueSentence } from '../model/queue-texts.ts';
import { queueOwnerText } from './queue-cells.ts';
import { tabOf } from './screen-table.ts';
import { type Row, span } from './styled-text.ts';
import type { ViewInput } from './view-input.ts';

/** It never takes a row from a table on a screen that has few, nor is it cut so short that it says nothing. */
const LEAST_ROWS = 30;
const LEAST_COLUMNS = 100;

/** One line where something piles up, unless the page says it itself: that of the sockets, or of the process whose it is. */
export function queueHeadline(input: ViewInput): readonly Row[] {
  const { size, mode, ui, reading } = input;
  const { queues } = reading.model;
  const worst = queues?.rows.find((row) => row.raised);
  if (queues === undefined || worst === undefined) return [];
  if (size.rows < LEAST_ROWS || size.columns < LEAST_COLUMNS) return [];
  if (ui.overlay !== 'none' || tabOf(ui) === 'sockets' || isOwnPage(worst, input)) return [];
  const owner = queueOwnerText(worst);
  const whose = owner === '-' ? '' : `${owner}: `;
  const many = queues.raised === 1 ? '' : `${queues.raised} queues pile up, `;
  const text = `${many}${whose}${queueSentence(worst, ui.units)}`;
  return [{ spans: [span('! ', 'alarm'), span(cutText(text, size.columns - 2, mode), 'warn')] }];
}

function isOwnPage({ owners }: QueueRow, { ui: { place }, reading }: ViewInput): boolean {
  if (place.kind !== 'process') return false;
  const pid = reading.model.owners.find(({ id }) => id === place.ownerId)?.pid;
  return owners.some((owner) => owner.pid === pid);
}
