// Owns: taking back what a row was credited with a moment too early: bytes that have found another owner since.
// Knows nothing of: who found them.
import type { Db } from './history-db.ts';
import type { NumberedRow, RollUp } from './history-roll-up.ts';
import { AMOUNTS, type Amounts, addAmounts, NO_AMOUNTS } from './history-row.ts';
import { TIERS } from './history-tables.ts';

export interface Debits {
  /** Inside a transaction: rows with negative amounts. What the last minute does not hold waits for later rows. */
  take(bucket: number, rows: readonly NumberedRow[]): void;
  /** After a transaction was rolled back: as before `take`. */
  undo(): void;
}

/** Owners are found within seconds. */
const BUCKETS = 7;
/** Owners that may owe at once; beyond that the oldest debts are forgotten. */
const MOST_OWING = 5000;

export function createDebits(db: Db, rollUp: RollUp): Debits {
  const { table, seconds } = TIERS[0];
  const find = db.prepare(`SELECT ${AMOUNTS.join(', ')} FROM ${table} WHERE ts = ? AND owner = ?`).raw();
  let owing: ReadonlyMap<number, Amounts> = new Map();
  let before = owing;
  return {
    take(bucket, rows) {
      before = owing;
      const debts = new Map(owing);
      for (const [owner, ...amounts] of rows) {
        debts.set(owner, addAmounts(debts.get(owner) ?? NO_AMOUNTS, amounts));
      }
      for (const [owner, debt] of debts) {
        const rest: number[] = [...debt];
        for (let at = 0; at < BUCKETS && rest.some((amount) => amount < 0); at++) {
          const ts = bucket - at * seconds;
          const [there] = find.all(ts, owner) as number[][];
          const taken = rest.map((amount, i) => -Math.min(-amount, there?.[i] ?? 0));
          if (taken.every((amount) => amount === 0)) continue;
          rollUp.add(ts, [[owner, ...(taken as unknown as Amounts)]]);
          for (const [i, amount] of taken.entries()) rest[i] = (rest[i] ?? 0) - amount;
        }
        if (rest.some((amount) => amount < 0)) debts.set(owner, rest as unknown as Amounts);
        else debts.delete(owner);
      }
      owing = new Map([...debts].slice(-MOST_OWING));
    },
    undo() {
      owing = before;
    },
  };
}
