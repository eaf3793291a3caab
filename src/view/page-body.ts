// Owns: what a screen hands over: its titles, its rows one by one, what stays at the bottom, and where it stands.
// Knows nothing of: the lines around them (page.ts) and what they say.
import type { Field } from '../model/field.ts';
import type { Target } from './list-spec.ts';
import type { Row } from './styled-text.ts';
import type { TableColumn } from './table.ts';
import type { Place } from './ui-state.ts';

export interface PageBody {
  /** What the place shows beyond its name. */
  readonly subject: string;
  /** Lines above the rows; the last one are the column titles. */
  readonly titles: readonly Row[];
  /** The columns, so that a click on a title means something. */
  readonly columns?: readonly TableColumn[];
  readonly keys: readonly string[];
  /** The keys by rank, where a selected row is held elsewhere. */
  readonly ranked?: readonly string[];
  /** The row at an index of `keys`; only called for rows in sight. */
  readonly rowAt: (index: number) => Row;
  /** Lines below rows that belong to them, by the index of the row; they are never selected. */
  readonly below?: ReadonlyMap<number, () => Row>;
  /** Rows that stay at the bottom. */
  readonly pinned: readonly Row[];
  /** First row in sight as far as it is up to the place; it is moved to show `shown` and to leave no line empty. */
  readonly top: number;
  readonly shown: number | undefined;
  /** Said in place of rows where there are none. */
  readonly empty: string;
  readonly rows?: RowFacts;
}

/** What can be done with the rows of a list, by key. */
export interface RowFacts {
  readonly opens: (key: string) => Place | undefined;
  readonly copies: (key: string) => string | undefined;
  readonly target: (key: string | undefined) => Target | undefined;
  /** Pairs of ports of the TCP connections in sight whose sockets say more; of more rows where these decide about the order. */
  readonly wants: (top: number, count: number) => readonly number[];
  /** The table as it is listed, for a file. */
  readonly exports: () => ExportTable;
}

export type CellValue = string | number | boolean | undefined;

/** Rows of a field table; `values` in the order of the fields. */
export interface ExportTable {
  readonly name: string;
  readonly fields: readonly Pick<Field<never>, 'jsonKey' | 'unit'>[];
  readonly rows: readonly (readonly CellValue[])[];
}

/** A page of lines without a selection. */
export function textBody(lines: readonly Row[], top: number, empty: string, subject = ''): PageBody {
  return {
    subject,
    titles: [],
    keys: lines.map((_, i) => String(i)),
    rowAt: (index) => lines[index] ?? { spans: [] },
    pinned: [],
    top,
    shown: undefined,
    empty,
  };
}
