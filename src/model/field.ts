// Owns: the shape of an entry of the field table, and the widths that units need.
// Knows nothing of: which fields there are.

/** What a field holds. `time`: ms since 1970; `rate`: bytes a second; `share`: 1 is a whole; `label`: one of a closed list. */
export type FieldUnit =
  | 'text'
  | 'label'
  | 'flag'
  | 'id'
  | 'count'
  | 'bytes'
  | 'packets'
  | 'rate'
  | 'share'
  | 'ms'
  | 'time';

export interface Field<Row> {
  readonly id: string;
  /** Heading of a column. */
  readonly title: string;
  readonly unit: FieldUnit;
  /** Cells that a column needs. */
  readonly width: number;
  readonly align: 'left' | 'right';
  /** A sentence without its full stop. */
  readonly description: string;
  readonly jsonKey: string;
  /** The row may have no value. */
  readonly optional: boolean;
  /** The closed list of a label. */
  readonly labels?: readonly string[];
  /** Of a time: people look for the longest first. */
  readonly largestFirst?: boolean;
  /** The value as the model has it; undefined where it is not known or there is none. */
  readonly value: (row: Row) => string | number | boolean | undefined;
}

export interface Extra {
  readonly width?: number;
  readonly optional?: boolean;
  readonly labels?: readonly string[];
  readonly largestFirst?: boolean;
}

const WIDTHS: Readonly<Record<FieldUnit, number>> = {
  text: 12,
  label: 10,
  flag: 3,
  id: 7,
  count: 5,
  bytes: 7,
  packets: 7,
  rate: 9,
  share: 5,
  ms: 6,
  time: 8,
};

/** A field; texts stand left, all else right. */
export function field<Row>(
  id: string,
  title: string,
  unit: FieldUnit,
  jsonKey: string,
  value: Field<Row>['value'],
  description: string,
  { width = WIDTHS[unit], optional = false, labels, largestFirst = false }: Extra = {},
): Field<Row> {
  const align = unit === 'text' || unit === 'label' || unit === 'flag' ? 'left' : 'right';
  const list = { ...(labels === undefined ? {} : { labels }), ...(largestFirst ? { largestFirst } : {}) };
  return { id, title, unit, width, align, description, jsonKey, optional, ...list, value };
}
