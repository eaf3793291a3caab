// Owns: the lines above a process's page that say what piles up in it and why its connections are slow.
// Knows nothing of: the page below, and how causes are found.
import { cutText } from '../base/text-width.ts';
import { phraseText, roundTripText, shareText } from '../model/quantity-texts.ts';
import type { QueueRow } from '../model/queue-row.ts';
import { queueSentence } from '../model/queue-texts.ts';
import { type WhySlow, whyProcessIsSlow } from '../model/why-slow.ts';
import type { PageBody } from './page-body.ts';
import { type Row, span } from './styled-text.ts';
import type { ViewInput } from './view-input.ts';

/** Queues of one process that are told of one by one. */
const MOST_QUEUES = 3;
const LEAST_ROWS = 14;

/** The page of a process with these lines above its titles, where there is room and something to say. */
export function withSlowness(body: PageBody, input: ViewInput): PageBody {
  const { place } = input.ui;
  const { model } = input.reading;
  if (place.kind !== 'process' || model.queues === undefined || input.size.rows < LEAST_ROWS) return body;
  const pid = model.owners.find(({ id }) => id === place.ownerId)?.pid;
  if (pid === undefined) return body;
  const own = model.queues.rows.filter((row) => row.owners.some((owner) => owner.pid === pid));
  const slow = whyProcessIsSlow(own, pid);
  const lines = [...queueLines(own, input), ...(slow === undefined ? [] : [slowLine(slow, input)])];
  return lines.length === 0 ? body : { ...body, titles: [...lines, ...body.titles] };
}

function queueLines(rows: readonly QueueRow[], { size, mode, ui }: ViewInput): readonly Row[] {
  const raised = rows.filter((row) => row.raised);
  const shown = raised.slice(0, MOST_QUEUES);
  const more = raised.length - shown.length;
  return shown.map((row, i) => {
    const rest = more > 0 && i === shown.length - 1 ? ` (and ${more} more)` : '';
    return {
      spans: [
        span('!  ', 'alarm'),
        span(cutText(queueSentence(row, ui.units) + rest, Math.max(0, size.columns - 3), mode), 'warn'),
      ],
    };
  });
}

/** Figures that the words have already are not told again. */
function slowLine({ phrases, figures }: WhySlow, { size, mode, ui }: ViewInput): Row {
  const { rttUs, minRttUs, retransmittedShare } = figures;
  const told = phrases.map((each) => phraseText(each, ui.units)).join('; ');
  const numbers = [
    ...(rttUs === undefined || told.includes('round trip') ? [] : [`rtt ${roundTripText(rttUs)}`]),
    ...(minRttUs === undefined || told.includes('at best') ? [] : [`at best ${roundTripText(minRttUs)}`]),
    ...(retransmittedShare === undefined || told.includes('sent again')
      ? []
      : [`sent again ${shareText(retransmittedShare)}`]),
  ];
  const whole = told + (numbers.length === 0 ? '' : ` (${numbers.join(', ')})`);
  return { spans: [span('Speed  ', 'label'), span(cutText(whole, Math.max(0, size.columns - 7), mode))] };
}
