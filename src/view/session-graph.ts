// Owns: the graph of what somebody moved over the session: sent upwards, received downwards, each to its own peak.
// Knows nothing of: whose it is, and of the page around it.
import { formatDuration, formatRate, quantityText } from '../base/units.ts';
import type { Series } from './session-history.ts';
import { graphLines } from './sparkline.ts';
import { type Row, type Span, span } from './styled-text.ts';
import type { ViewInput } from './view-input.ts';

const LABEL_WIDTH = 27;
/** A screen that is narrower or lower has no room for it. */
const LEAST_COLUMNS = 60;
const LEAST_ROWS = 18;
const TALLEST = 4;

/** No lines where there is nothing to draw or no room. */
export function sessionGraph(series: Series | undefined, input: ViewInput): readonly Row[] {
  const { columns, rows } = input.size;
  if (series === undefined || columns < LEAST_COLUMNS || rows < LEAST_ROWS) return [];
  const height = Math.min(TALLEST, Math.floor(rows / 12));
  const width = columns - LABEL_WIDTH - 1;
  return [...half('sent', series, width, height, input), ...half('received', series, width, height, input)];
}

function half(word: 'sent' | 'received', series: Series, width: number, height: number, input: ViewInput): Row[] {
  const values = fit(series[word], 2 * width, series.isWhole);
  const lines = graphLines(values, { width, height }, input.mode, undefined, word === 'received');
  const label = word === 'sent' ? 0 : height - 1;
  return lines.map((line, at): Row => {
    const texts = at === label ? peakLabel(word, series, input) : [span(timeLabel(word, at, height, series), 'dim')];
    return { spans: [span(' '), ...texts, span(line, values.some((value) => value > 0) ? word : 'dim')] };
  });
}

function peakLabel(word: 'sent' | 'received', series: Series, input: ViewInput): readonly Span[] {
  const peak = series[word].reduce((most, value) => Math.max(most, value), 0);
  const text = ` peak ${quantityText(formatRate(peak, input.ui.units)).trim()}`;
  const room = LABEL_WIDTH - word.length;
  return [span(word, word), span(text.slice(0, room).padEnd(room), 'dim')];
}

/** How long the graph goes back, in the middle. */
function timeLabel(word: 'sent' | 'received', at: number, height: number, { spanMs }: Series): string {
  const isMiddle = word === 'sent' && at === height - 1;
  return (isMiddle ? `over ${formatDuration(spanMs / 1000).trim()}` : '').padEnd(LABEL_WIDTH);
}

/** A session that is longer than its cells fills the width, a younger one grows from the right. */
function fit(values: readonly number[], count: number, isWhole: boolean): readonly number[] {
  if (!isWhole || values.length === 0) return values.slice(-count);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / count));
    return Math.max(...values.slice(from, to));
  });
}
