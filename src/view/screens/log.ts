// Owns: the page that shows the newest messages of nettrace itself, the newest first.
// Knows nothing of: who logs and where else messages go.
import { type PageBody, textBody } from '../page-body.ts';
import { type Row, type StyleToken, span } from '../styled-text.ts';
import { clockText, type LogLine, type ViewInput } from '../view-input.ts';
import { wrapText } from '../wrap.ts';

const LEVEL_STYLES: Readonly<Record<LogLine['level'], StyleToken>> = {
  debug: 'dim',
  info: 'normal',
  warn: 'warn',
  error: 'bad',
};

/** Time and level before a message. */
const HEAD = 16;
/** Where fewer cells than this are left beside the head there is none. */
const LEAST_BESIDE_HEAD = 20;
/** From this width on a message goes on below its own beginning, else below the time. */
const LEAST_COLUMNS_FOR_INDENT = 60;

export function logBody(input: ViewInput): PageBody {
  const { length } = input.log;
  const lines = input.log.toReversed().flatMap((line) => logRows(line, input));
  const subject = length === 0 ? '' : `${length} ${length === 1 ? 'message' : 'messages'}, newest first`;
  return textBody(lines, input.ui.textTop, 'no messages', subject);
}

/** A message on as many lines as it needs. */
function logRows({ timeMs, level, text }: LogLine, { size: { columns }, settings, mode }: ViewInput): readonly Row[] {
  if (columns - HEAD < LEAST_BESIDE_HEAD) {
    return wrapText(text, columns, mode).map((line) => ({ spans: [span(line, LEVEL_STYLES[level])] }));
  }
  const indent = columns < LEAST_COLUMNS_FOR_INDENT ? 2 : HEAD;
  const head = [span(`${clockText(timeMs, settings)}  `, 'dim'), span(level.padEnd(6), LEVEL_STYLES[level])];
  return wrapText(text, columns - indent, mode, columns - HEAD).map((line, i) => ({
    spans: i === 0 ? [...head, span(line)] : [span(' '.repeat(indent)), span(line)],
  }));
}
