// Owns: the warnings of queues that pile up as lines below the processes whose they are.
// Knows nothing of: the process table beyond its keys, and how causes are found.
import { cutText } from '../base/text-width.ts';
import type { Model } from '../model/model.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { queueSentence } from '../model/queue-texts.ts';
import { withLinesBelow } from './lines-below.ts';
import type { PageBody } from './page-body.ts';
import { type Row, span } from './styled-text.ts';
import type { ViewInput } from './view-input.ts';

/** Cells before the mark: below the program, where there is room. */
const INDENT = 18;
const LEAST_COLUMNS_FOR_INDENT = 100;
/** More than this many processes with a warning are told of by the tab alone. */
const MOST_ALERTS = 20;

/** The body with a line below each row whose key is the id of an owner with a queue that piles up. */
export function withAlerts(body: PageBody, input: ViewInput): PageBody {
  const alerts = alertsOf(input.reading.model);
  if (alerts.size === 0 || input.size.rows < 12) return body;
  return withLinesBelow(body, new Map([...alerts].map(([key, alert]) => [key, () => alertRow(alert, input)])));
}

/** The worst queue of each owner and how many more it has, by the owner's id. */
function alertsOf({ queues, owners }: Model): ReadonlyMap<string, { readonly worst: QueueRow; readonly more: number }> {
  const byPid = new Map<number, { worst: QueueRow; more: number }>();
  if (queues === undefined || queues.raised === 0) return new Map();
  for (const row of queues.rows) {
    if (!row.raised) continue;
    for (const { pid } of row.owners) {
      const known = byPid.get(pid);
      if (known === undefined) byPid.set(pid, { worst: row, more: 0 });
      else known.more++;
    }
  }
  const found = owners.flatMap(({ id, pid, state }) => {
    const alert = pid === undefined || state !== 'running' ? undefined : byPid.get(pid);
    return alert === undefined ? [] : ([[String(id), alert]] as const);
  });
  return new Map(found.slice(0, MOST_ALERTS));
}

function alertRow(alert: { readonly worst: QueueRow; readonly more: number }, input: ViewInput): Row {
  const { columns } = input.size;
  const indent = columns >= LEAST_COLUMNS_FOR_INDENT ? INDENT : 2;
  const more = alert.more === 0 ? '' : ` (and ${alert.more} more)`;
  const text = cutText(
    `${queueSentence(alert.worst, input.ui.units)}${more}`,
    Math.max(0, columns - indent - 3),
    input.mode,
  );
  return { spans: [span(' '.repeat(indent)), span('!  ', 'alarm'), span(text, 'warn')] };
}
