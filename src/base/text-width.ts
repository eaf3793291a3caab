// Owns: how many terminal cells a text takes, and cutting and padding it to a number of cells.
// Knows nothing of: styles, terminals and where the text comes from (it has passed sanitize if it is foreign).
import { AMBIGUOUS_RANGES, WIDE_RANGES } from './width-table.ts';

/** A `TextMode` fits. Absent: Unicode, ambiguous characters one cell. */
export interface WidthOptions {
  readonly unicode?: boolean;
  readonly ambiguousWidth?: 1 | 2;
}

/** What a person sees as one character (UAX #29 extended grapheme cluster) and its cells. */
export interface Grapheme {
  readonly text: string;
  readonly width: 1 | 2;
  /** Terminals disagree on its width (emoji, flags, several spacing characters): reposition the cursor after it. */
  readonly unsure: boolean;
}

const ASCII = /^[\x20-\x7e]*$/;
/** One cell each and never part of a longer cluster, unless a mark follows: box drawing, blocks, braille, Latin-1. */
const SIMPLE = /^[\x20-\x7e\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff\u2013-\u2026\u2500-\u259f\u2800-\u28ff]*$/;
/** Characters of which each is a cluster while only such stand together; adds kana, ideographs, Hangul syllables. */
const ONE_BY_ONE =
  /^[\x20-\x7e\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff\u2013-\u2026\u2500-\u259f\u2800-\u28ff\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]*$/;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\p{Zl}\p{Zp}\u1160-\u11ff\ud7b0-\ud7ff]$/u;
const EMOJI_VARIATION = '\ufe0f';
const REGIONAL_FIRST = 0x1f1e6;
const REGIONAL_LAST = 0x1f1ff;
const PICTOGRAPHS = 0x1f000;
/** A cluster may hold any number of marks; no more code points than this reach a cell. */
const MAX_CODE_POINTS = 8;
const MEMO_ENTRIES = 4096;
const MEMO_TEXT_LENGTH = 512;

/** Made when the first text that is not ASCII comes: it costs 20 ms, and the first screen may not need it. */
let segmenter: Intl.Segmenter | undefined;
const memo: Readonly<Record<1 | 2, Map<string, readonly Grapheme[]>>> = { 1: new Map(), 2: new Map() };

/** Cells of one code point: 0 for combining marks and controls, 2 for East-Asian wide and fullwidth, else 1. */
export function codePointWidth(codePoint: number, ambiguousWidth: 1 | 2 = 1): 0 | 1 | 2 {
  if (codePoint >= 0x20 && codePoint < 0x7f) return 1;
  if (ZERO_WIDTH.test(String.fromCodePoint(codePoint))) return 0;
  if (inRanges(WIDE_RANGES, codePoint)) return 2;
  return ambiguousWidth === 2 && inRanges(AMBIGUOUS_RANGES, codePoint) ? 2 : 1;
}

/** Cells that a text takes. */
export function textWidth(text: string, options: WidthOptions = {}): number {
  if (ASCII.test(text)) return text.length;
  if (options.ambiguousWidth !== 2 && SIMPLE.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text, options.ambiguousWidth)) width += grapheme.width;
  return width;
}

/**
 * The characters of a text. Clusters without a cell of their own (a mark with no base before it) are left out.
 * Results are remembered for a while: screens repeat the same names many times a second.
 */
export function graphemes(text: string, ambiguousWidth: 1 | 2 = 1): readonly Grapheme[] {
  const known = memo[ambiguousWidth];
  const found = known.get(text);
  if (found !== undefined) return found;
  const result = segment(text, ambiguousWidth);
  if (text.length <= MEMO_TEXT_LENGTH) {
    if (known.size >= MEMO_ENTRIES) known.clear();
    known.set(text, result);
  }
  return result;
}

/** At most `width` cells of a text; a cut shows as '…' ('..' without Unicode). A wide character is never halved. */
export function cutText(text: string, width: number, options: WidthOptions = {}): string {
  if (width <= 0) return '';
  if (textWidth(text, options) <= width) return text;
  const mark = ellipsis(options).slice(0, width);
  return takeCells(text, width - textWidth(mark, options), options) + mark;
}

