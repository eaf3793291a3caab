// Owns: the rows of a table one by one, so that thousands can be ordered while only those in sight are made.
// Knows nothing of: what a row is, and order.

/** Rows at the places 0 to `length` - 1. */
export interface RowSource<Row> {
  readonly length: number;
  /** The row at a place; may be made at each call. */
  readonly row: (at: number) => Row;
  /** The same to be read at once: the next call may turn it into another row. */
  readonly peek: (at: number) => Row;
}

const arrays = new WeakMap<RowSource<unknown>, readonly unknown[]>();

/** Rows that are there already. */
export function sourceOf<Row>(rows: readonly Row[]): RowSource<Row> {
  const row = (at: number): Row => {
    const found = rows[at];
    if (found === undefined) throw new RangeError(`there are ${rows.length} rows, none at ${at}`);
    return found;
  };
  const source = { length: rows.length, row, peek: row };
  arrays.set(source, rows);
  return source;
}

/** What a row that asks knows of itself: what all rows of its table ask, and its place there. */
export interface Placed<From> {
  from: From;
  at: number;
}

/**
 * Rows that ask whenever they are asked; none is a copy.
 * @param getters what all rows of all tables of this kind inherit: with one such object for each table, code would be
 *   compiled for each
 */
export function askingRows<Row extends object, From>(
  getters: Row & ThisType<Row & Placed<From>>,
  from: From,
  length: number,
): RowSource<Row> {
  const row = (at: number): Row & Placed<From> => {
    const made = Object.create(getters) as Row & Placed<From>;
    made.from = from;
    made.at = at;
    return made;
  };
  const moving = row(0);
  return {
    length,
    row,
    peek(at) {
      moving.at = at;
      return moving;
    },
  };
}

/** All of them; the same array and the same rows at each call. */
export function rowsOf<Row>(source: RowSource<Row>): readonly Row[] {
  const known = arrays.get(source);
  if (known !== undefined) return known as readonly Row[];
  const rows = Array.from({ length: source.length }, (_, at) => source.row(at));
  arrays.set(source, rows);
  return rows;
}
