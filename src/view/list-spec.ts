// Owns: what a list of rows has to say about itself, so that sorting, filters, groups, pins and export work on it.
// Knows nothing of: how any of these is done (list.ts) and which lists there are.
import type { Field } from '../model/field.ts';
import type { Vocabulary } from '../model/filter.ts';
import type { Model, Rates, Totals } from '../model/model.ts';
import type { RowSource } from '../model/row-source.ts';
import type { Row as Line } from './styled-text.ts';
import type { Cells, TableColumn } from './table.ts';
import type { ListState, Place } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

/** One line of a list: a row, or a group of rows with their sum. */
export interface Entry<Row> {
  readonly key: string;
  readonly row: Row;
  /** The rows of a group; undefined for a row. */
  readonly members?: readonly Row[];
  /** What a group is called. */
  readonly title?: string;
  /** Stands before the main text: how deep a row stands, whether a group is open. */
  readonly lead?: string;
  /** How many lines it stands below; 0 unless given. */
  readonly depth?: number;
  /** Has just moved up. */
  readonly raised?: boolean;
  readonly pinned?: boolean;
}

export interface Grouping<Row> {
  readonly id: string;
  /** Completes "grouped by". */
  readonly name: string;
  /** Rows with the same text are a group of that name. */
  readonly of: (row: Row) => string;
  /** Takes rows apart that belong to several groups; each part is a row with a key of its own. */
  readonly split?: (rows: readonly Row[], model: Model) => readonly Row[];
}

export interface ListTable {
  readonly columns: readonly TableColumn[];
}

/** A process that a signal can be sent to; pid and start name it for good. */
export interface Target {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  readonly name: string;
}

/** Sum of what a filter lets through. */
export type Matched = Totals & Rates & { readonly count: number; readonly all: number };

export interface ListSpec<Row, Table extends ListTable> {
  /** Completes "no ... contains": `row`. */
  readonly noun: string;
  /** Names the file of an export. */
  readonly name: string;
  /** undefined: the sample does not have them. */
  readonly rows: (model: Model, place: Place) => readonly Row[] | RowSource<Row> | undefined;
  readonly key: (row: Row) => string;
  /** undefined: rows that move nothing stand as `rows` has them until one sorts by a column. */
  readonly traffic?: (row: Row) => Totals & Rates;
  /** Decides between rows of equal rank, the higher first. */
  readonly tie: (row: Row, direction: 'sent' | 'received') => number;
  readonly fields: readonly Field<Row>[];
  readonly vocabulary: Vocabulary<Row>;
  readonly groups: readonly Grouping<Row>[];
  /** Whether a filter or a grouping needs samples with live flows; the screen itself may do without. */
  readonly asksFlows?: (list: ListState) => boolean;
  /** The row that stands for a group. */
  readonly merge: (rows: readonly Row[], title: string) => Row;
  /** Makes a tree possible: own name and that of the row above it. */
  readonly tree?: {
    readonly own: (row: Row) => number | undefined;
    readonly parent: (row: Row) => number | undefined;
    /** Rows that only connect others; left out where a filter asks for rows. */
    readonly above?: (rows: readonly Row[], model: Model) => readonly Row[];
  };
  /** A last change to the lines, where they are not grouped. */
  readonly fold?: (entries: readonly Entry<Row>[], input: ViewInput) => readonly Entry<Row>[];
  readonly table: (input: ViewInput) => Table;
  readonly cells: (entry: Entry<Row>, table: Table, input: ViewInput, selected: boolean) => Cells;
  readonly hasEnded?: (row: Row) => boolean;
  /** Lines that stay at the bottom. */
  readonly sums?: (matched: Matched | undefined, table: Table, input: ViewInput) => readonly Line[];
  readonly subject?: (input: ViewInput) => string;
  /** Lines above the column titles. */
  readonly head?: (input: ViewInput) => readonly Line[];
  /** Said where there are no rows at all; `undefined` rows: they are still being read. */
  readonly empty: (input: ViewInput, rows: RowSource<Row> | undefined) => string;
  /** What a look at the socket of a row tells, and the pair of ports to ask for, where it has some. */
  readonly socket?: {
    /** With these the ids of its columns and the names in filters begin. */
    readonly words: readonly string[];
    readonly pair: (row: Row) => number | undefined;
  };
  /** Where Enter leads. */
  readonly opens?: (row: Row, input: ViewInput) => Place | undefined;
  /** What is copied. */
  readonly copies: (row: Row) => string;
  readonly target?: (row: Row, input: ViewInput) => Target | undefined;
  /** The process that the whole page is about; signals go there. */
  readonly pageTarget?: (input: ViewInput) => Target | undefined;
}
