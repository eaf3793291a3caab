// Owns: the bytes that turn the screen as it is into the screen as it should be.
// Knows nothing of: text, styles by meaning, and whether anybody writes the bytes.
import { ERASE_TO_END_OF_LINE, moveTo, sgr } from './ansi.ts';
import { type CellBuffer, type GraphemeTable, RIGHT_HALF } from './cell-buffer.ts';
import type { Theme } from './theme.ts';

/** Unchanged cells between two changes that are cheaper to write again than to jump over ('CSI r;cH' is 6-8 bytes). */
const COALESCE_GAP = 8;
/** Fewer trailing blanks than this are written as spaces: erasing takes 3 bytes and often a style change. */
const ERASE_FROM = 4;
const SPACE = 0x20;

/** Where the terminal's pen is after the bytes so far; -1: not known. Carried from frame to frame. */
export interface Pen {
  row: number;
  column: number;
  style: number;
}

export function unknownPen(): Pen {
  return { row: -1, column: -1, style: -1 };
}

/**
 * @param before what the terminal shows; null: not known, every cell is written
 * @returns escape codes and text, '' when nothing differs. Buffers have the same size; `pen` is moved along.
 */
export function diffFrames(
  before: CellBuffer | null,
  after: CellBuffer,
  table: GraphemeTable,
  theme: Theme,
  pen: Pen,
): string {
  const writer = createWriter(after, table, theme, pen);
  for (let row = 0; row < after.rows; row++) diffRow(before, after, row, writer);
  return writer.text();
}

interface Writer {
  /** Cells [from, to) of a row. May go on to the right edge when terminals disagree on a character's width. */
  run(row: number, from: number, to: number): number;
  eraseFrom(row: number, column: number): void;
  text(): string;
}

function diffRow(before: CellBuffer | null, after: CellBuffer, row: number, writer: Writer): void {
  const start = row * after.columns;
  const blankFrom = trailingBlanks(after, start);
  let column = 0;
  while (column < after.columns) {
    const from = nextChange(before, after, start, column);
    if (from < 0) return;
    if (from >= blankFrom) {
      writer.eraseFrom(row, from);
      return;
    }
    column = writer.run(row, from, runEnd(before, after, start, from, blankFrom));
  }
}

/** The end of a run: changes no further apart than the gap. It stops where only blanks follow. */
function runEnd(before: CellBuffer | null, after: CellBuffer, start: number, from: number, limit: number): number {
  let end = from + 1;
  for (;;) {
    const next = nextChange(before, after, start, end);
    if (next < 0 || next >= limit || next - end >= COALESCE_GAP) break;
    end = next + 1;
  }
  // Never end between the halves of a wide character.
  while (end < after.columns && after.glyphs[start + end] === RIGHT_HALF) end++;
  return end;
}

function nextChange(before: CellBuffer | null, after: CellBuffer, start: number, column: number): number {
  const { columns, glyphs, styles } = after;
  if (before === null) return column < columns ? column : -1;
  for (let at = start + column; at < start + columns; at++) {
    if (glyphs[at] !== before.glyphs[at] || styles[at] !== before.styles[at]) return at - start;
  }
  return -1;
}

/** The column from which a row holds only unstyled spaces; the row's width if they are too few to erase. */
function trailingBlanks(buffer: CellBuffer, start: number): number {
  let column = buffer.columns;
  while (column > 0 && buffer.glyphs[start + column - 1] === SPACE && buffer.styles[start + column - 1] === 0) column--;
  return buffer.columns - column >= ERASE_FROM ? column : buffer.columns;
}

function createWriter(after: CellBuffer, table: GraphemeTable, theme: Theme, pen: Pen): Writer {
  const { columns, glyphs, styles } = after;
  let out = '';

  const goTo = (row: number, column: number): void => {
    if (pen.row !== row || pen.column !== column) out += moveTo(row, column);
    pen.row = row;
    pen.column = column;
  };
  const useStyle = (style: number): void => {
    if (pen.style === style) return;
    out += sgr(theme.parameters[style] ?? '0');
    pen.style = style;
  };
  /** At the right edge the cursor's column depends on the terminal. */
  const advance = (cells: number): void => {
    pen.column += cells;
    if (pen.column >= columns) pen.column = -1;
  };
  /** Blanks first, then the character, then an explicit position: right whatever width the terminal gives it. */
  const putUnsure = (row: number, column: number, text: string, width: number): void => {
    out += ' '.repeat(width) + moveTo(row, column) + text;
    pen.column = -1;
  };

  const run = (row: number, from: number, to: number): number => {
    const start = row * columns;
    let end = to;
    goTo(row, from);
    for (let column = from; column < end; column++) {
      const glyph = glyphs[start + column] ?? SPACE;
      if (glyph === RIGHT_HALF) continue;
      useStyle(styles[start + column] ?? 0);
      const grapheme = table.get(glyph);
      if (pen.column !== column) goTo(row, column);
      if (grapheme === undefined) {
        out += String.fromCodePoint(glyph);
        advance(1);
      } else if (grapheme.unsure) {
        putUnsure(row, column, grapheme.text, grapheme.width);
        // It may have covered cells to its right that we believe unchanged.
        end = columns;
      } else {
        out += grapheme.text;
        advance(grapheme.width);
      }
    }
    return end;
  };

  return {
    run,
    eraseFrom(row, column) {
      goTo(row, column);
      useStyle(0);
      out += ERASE_TO_END_OF_LINE;
    },
    text: () => out,
  };
}
