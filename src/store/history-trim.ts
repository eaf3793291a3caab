// Owns: what is deleted and when: by age, each tier by its limit; by size, the oldest of the finest tier first.
// Knows nothing of: how rows came into the tiers; nothing is deleted that the coarser tier does not hold yet.
import { type Db, numberOf, WAL_BYTES } from './history-db.ts';
import { doneOf, floorTo, setMeta, transaction } from './history-roll-up.ts';
import { type HistoryLimits, keptKey, TIER_INDEXES, TIERS, type TierIndex } from './history-tables.ts';

export interface Trim {
  /** @param bucket the newest, seconds since 1970. Whether owners may have been deleted. */
  byAge(bucket: number): boolean;
  bySize(): void;
}

/** Units that one call deletes at most of each tier: the writer must not be held up for long. */
const MOST_UNITS = 12;
const PAGE = 4096;
/** Key of `meta`: the day of the last sweep. */
const SWEPT = 'swept_day';
/** Above the first share of the cap rows are deleted until the second is reached. */
const [HIGH, LOW] = [0.97, 0.94] as const;

export function createTrim(db: Db, { keepSeconds, mostBytes }: HistoryLimits): Trim {
  const cap = mostBytes - WAL_BYTES;
  return {
    byAge(bucket) {
      for (const tier of TIER_INDEXES) {
        const horizon = Math.min(floorTo(bucket - keepSeconds[tier], unitOf(tier)), newestDeletable(db, tier));
        for (let units = 0; units < MOST_UNITS && deleteOldest(db, tier, horizon); units++);
      }
      const today = floorTo(bucket, 86_400);
      if (numberOf(db, 'SELECT value FROM meta WHERE key = ?', SWEPT) >= today) return false;
      sweep(db, today, bucket - keepSeconds[3]);
      return true;
    },
    bySize() {
      if (usedBytes(db) > cap * HIGH) {
        const order = [...TIER_INDEXES];
        for (let units = 0; units < 10 * MOST_UNITS && usedBytes(db) > cap * LOW; units++) {
          const tier = order.find((each) => deleteOldest(db, each, newestDeletable(db, each)));
          if (tier === undefined) break;
        }
      }
      // The cap was lowered since the file grew.
      if (numberOf(db, 'PRAGMA page_count') * PAGE > cap) db.pragma('incremental_vacuum(2000)');
    },
  };
}

/** A tier is deleted in whole buckets of the next one, so that no question meets half of one. */
function unitOf(tier: TierIndex): number {
  return TIERS[Math.min(3, tier + 1) as TierIndex].seconds;
}

function newestDeletable(db: Db, tier: TierIndex): number {
  if (tier < 3) return floorTo(doneOf(db, (tier + 1) as TierIndex), unitOf(tier));
  return floorTo(doneOf(db, 3) - 1, unitOf(3));
}

/** Deletes the oldest unit that ends at or before `horizon`; false: there is none. */
function deleteOldest(db: Db, tier: TierIndex, horizon: number): boolean {
  const { table } = TIERS[tier];
  const oldest = numberOf(db, `SELECT min(ts) FROM ${table}`);
  if (oldest === 0) return false;
  const end = floorTo(oldest, unitOf(tier)) + unitOf(tier);
  if (end > horizon) return false;
  transaction(db, () => {
    db.prepare(`DELETE FROM ${table} WHERE ts < ?`).run(end);
    setMeta(db, keptKey(tier), Math.max(end, numberOf(db, 'SELECT value FROM meta WHERE key = ?', keptKey(tier))));
  });
  return true;
}

function usedBytes(db: Db): number {
  return (numberOf(db, 'PRAGMA page_count') - numberOf(db, 'PRAGMA freelist_count')) * PAGE;
}

/** Once a day: owners and gaps to which nothing points any more. */
function sweep(db: Db, today: number, oldestTs: number): void {
  const used = TIERS.map(({ table }) => `SELECT owner FROM ${table}`).join(' UNION ');
  transaction(db, () => {
    db.exec(`DELETE FROM owner WHERE id NOT IN (${used})`);
    db.prepare('DELETE FROM gap WHERE until_ms < ?').run(oldestTs * 1000);
    setMeta(db, SWEPT, today);
  });
}
