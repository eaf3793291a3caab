// Owns: what stands above a table: host line, meters, interfaces, trouble; how many lines of it a screen affords.
// Knows nothing of: tables, lists and keys.
import { hostLine, troubleLines } from './host-line.ts';
import { interfaceLines } from './interface-lines.ts';
import { meterRows } from './meters.ts';
import { queueHeadline } from './queue-headline.ts';
import { entryOf, isInner } from './screen-table.ts';
import type { Row } from './styled-text.ts';
import type { ViewInput } from './view-input.ts';

/** From this height on there are more lines than the host's and the table's. */
const LEAST_ROWS_FOR_METERS = 12;
/** The same on pages that need the room: the first lines say on each of them whether the host is busy. */
const LEAST_ROWS_BESIDE_LONG_PAGES = 36;

/**
 * Pages that need the room have the host line, and what piles up.
 * @param subject what the page is about, where no rule below says it
 */
export function headerRows(input: ViewInput, subject: string): readonly Row[] {
  const { rows, columns } = input.size;
  if (subject !== '' && isInner(input.ui)) return [hostLine(input, subject)];
  const leastRows = entryOf(input.ui).header === 'line' ? LEAST_ROWS_BESIDE_LONG_PAGES : LEAST_ROWS_FOR_METERS;
  if (rows < leastRows || input.ui.overlay !== 'none') return [hostLine(input), ...queueHeadline(input, 1)];
  const { host } = input.reading.model;
  const { bars, cpuDetail } = input.ui;
  const lines = [
    hostLine(input),
    ...meterRows(host, columns, Math.floor(rows / 4) - 1, { bars, detailed: cpuDetail, mode: input.mode }),
    // The page of the interfaces begins with the same lines.
    ...(input.ui.place.kind === 'interfaces' ? [] : interfaceLines(input, Math.max(1, Math.floor((rows - 4) / 9)))),
    ...troubleLines(input),
  ];
  return [...lines, ...queueHeadline(input, lines.length)];
}
