// Owns: the order of owner rows, text filters on them, and how long rows of ended processes stay.
// Knows nothing of: which key was pressed, and hysteresis of a screen.
import type { OwnerRow } from './model.ts';

/** What rows can be ordered by; each with the direction that people expect first. */
export const ORDER_KEYS = {
  receivedRate: 'descending',
  sentRate: 'descending',
  rate: 'descending',
  receivedBytes: 'descending',
  sentBytes: 'descending',
  bytes: 'descending',
  connections: 'descending',
  pid: 'ascending',
  user: 'ascending',
  program: 'ascending',
} as const satisfies Readonly<Record<string, 'ascending' | 'descending'>>;

export type OrderKey = keyof typeof ORDER_KEYS;

const VALUES: Readonly<Record<OrderKey, (row: OwnerRow) => number | string>> = {
  receivedRate: (row) => row.receivedRate ?? 0,
  sentRate: (row) => row.sentRate ?? 0,
  rate: (row) => (row.receivedRate ?? 0) + (row.sentRate ?? 0),
  receivedBytes: (row) => row.receivedBytes,
  sentBytes: (row) => row.sentBytes,
  bytes: (row) => row.receivedBytes + row.sentBytes,
  connections: (row) => row.connections,
  pid: (row) => row.pid ?? 0,
  user: (row) => row.user,
  program: (row) => row.program.toLowerCase(),
};

/** Keys that decide between rows that are equal by the first one. */
const THEN: Readonly<Record<OrderKey, readonly OrderKey[]>> = {
  receivedRate: ['sentRate', 'receivedBytes', 'sentBytes'],
  sentRate: ['receivedRate', 'sentBytes', 'receivedBytes'],
  rate: ['bytes'],
  receivedBytes: ['sentBytes'],
  sentBytes: ['receivedBytes'],
  bytes: ['receivedBytes'],
  connections: ['bytes'],
  pid: [],
  user: ['bytes'],
  program: ['bytes'],
};

/**
 * The rows in order, as a new array. The order is total: rows that are equal by the key and what follows it stand
 * processes first, then by id, which never changes; `reversed` turns the key itself around, not the ties.
 */
export function orderOwners(rows: readonly OwnerRow[], key: OrderKey, reversed = false): OwnerRow[] {
  const keys: readonly OrderKey[] = [key, ...THEN[key]];
  const steps = keys.map((each, i) => ({
    value: VALUES[each],
    sign: (ORDER_KEYS[each] === 'ascending' ? 1 : -1) * (reversed && i === 0 ? -1 : 1),
  }));
  return [...rows].sort((a, b) => {
    for (const { value, sign } of steps) {
      const order = compare(value(a), value(b));
      if (order !== 0) return order * sign;
    }
    return Number(a.pid === undefined) - Number(b.pid === undefined) || a.id - b.id;
  });
}

/** By code units, not by the locale of whoever looks. */
function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Ages ended processes for views of rates: the function is called once a refresh and leaves out the rows of processes
 * that ended more than `refreshes` calls ago and move nothing. Rows come back if late packets are found to be theirs.
 */
export function createAgeing(refreshes: number): (rows: readonly OwnerRow[]) => readonly OwnerRow[] {
  let ages = new Map<number, number>();
  return (rows) => {
    const next = new Map<number, number>();
    const shown = rows.filter((row) => {
      if (row.state === 'running') return true;
      const moves = (row.sentRate ?? 0) + (row.receivedRate ?? 0) > 0;
      const age = moves ? 1 : (ages.get(row.id) ?? 0) + 1;
      next.set(row.id, age);
      return age <= refreshes;
    });
    ages = next;
    return shown;
  };
}
