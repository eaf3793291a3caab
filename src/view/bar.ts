// Owns: the meter bar of the header, cell for cell as htop draws it, and the widths of the header's columns.
// Knows nothing of: where the values come from, colours and escape codes.
import { fitText, takeCells } from '../base/text-width.ts';
import type { Span, StyleToken, TextMode } from './styled-text.ts';

export interface BarSegment {
  readonly value: number;
  readonly style: StyleToken;
}

export interface Bar {
  /** Shown in three cells, right-aligned. */
  readonly caption: string;
  /** In drawing order; a later segment only gets what earlier ones leave. */
  readonly segments: readonly BarSegment[];
  /** The value of a full bar, in the segments' unit. */
  readonly total: number;
  /** ASCII; stands at the right end of the bar, and the segments run under it. */
  readonly text: string;
  /** Cells of the whole meter, caption and brackets included. */
  readonly width: number;
}

const CAPTION_WIDTH = 3;
const BAR_CHARACTER = '|';
/** One letter per segment where there is no colour to tell them apart. */
const MONO_CHARACTERS = '|#*@$%&.';

/** `  0[||||||||      41.3%]` as spans of exactly `width` cells. */
export function barSpans(bar: Bar, mode: TextMode): Span[] {
  const caption = fitText(takeCells(bar.caption, CAPTION_WIDTH, mode), CAPTION_WIDTH, 'right', mode);
  const inner = bar.width - CAPTION_WIDTH - 2;
  if (inner < 1) return narrowSpans(caption, bar.width, mode);
  const cells = placeText(bar.text, inner);
  const sizes = segmentSizes(bar, inner);
  const spans: Span[] = [
    { text: caption, style: 'bar-caption' },
    { text: '[', style: 'bar-bracket' },
  ];
  let at = 0;
  for (const [index, segment] of bar.segments.entries()) {
    const size = sizes[index] ?? 0;
    const fill = mode.color ? BAR_CHARACTER : (MONO_CHARACTERS[index] ?? '.');
    // The text wins over the bar, and takes the segment's colour.
    if (size > 0) spans.push({ text: cells.slice(at, at + size).replaceAll(' ', fill), style: segment.style });
    at += size;
  }
  if (at < inner) spans.push({ text: cells.slice(at), style: 'bar-text' });
  spans.push({ text: ']', style: 'bar-bracket' });
  return spans;
}

/** Without room for a bar: the brackets stand where they would, the closing one over the opening one if need be. */
function narrowSpans(caption: string, width: number, mode: TextMode): Span[] {
  const brackets = width > CAPTION_WIDTH ? '[]'.slice(CAPTION_WIDTH + 2 - width) : '';
  const cells = Math.min(CAPTION_WIDTH, Math.max(0, width));
  const text = fitText(caption, cells, 'left', mode);
  return [
    { text, style: 'bar-caption' },
    ...(brackets === '' ? [] : [{ text: brackets, style: 'bar-bracket' as const }]),
  ];
}

/** Cells of each segment: rounded up one by one, so that whatever is not zero shows, until the bar is full. */
export function segmentSizes(bar: Pick<Bar, 'segments' | 'total'>, inner: number): number[] {
  let used = 0;
  return bar.segments.map(({ value }) => {
    if (!(value > 0) || !(bar.total > 0)) return 0;
    const size = Math.min(Math.ceil((Math.min(value, bar.total) / bar.total) * inner), inner - used);
    used += size;
    return size;
  });
}

/** Widths of the header's columns for a terminal of `columns` cells: rounding losses go to later columns. */
export function headerColumnWidths(columns: number, percents: readonly number[], margin = true): number[] {
  const width = columns - (margin ? 4 : 0) - (percents.length - 1);
  let loss = 0;
  return percents.map((percent) => {
    let share = (width * percent) / 100;
    loss += share - Math.floor(share);
    if (loss >= 1) {
      share += 1;
      loss -= 1;
    }
    return Math.floor(share);
  });
}

/** The text right-aligned in `inner` cells; one that is too long ends at its last space that fits, or shows its start. */
function placeText(text: string, inner: number): string {
  if (text.length <= inner) return text.padStart(inner);
  const cut = text.lastIndexOf(' ', inner);
  if (cut < 1) return text.slice(0, inner);
  return text.slice(0, cut).trimEnd().padStart(inner);
}
