// Owns: that each tier holds what the finer one held: which buckets are complete, and what is added to them later.
// Knows nothing of: how long tiers are kept.
import { type Db, numberOf, rollback } from './history-db.ts';
import type { OwnerBook } from './history-owners.ts';
import { AMOUNTS, type Amounts, foldRows } from './history-row.ts';
import { doneKey, sumsOf, TIER_INDEXES, TIERS, type TierIndex } from './history-tables.ts';

/** Number of the owner, then its amounts. */
export type NumberedRow = readonly [owner: number, ...amounts: Amounts];

export interface RollUp {
  /** Adds rows to a bucket of the finest tier and, where those are complete already, to the buckets around it. */
  add(bucket: number, rows: readonly NumberedRow[]): void;
  /** Makes every bucket that ends at or before `bucket`; each step is a transaction. */
  advance(bucket: number, owners: OwnerBook): void;
}

/** Owners of an hour or a day that are told apart; the remotes of smaller ones become `other`. */
const MOST_OWNERS = 2000;
/** Of source rows of one step: the writer waits no longer than that takes. */
const STEP_SECONDS = [0, 600, 3600, 86_400] as const;

export function createRollUp(db: Db): RollUp {
  const sums = AMOUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
  const columns = ['owner', ...AMOUNTS];
  const values = columns.map((_, at) => `json_extract(value, '$[${at}]')`).join(', ');
  // One statement for all rows: binding each value by itself costs three times as much.
  const inserts = TIERS.map(({ table }) =>
    db.prepare(
      `INSERT INTO ${table}(ts, ${columns.join(', ')}) SELECT ?, ${values} FROM json_each(?) WHERE true
       ON CONFLICT(ts, owner) DO UPDATE SET ${sums}`,
    ),
  );
  const insert = (tier: TierIndex, ts: number, rows: readonly NumberedRow[]) =>
    inserts[tier]?.run(ts, JSON.stringify(rows));
  return {
    add(bucket, rows) {
      if (rows.length === 0) return;
      for (const tier of TIER_INDEXES) {
        const ts = floorTo(bucket, TIERS[tier].seconds);
        if (tier === 0 || ts < beginOrDone(db, tier, ts)) insert(tier, ts, rows);
      }
    },
    advance(bucket, owners) {
      for (const tier of TIER_INDEXES.slice(1)) {
        const finer = (tier - 1) as TierIndex;
        const until = floorTo(tier === 1 ? bucket : doneOf(db, finer), TIERS[tier].seconds);
        for (let from = doneOf(db, tier) || until; from < until; ) {
          const first = numberOf(db, `SELECT min(ts) FROM ${TIERS[finer].table} WHERE ts >= ?`, from);
          // Nothing was written for a while: that while need not be walked through.
          const start = first === 0 ? until : Math.min(until, floorTo(first, TIERS[tier].seconds));
          const end = Math.min(until, floorTo(start, STEP_SECONDS[tier]) + STEP_SECONDS[tier]);
          transaction(db, () => {
            for (const [ts, rows] of summed(db, tier, start, end, owners)) insert(tier, ts, rows);
            setMeta(db, doneKey(tier), end);
          });
          from = end;
        }
      }
    },
  };
}

/** The sums of the finer tier by bucket of this one. */
function summed(db: Db, tier: TierIndex, from: number, until: number, owners: OwnerBook): Map<number, NumberedRow[]> {
  const sql = sumsOf((tier - 1) as TierIndex, TIERS[tier].seconds);
  const byBucket = new Map<number, NumberedRow[]>();
  for (const [ts, ...row] of db.prepare(sql).raw().all(from, until) as [number, ...NumberedRow][]) {
    const bucket = byBucket.get(ts) ?? [];
    bucket.push(row);
    byBucket.set(ts, bucket);
  }
  if (tier > 1) for (const [ts, rows] of byBucket) byBucket.set(ts, folded(rows, owners));
  return byBucket;
}

function folded(rows: NumberedRow[], owners: OwnerBook): NumberedRow[] {
  if (rows.length <= MOST_OWNERS) return rows;
  const known = owners.owners(rows.map(([id]) => id));
  const named = rows.flatMap(([id, ...amounts]) => {
    const owner = known.get(id);
    return owner === undefined ? [] : [{ owner, amounts }];
  });
  return foldRows(named, MOST_OWNERS).map(({ owner, amounts }) => [owners.idOf(owner), ...amounts] as const);
}

/** Up to where a tier is complete, seconds since 1970; 0 in a new file. */
export function doneOf(db: Db, tier: TierIndex): number {
  return numberOf(db, 'SELECT value FROM meta WHERE key = ?', doneKey(tier));
}

/** In a new file a tier begins with the first row; what comes later with an earlier time is added directly. */
function beginOrDone(db: Db, tier: TierIndex, ts: number): number {
  const done = doneOf(db, tier);
  if (done === 0) setMeta(db, doneKey(tier), ts);
  return done || ts;
}

export function setMeta(db: Db, key: string, value: number): void {
  db.prepare('INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)').run(key, value);
}

export function transaction(db: Db, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    rollback(db);
    throw error;
  }
}

export function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
