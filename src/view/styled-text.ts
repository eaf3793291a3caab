// Owns: the type that every screen produces: rows of text spans, each with a semantic style token.
// Knows nothing of: escape codes, colours, terminals and what the text says.

/**
 * Every style a screen may ask for. A token says what the text *is*; `tui/theme.ts` decides how that looks in each
 * colour tier. Colour repeats what a word or a mark already says: no token may be the only carrier of a fact.
 * To add one: a word here, and its line in the theme (the compiler asks for it).
 */
export const STYLE_TOKENS = [
  // text
  'normal',
  'dim',
  'bold',
  'italic',
  'underline',
  'title',
  'label',
  'value',
  'link',
  'match',
  // judgement
  'good',
  'warn',
  'bad',
  'alarm',
  // table
  'table-header',
  'table-header-sorted',
  'header-reverse',
  'rule',
  'selected',
  'selected-dim',
  'pinned',
  'exited',
  'sent',
  'received',
  // tabs, footer, prompts
  'tab',
  'tab-active',
  'key',
  'key-label',
  'input',
  'input-cursor',
  // meters: the frame, then the segments as htop names them
  'bar-caption',
  'bar-bracket',
  'bar-text',
  'cpu-low',
  'cpu-user',
  'cpu-kernel',
  'cpu-virt',
  'cpu-irq',
  'cpu-softirq',
  'cpu-steal',
  'cpu-guest',
  'cpu-iowait',
  'mem-used',
  'mem-shared',
  'mem-compressed',
  'mem-buffers',
  'mem-cache',
  'mem-available',
  'swap-used',
  'swap-cache',
  'swap-frontswap',
  'load-ok',
  'load-warn',
  'load-bad',
  'load-one',
  'load-five',
  'load-fifteen',
  // the bar of a ledger, and the marks that name its segments
  'ledger-process',
  'ledger-kernel',
  'ledger-forwarded',
  'ledger-no-socket',
  'ledger-unknown',
  'ledger-lost',
] as const;

export type StyleToken = (typeof STYLE_TOKENS)[number];

/** A piece of one line. `text` has passed `base/sanitize` if it is foreign, and never holds a control character. */
export interface Span {
  readonly text: string;
  readonly style: StyleToken;
}

/** One line of the screen. It may be longer or shorter than the terminal; the renderer cuts and fills. */
export interface Row {
  readonly spans: readonly Span[];
  /** Style of the cells right of the last span; 'normal' when absent. A selected row fills to the edge. */
  readonly fill?: StyleToken;
}

/** Where the terminal's own cursor stands (text prompts); 0-based cells. */
export interface CursorPosition {
  readonly row: number;
  readonly column: number;
}

/** A whole screen, top row first. Missing rows are blank, rows below the bottom are not drawn. */
export interface Frame {
  readonly rows: readonly Row[];
  /** null or absent: the cursor is hidden. */
  readonly cursor?: CursorPosition | null;
}

/** What a screen must know of the terminal to choose its characters. Everything else is the renderer's business. */
export interface TextMode {
  /** false: ASCII only ('..' for an ellipsis, '.:|' for graphs). */
  readonly unicode: boolean;
  /** false: no colours; meters use htop's letters |#*@ instead of one bar character. */
  readonly color: boolean;
  /** Cells of a character of East-Asian width "ambiguous": 1, or 2 in some CJK terminals. */
  readonly ambiguousWidth: 1 | 2;
}

export const EMPTY_ROW: Row = { spans: [] };

export function span(text: string, style: StyleToken = 'normal'): Span {
  return { text, style };
}

/** A row of spans; a bare string is a span of style 'normal'. */
export function row(...parts: readonly (Span | string)[]): Row {
  return { spans: parts.map((part) => (typeof part === 'string' ? span(part) : part)) };
}

/** The same line in one style up to the right edge: how a selected or a disabled row looks. */
export function restyled(line: Row, style: StyleToken): Row {
  return { spans: [{ text: rowText(line), style }], fill: style };
}

/** The text of a line without its styles: for tests, `--plain` and copying. */
export function rowText(line: Row): string {
  return line.spans.map((part) => part.text).join('');
}

/** A frame as plain text, trailing blanks cut: what golden screens compare. */
export function frameText(frame: Frame): string {
  return frame.rows.map((line) => rowText(line).trimEnd()).join('\n');
}
