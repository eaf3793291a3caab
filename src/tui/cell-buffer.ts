// Owns: one screen as a grid of cells, and writing text into it. The last guard: a control character throws.
// Knows nothing of: escape codes and what was on the screen before (frame-diff.ts).
import { isUnsafe } from '../base/sanitize.ts';
import { type Grapheme, graphemes, type WidthOptions } from '../base/text-width.ts';

/*
 * Layout: two typed arrays of rows * columns entries, row after row; cell (r, c) is entry r * columns + c.
 *
 *   glyphs  Uint32  what stands in the cell
 *             0                      the right half of the wide character to its left
 *             0x20 .. 0x10ffff       one code point, one cell
 *             CLUSTER_FLAG | index   an entry of the grapheme table: whatever is wider than one cell, has more than
 *                                    one code point, or is not drawn alike by all terminals
 *   styles  Uint8   an id of the theme; both halves of a wide character carry the same
 *
 * A wide character never starts in the last column and never loses a half: writing over one half blanks the other.
 * Two buffers share one grapheme table, so equal glyph numbers mean equal characters.
 */

export const RIGHT_HALF = 0;
const CLUSTER_FLAG = 0x80000000;
const SPACE = 0x20;
/** When full the table is emptied, which is only allowed between frames and forces a repaint. */
const TABLE_LIMIT = 65536;

/** Interned graphemes, shared by the buffers that are compared with each other. */
export interface GraphemeTable {
  idOf(grapheme: Grapheme): number;
  get(glyph: number): Grapheme | undefined;
  readonly full: boolean;
  clear(): void;
}

export interface CellBuffer {
  readonly columns: number;
  readonly rows: number;
  readonly glyphs: Uint32Array;
  readonly styles: Uint8Array;
  /** Every cell a space of style 0. */
  clear(): void;
  /**
   * Writes a text from (row, column) on and returns the column after it. What does not fit is left out; where half a
   * wide character would fit there is a space. Throws RangeError on a control character: text is sanitised upstream.
   */
  writeText(row: number, column: number, text: string, style: number): number;
  /** Spaces from (row, column) to the right edge. */
  fillRight(row: number, column: number, style: number): void;
}

export function createGraphemeTable(): GraphemeTable {
  const ids = new Map<string, number>();
  const entries: Grapheme[] = [];
  return {
    idOf(grapheme) {
      const known = ids.get(grapheme.text);
      if (known !== undefined) return known;
      const id = (CLUSTER_FLAG | entries.length) >>> 0;
      entries.push(grapheme);
      ids.set(grapheme.text, id);
      return id;
    },
    get(glyph) {
      return glyph >= CLUSTER_FLAG ? entries[glyph - CLUSTER_FLAG] : undefined;
    },
    get full() {
      return entries.length >= TABLE_LIMIT;
    },
    clear() {
      ids.clear();
      entries.length = 0;
    },
  };
}

/** @param options without Unicode every character outside ASCII is written as '?', once per cell */
export function createCellBuffer(
  columns: number,
  rows: number,
  table: GraphemeTable,
  options: WidthOptions = {},
): CellBuffer {
  const glyphs = new Uint32Array(columns * rows).fill(SPACE);
  const styles = new Uint8Array(columns * rows);
  const unicode = options.unicode !== false;
  const graphics = unicode && options.ambiguousWidth !== 2;

  const putGlyph = (at: number, glyph: number, style: number): void => {
    // What stood here may be half of a wide character: its other half must not stay behind.
    if (glyphs[at] === RIGHT_HALF && at % columns > 0 && glyph !== RIGHT_HALF) glyphs[at - 1] = SPACE;
    if ((at + 1) % columns !== 0 && glyphs[at + 1] === RIGHT_HALF) glyphs[at + 1] = SPACE;
    glyphs[at] = glyph;
    styles[at] = style;
  };

  const putGrapheme = (start: number, column: number, grapheme: Grapheme, style: number): number => {
    if (!unicode && (grapheme.text.length > 1 || grapheme.text > '~')) {
      for (let i = 0; i < grapheme.width && column + i < columns; i++) putGlyph(start + column + i, 0x3f, style);
      return column + grapheme.width;
    }
    if (column + grapheme.width > columns) {
      putGlyph(start + column, SPACE, style);
      return columns;
    }
    const glyph = glyphOf(grapheme, table);
    putGlyph(start + column, glyph, style);
    if (grapheme.width === 2) putGlyph(start + column + 1, RIGHT_HALF, style);
    return column + grapheme.width;
  };

  return {
    columns,
    rows,
    glyphs,
    styles,
    clear() {
      glyphs.fill(SPACE);
      styles.fill(0);
    },
    writeText(row, column, text, style) {
      const start = row * columns;
      let at = column;
      let i = 0;
      for (; i < text.length && at < columns; i++, at++) {
        const code = text.charCodeAt(i);
        if (!isPlain(code, graphics)) break;
        // A mark may follow the last plain character and belongs to it: leave that one to the slow path.
        if (i + 1 < text.length && text.charCodeAt(i + 1) > 0x7e && !isPlain(text.charCodeAt(i + 1), graphics)) break;
        putGlyph(start + at, code, style);
      }
      if (i === text.length || at >= columns) return Math.min(at, columns);
      const rest = i === 0 ? text : text.slice(i);
      if (isUnsafe(rest)) throw new RangeError(`control character in the text of a cell: ${JSON.stringify(text)}`);
      for (const grapheme of graphemes(rest, options.ambiguousWidth)) {
        if (at >= columns) break;
        at = putGrapheme(start, at, grapheme, style);
      }
      return Math.min(at, columns);
    },
    fillRight(row, column, style) {
      const start = row * columns;
      for (let at = column; at < columns; at++) putGlyph(start + at, SPACE, style);
    },
  };
}

/** Printable ASCII, and the characters of graphs (box drawing, blocks, braille) where they take one cell. */
function isPlain(code: number, graphics: boolean): boolean {
  if (code < 0x7f) return code >= 0x20;
  return graphics && ((code >= 0x2500 && code <= 0x259f) || (code >= 0x2800 && code <= 0x28ff));
}

function glyphOf(grapheme: Grapheme, table: GraphemeTable): number {
  const first = grapheme.text.codePointAt(0) ?? SPACE;
  const single = grapheme.text.length === (first > 0xffff ? 2 : 1);
  return single && grapheme.width === 1 && !grapheme.unsure ? first : table.idOf(grapheme);
}
