// Owns: moving a selection through a list and keeping it in sight.
// Knows nothing of: what the rows are.
import type { RowFacts } from './page-body.ts';
import type { Cursor, ListState, TabId } from './ui-state.ts';

/** What is listed at the moment, as far as keys need to know. */
export interface ListFacts {
  /** Keys of the rows in the order shown, those out of sight too. */
  readonly keys: readonly string[];
  /** Index of the first row in sight. */
  readonly top: number;
  /** Rows in sight. */
  readonly pageRows: number;
  /** Line of the screen where the rows begin. */
  readonly firstLine: number;
  /** Lines of the overlay, and how many of them are in sight. */
  readonly textRows: number;
  readonly textPageRows: number;
  /** What can be done with the rows; undefined where there are none. */
  readonly rows?: RowFacts | undefined;
  /** Where a click means a place or a sort. */
  readonly spots?: readonly Spot[];
}

/** Cells of a line that a click means something by; `to` is the first cell behind. */
export interface Spot {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly means: { readonly tab: TabId | 'help' } | { readonly sort: string };
}

export interface CursorMove {
  readonly by: 'line' | 'page' | 'end';
  readonly direction: -1 | 1;
}

/** The list after a key. Without a selection the first line key selects at the edge of what is in sight. */
export function moveCursor(list: ListState, move: CursorMove, facts: ListFacts): ListState {
  const last = facts.keys.length - 1;
  if (last < 0) return { ...list, cursor: undefined, top: 0 };
  const from = cursorIndex(list.cursor, facts.keys);
  const index = Math.max(0, Math.min(last, target(from, move, facts)));
  return { ...list, cursor: cursorAt(index, facts.keys), top: topFor(index, facts.top, facts.pageRows, last + 1) };
}

/** The row on a line of the screen. */
export function pickLine(line: number, facts: ListFacts): Cursor | undefined {
  const offset = line - facts.firstLine;
  if (offset < 0 || offset >= facts.pageRows) return undefined;
  return cursorAt(facts.top + offset, facts.keys);
}

/** Where the selected row is; its last place where it is gone; undefined without a selection. */
export function cursorIndex(cursor: Cursor | undefined, keys: readonly string[]): number | undefined {
  if (cursor === undefined) return undefined;
  const at = keys.indexOf(cursor.key);
  return at >= 0 ? at : cursor.index;
}

/** The first row in sight nearest to `top` that shows `index` and leaves no line empty. */
export function topFor(index: number | undefined, top: number, pageRows: number, count: number): number {
  let result = top;
  if (index !== undefined) {
    if (index < result) result = index;
    if (index >= result + pageRows) result = index - pageRows + 1;
  }
  return Math.max(0, Math.min(result, count - pageRows));
}

/** A row stays on its line of the list while it is selected: the others change rank around it. */
export function holdCursor<T extends { readonly key: string }>(
  rows: readonly T[],
  cursor: Cursor | undefined,
): readonly T[] {
  if (cursor === undefined || rows[cursor.index]?.key === cursor.key) return rows;
  const at = rows.findIndex((row) => row.key === cursor.key);
  const held = rows[at];
  if (held === undefined) return rows;
  const others = rows.filter((row) => row !== held);
  return [...others.slice(0, cursor.index), held, ...others.slice(cursor.index)];
}

function target(from: number | undefined, move: CursorMove, facts: ListFacts): number {
  if (move.by === 'end') return move.direction < 0 ? 0 : facts.keys.length - 1;
  const edge = move.direction < 0 ? facts.top + facts.pageRows - 1 : facts.top;
  if (from === undefined && move.by === 'line') return edge;
  const step = move.by === 'page' ? Math.max(1, facts.pageRows - 1) : 1;
  return (from ?? edge) + step * move.direction;
}

function cursorAt(index: number, keys: readonly string[]): Cursor | undefined {
  const key = keys[index];
  return key === undefined ? undefined : { key, index };
}
