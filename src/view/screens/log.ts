// Owns: the page that shows the newest messages of nettrace itself, the newest first.
// Knows nothing of: who logs and where else messages go.
import { cutText } from '../../base/text-width.ts';
import type { PageBody } from '../page-body.ts';
import { type Row, type StyleToken, span } from '../styled-text.ts';
import { clockText, type LogLine, type ViewInput } from '../view-input.ts';

const LEVEL_STYLES: Readonly<Record<LogLine['level'], StyleToken>> = {
  debug: 'dim',
  info: 'normal',
  warn: 'warn',
  error: 'bad',
};

export function logBody(input: ViewInput): PageBody {
  const { log } = input;
  const { length } = log;
  return {
    subject: length === 0 ? '' : `${length} ${length === 1 ? 'message' : 'messages'}, newest first`,
    titles: [],
    keys: log.map((_, i) => String(length - 1 - i)),
    rowAt: (index) => logRow(log[length - 1 - index], input),
    pinned: [],
    top: input.ui.textTop,
    shown: undefined,
    empty: 'no messages',
  };
}

function logRow(line: LogLine | undefined, input: ViewInput): Row {
  if (line === undefined) return { spans: [] };
  const room = input.size.columns - 16;
  if (room < 20) return { spans: [span(cutText(line.text, input.size.columns, input.mode), LEVEL_STYLES[line.level])] };
  return {
    spans: [
      span(`${clockText(line.timeMs, input.settings)}  `, 'dim'),
      span(line.level.padEnd(6), LEVEL_STYLES[line.level]),
      span(cutText(line.text, room, input.mode)),
    ],
  };
}