/** The start of a text in at most `width` cells, without a mark. */
export function takeCells(text: string, width: number, options: WidthOptions = {}): string {
  if (ASCII.test(text)) return text.slice(0, Math.max(0, width));
  let used = 0;
  let taken = '';
  for (const grapheme of graphemes(text, options.ambiguousWidth)) {
    if (used + grapheme.width > width) break;
    used += grapheme.width;
    taken += grapheme.text;
  }
  return taken;
}

/** The end of a text in at most `width` cells, without a mark. */
export function takeEnd(text: string, width: number, options: WidthOptions = {}): string {
  if (width <= 0) return '';
  if (ASCII.test(text)) return text.slice(-width);
  let used = 0;
  let taken = '';
  for (const grapheme of [...graphemes(text, options.ambiguousWidth)].reverse()) {
    if (used + grapheme.width > width) break;
    used += grapheme.width;
    taken = grapheme.text + taken;
  }
  return taken;
}

/** Exactly `width` cells: cut as `cutText` does, or padded with spaces on the other side of `align`. */
export function fitText(
  text: string,
  width: number,
  align: 'left' | 'right' = 'left',
  options: WidthOptions = {},
): string {
  const kept = cutText(text, width, options);
  const padding = ' '.repeat(Math.max(0, width - textWidth(kept, options)));
  return align === 'left' ? kept + padding : padding + kept;
}

/** The mark of a cut. '…' is an ambiguous character: where those take two cells it saves nothing. */
export function ellipsis(options: WidthOptions = {}): string {
  return options.unicode === false || options.ambiguousWidth === 2 ? '..' : '…';
}

function segment(text: string, ambiguousWidth: 1 | 2): readonly Grapheme[] {
  // Segmentation by rule takes about a microsecond a character; most names do not need it.
  if (ONE_BY_ONE.test(text)) return Array.from(text, (char) => single(char, ambiguousWidth));
  const result: Grapheme[] = [];
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment: cluster } of segmenter.segment(text)) {
    const grapheme = measure(cluster, ambiguousWidth);
    if (grapheme !== undefined) result.push(grapheme);
  }
  return result;
}

function single(char: string, ambiguousWidth: 1 | 2): Grapheme {
  const width = codePointWidth(char.charCodeAt(0), ambiguousWidth);
  return { text: char, width: width === 2 ? 2 : 1, unsure: false };
}

function measure(cluster: string, ambiguousWidth: 1 | 2): Grapheme | undefined {
  const points = Array.from(
    cluster.length <= 2 * MAX_CODE_POINTS ? cluster : cluster.slice(0, 2 * MAX_CODE_POINTS + 1),
  );
  const kept = points.slice(0, MAX_CODE_POINTS);
  let sum = 0;
  let spacing = 0;
  for (const point of kept) {
    const width = codePointWidth(point.codePointAt(0) ?? 0, ambiguousWidth);
    sum += width;
    if (width > 0) spacing++;
  }
  if (spacing === 0) return undefined;
  const first = kept[0]?.codePointAt(0) ?? 0;
  const emoji = kept.includes(EMOJI_VARIATION) || (spacing === 2 && isRegional(first));
  return {
    text: kept.join(''),
    width: emoji || sum > 1 ? 2 : 1,
    unsure: emoji || spacing > 1 || (first >= PICTOGRAPHS && first < 0x20000),
  };
}

function isRegional(codePoint: number): boolean {
  return codePoint >= REGIONAL_FIRST && codePoint <= REGIONAL_LAST;
}

/** Binary search in a flat list of first, last, first, last ... */
function inRanges(ranges: readonly number[], codePoint: number): boolean {
  let low = 0;
  let high = ranges.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < (ranges[2 * middle] ?? 0)) high = middle - 1;
    else if (codePoint > (ranges[2 * middle + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}
