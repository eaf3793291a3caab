// Owns: the order of a list's rows: by any field or by what the mode shows, with hysteresis where rates decide.
// Knows nothing of: filters, groups and drawing.
import type { Field } from '../model/field.ts';
import type { RowSource } from '../model/row-source.ts';
import type { ListSpec, ListTable } from './list-spec.ts';
import { type Candidates, type Ranking, rank } from './ranking.ts';
import type { Order } from './reading.ts';
import type { Sort } from './ui-state.ts';
import { showsTotalsOnly, sortValue, type ViewMode } from './view-modes.ts';

type Ordered<Row> = Pick<ListSpec<Row, ListTable>, 'key' | 'traffic' | 'tie' | 'fields'>;

/** @param previous of the sample before in the same order; undefined: rows may stand anywhere */
export function orderRows<Row>(
  spec: Ordered<Row>,
  rows: RowSource<Row>,
  order: Order,
  previous: Ranking | undefined,
): Ranking {
  if (order.frozen && previous !== undefined) return keepOrder(previous, keysOf(spec, rows));
  const { by } = order.sort;
  const field = spec.fields.find(({ id }) => id === by);
  if (field === undefined && spec.traffic === undefined) return asGiven(keysOf(spec, rows), order.sort.reversed);
  const ranking =
    field !== undefined && isText(field)
      ? byText(spec, rows, (row) => String(field.value(row) ?? ''))
      : rank(previous, candidates(spec, rows, order), isSmooth(order));
  if (ascends(spec.fields, order.sort) === (field !== undefined && isText(field))) return ranking;
  const { order: places } = ranking;
  return {
    ...ranking,
    keys: [...ranking.keys].reverse(),
    ...(places === undefined ? {} : { order: [...places].reverse() }),
  };
}

function keysOf<Row>(spec: Ordered<Row>, rows: RowSource<Row>): string[] {
  return Array.from({ length: rows.length }, (_, at) => spec.key(rows.peek(at)));
}

/** The order of whoever made the rows. */
function asGiven(keys: readonly string[], reversed: boolean): Ranking {
  return { keys: reversed ? [...keys].reverse() : keys, raised: new Set(), memory: new Map() };
}

/** Whether the smallest value, or the beginning of the alphabet, stands first. */
export function ascends(fields: readonly Sorted[], { by, reversed }: Sort): boolean {
  const field = fields.find(({ id }) => id === by);
  return reversed !== (field !== undefined && (isText(field) || isNamed(field)));
}

type Sorted = Pick<Field<never>, 'id' | 'align' | 'unit' | 'largestFirst'>;

function isText({ align, unit }: Sorted): boolean {
  return align === 'left' && unit !== 'flag';
}

/** Texts and ids are looked for from their beginning, numbers from the largest, flags from those that are up. */
function isNamed({ unit, largestFirst }: Sorted): boolean {
  return (unit === 'id' || unit === 'ms') && largestFirst !== true;
}

function isSmooth({ sort, viewMode }: Order): boolean {
  return sort.by.endsWith('Rate') || (isTraffic(sort.by) && !showsTotalsOnly(viewMode));
}

function isTraffic(by: string): boolean {
  return by === 'sent' || by === 'received';
}

/** Rows are ranked one list after the other, and nobody keeps what they were ranked by: one room for all. */
const room = { score: new Float64Array(0), tie: new Float64Array(0) };

function roomFor(length: number): typeof room {
  if (room.score.length < length || room.score.length > 4 * length + LEAST_ROOM) {
    room.score = new Float64Array(length);
    room.tie = new Float64Array(length);
  }
  return room;
}

/** Below so many rows it is not made smaller. */
const LEAST_ROOM = 1024;

function candidates<Row>(spec: Ordered<Row>, rows: RowSource<Row>, order: Order): Candidates {
  const { viewMode } = order;
  const { by } = order.sort;
  const direction = by.startsWith('sent') ? 'sent' : 'received';
  const field = spec.fields.find(({ id }) => id === by);
  const { score, tie } = roomFor(rows.length);
  const keys = new Array<string>(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows.peek(at);
    const value = field === undefined ? trafficOf(spec, row, direction, viewMode) : field.value(row);
    score[at] = typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : -1;
    tie[at] = spec.tie(row, direction);
    keys[at] = spec.key(row);
  }
  return { keys, score, tie };
}

function trafficOf<Row>(spec: Ordered<Row>, row: Row, direction: 'sent' | 'received', mode: ViewMode): number {
  return spec.traffic === undefined ? 0 : sortValue(spec.traffic(row), direction, mode);
}

/** By code units of the lower case, not by the locale of whoever looks; the key decides between equal ones. */
function byText<Row>(spec: Ordered<Row>, rows: RowSource<Row>, text: (row: Row) => string): Ranking {
  const named = Array.from({ length: rows.length }, (_, at) => {
    const row = rows.peek(at);
    return { key: spec.key(row), text: text(row).toLowerCase() };
  });
  named.sort((a, b) => compare(a.text, b.text) || a.key.length - b.key.length || compare(a.key, b.key));
  return { keys: named.map(({ key }) => key), raised: new Set(), memory: new Map() };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keepOrder(previous: Ranking, keys: readonly string[]): Ranking {
  const now = new Set(keys);
  const known = new Set(previous.keys);
  const { memory, scores } = previous;
  return {
    memory,
    ...(scores === undefined ? {} : { scores }),
    keys: [...previous.keys.filter((key) => now.has(key)), ...keys.filter((key) => !known.has(key))],
    raised: new Set(),
  };
}
