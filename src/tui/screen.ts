// Owns: what the terminal shows now, and the bytes that make it show a new frame.
// Knows nothing of: writing them, input, and what the rows say.
import type { WidthOptions } from '../base/text-width.ts';
import type { CursorPosition, Frame, Row } from '../view/styled-text.ts';
import { BEGIN_FRAME, END_FRAME, HIDE_CURSOR, moveTo, SHOW_CURSOR } from './ansi.ts';
import { type CellBuffer, createCellBuffer, createGraphemeTable } from './cell-buffer.ts';
import { diffFrames, unknownPen } from './frame-diff.ts';
import type { TerminalSize } from './terminal-world.ts';
import type { Theme } from './theme.ts';

export interface Screen {
  size(): TerminalSize;
  /** A new grid; the next frame is painted whole. */
  resize(size: TerminalSize): void;
  /** The terminal's content is unknown (first frame, back from the background, Ctrl-L): paint the next one whole. */
  invalidate(): void;
  /** The bytes for a frame as one synchronised update, '' when the screen shows it already. They must be written. */
  render(frame: Frame): string;
}

export function createScreen(size: TerminalSize, theme: Theme, options: WidthOptions = {}): Screen {
  const table = createGraphemeTable();
  const newBuffer = (of: TerminalSize): CellBuffer => createCellBuffer(of.columns, of.rows, table, options);
  let current = size;
  let shown = newBuffer(size);
  let next = newBuffer(size);
  let shownIsKnown = false;
  let pen = unknownPen();
  let cursor: CursorPosition | null = null;

  const invalidate = (): void => {
    shownIsKnown = false;
    pen = unknownPen();
    cursor = null;
  };

  const renderCells = (frame: Frame): string => {
    if (table.full) {
      table.clear();
      invalidate();
    }
    next.clear();
    composeRows(next, frame.rows, theme);
    const bytes = diffFrames(shownIsKnown ? shown : null, next, table, theme, pen);
    [shown, next] = [next, shown];
    shownIsKnown = true;
    return bytes;
  };

  return {
    size: () => current,
    resize(to) {
      current = to;
      shown = newBuffer(to);
      next = newBuffer(to);
      invalidate();
    },
    invalidate,
    render(frame) {
      const known = shownIsKnown;
      const cells = renderCells(frame);
      const wanted = clampCursor(frame.cursor ?? null, current);
      const moved = cursorBytes(known ? cursor : null, wanted, cells !== '' || !known);
      cursor = wanted;
      if (moved !== '' && wanted !== null) Object.assign(pen, { row: wanted.row, column: wanted.column });
      const bytes = known || wanted !== null ? cells + moved : cells + HIDE_CURSOR;
      return bytes === '' ? '' : BEGIN_FRAME + bytes + END_FRAME;
    },
  };
}

/** Writes rows of styled text into a cleared buffer. */
export function composeRows(buffer: CellBuffer, rows: readonly Row[], theme: Theme): void {
  const count = Math.min(rows.length, buffer.rows);
  for (let at = 0; at < count; at++) {
    const line = rows[at];
    if (line === undefined) continue;
    let column = 0;
    for (const part of line.spans) {
      if (column >= buffer.columns) break;
      column = buffer.writeText(at, column, part.text, theme.idOf[part.style]);
    }
    if (line.fill !== undefined) buffer.fillRight(at, column, theme.idOf[line.fill]);
  }
}

function clampCursor(cursor: CursorPosition | null, size: TerminalSize): CursorPosition | null {
  if (cursor === null || size.columns === 0 || size.rows === 0) return null;
  return {
    row: Math.max(0, Math.min(cursor.row, size.rows - 1)),
    column: Math.max(0, Math.min(cursor.column, size.columns - 1)),
  };
}

/** @param displaced whether bytes that move the cursor were written before */
function cursorBytes(from: CursorPosition | null, to: CursorPosition | null, displaced: boolean): string {
  if (to === null) return from === null ? '' : HIDE_CURSOR;
  const same = from !== null && from.row === to.row && from.column === to.column;
  if (same && !displaced) return '';
  return moveTo(to.row, to.column) + (from === null ? SHOW_CURSOR : '');
}
