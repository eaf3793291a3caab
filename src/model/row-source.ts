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

/** All of them; the same array and the same rows at each call. */
export function rowsOf<Row>(source: RowSource<Row>): readonly Row[] {
  const known = arrays.get(source);
  if (known !== undefined) return known as readonly Row[];
  const rows = Array.from({ length: source.length }, (_, at) => source.row(at));
  arrays.set(source, rows);
  return rows;
}
