// Owns: moving a selection through a list and keeping it in sight.
// Knows nothing of: what the rows are.
import type { RowFacts } from './page-body.ts';
import type { Cursor, ListState, TabId } from './ui-state.ts';

/** Which rows have a line below them, by their index: it belongs to the row. */
export type Tall = Pick<ReadonlySet<number>, 'has'>;

/** What is listed at the moment, as far as keys need to know. */
export interface ListFacts {
  /** Keys of the rows in the order shown, those out of sight too. */
  readonly keys: readonly string[];
  /** The same by rank, with the selected row too where the others would have it; undefined: as shown. */
  readonly ranked?: readonly string[] | undefined;
  /** Index of the first row in sight. */
  readonly top: number;
  /** Lines for rows. */
  readonly pageRows: number;
  /** Rows that take a line more, by their index. */
  readonly tall?: Tall | undefined;
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
  if (facts.keys[index] === list.cursor?.key) return list;
  return { ...list, cursor: cursorAt(index, facts), top: topFor(index, facts.top, facts, last + 1) };
}

/** The row on a line of the screen, or the one that the line belongs to. */
export function pickLine(line: number, facts: ListFacts): Cursor | undefined {
  const offset = line - facts.firstLine;
  if (offset < 0 || offset >= facts.pageRows) return undefined;
  return cursorAt(facts.top + rowsFrom(facts.top, 1, offset + 1, facts.tall) - 1, facts);
}

/** Where the selected row is; its last place where it is gone; undefined without a selection. */
export function cursorIndex(cursor: Cursor | undefined, keys: readonly string[]): number | undefined {
  if (cursor === undefined) return undefined;
  const at = keys.indexOf(cursor.key);
  return at >= 0 ? at : cursor.index;
}

/** Where rows stand: how many lines there are for them, and which of them take two. */
export type Room = Pick<ListFacts, 'pageRows' | 'tall'>;

/** The first row in sight nearest to `top` that shows `index` and leaves no line empty. */
export function topFor(index: number | undefined, top: number, room: Room, count: number): number {
  const shown = index === undefined ? top : Math.max(Math.min(top, index), topAbove(index, room));
  return Math.max(0, Math.min(shown, lastTop(room, count)));
}

/** The last row that may stand first. */
export function lastTop(room: Room, count: number): number {
  return Math.max(0, topAbove(count - 1, room));
}

/** How many rows are in sight, the last one perhaps without the line below it. */
export function rowsInSight(top: number, { pageRows, tall }: Room): number {
  return rowsFrom(top, 1, pageRows, tall);
}

/** The first of the rows that fit above and with the one at `index`. */
function topAbove(index: number, { pageRows, tall }: Room): number {
  let top = index;
  for (let left = pageRows - height(index, tall); top > 0; top--) {
    left -= height(top - 1, tall);
    if (left < 0) break;
  }
  return top;
}

/** How many rows from `index` on have a share in so many lines. */
function rowsFrom(index: number, direction: -1 | 1, lines: number, tall: Tall | undefined): number {
  let count = 0;
  for (let left = lines; left > 0; count++) left -= height(index + count * direction, tall);
  return count;
}

function height(index: number, tall: Tall | undefined): number {
  return tall?.has(index) ? 2 : 1;
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
  const edge = move.direction < 0 ? facts.top + rowsInSight(facts.top, facts) - 1 : facts.top;
  if (from === undefined && move.by === 'line') return edge;
  const start = from ?? edge;
  if (move.by === 'line') return start + move.direction;
  // A line less than a page, so that one knows where one was.
  return start + rowsFrom(start, move.direction, Math.max(1, facts.pageRows - 1), facts.tall) * move.direction;
}

/** Once another row is selected, the one before goes back to its rank: what is held is the place after that. */
function cursorAt(index: number, { keys, ranked = keys }: ListFacts): Cursor | undefined {
  const key = keys[index];
  if (key === undefined) return undefined;
  const place = ranked[index] === key ? index : ranked.indexOf(key);
  return { key, index: place < 0 ? index : place };
}
