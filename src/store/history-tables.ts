// Owns: the tables of the history file as SQL (docs/history.md), its versions and the way from one to the next.
// Knows nothing of: who reads and writes them.
import { AMOUNTS } from './history-row.ts';

/** `NtHi`: tells the file from other SQLite files (`file`(1) and `pragma application_id`). */
export const APPLICATION_ID = 0x4e744869;

export interface Tier {
  readonly table: string;
  /** Length of a bucket. */
  readonly seconds: number;
  readonly view: string;
}

export type TierIndex = 0 | 1 | 2 | 3;

/** From fine to coarse; each bucket is a whole number of the finer tier's, and begins at a multiple of its length in UTC. */
export const TIERS = [
  { table: 'ten_seconds', seconds: 10, view: 'history_10s' },
  { table: 'minute', seconds: 60, view: 'history_minute' },
  { table: 'hour', seconds: 3600, view: 'history_hour' },
  { table: 'day', seconds: 86_400, view: 'history_day' },
] as const satisfies readonly Tier[];

export const TIER_INDEXES: readonly TierIndex[] = [0, 1, 2, 3];

/** How long each tier is kept, in seconds, and how large the file may become. */
export interface HistoryLimits {
  readonly keepSeconds: readonly [number, number, number, number];
  readonly mostBytes: number;
}

export const DEFAULT_LIMITS: HistoryLimits = {
  keepSeconds: [3600, 2 * 86_400, 60 * 86_400, 5 * 365 * 86_400],
  mostBytes: 512 * 1024 * 1024,
};

const amountColumns = AMOUNTS.map((name) => `${name} INTEGER NOT NULL`).join(', ');

// The bucket first: inserts append, and a range of time is one range of the tree.
const tierTables = TIERS.map(
  ({ table }) =>
    `CREATE TABLE ${table}(ts INTEGER NOT NULL, owner INTEGER NOT NULL, ${amountColumns}, PRIMARY KEY(ts, owner)) WITHOUT ROWID;`,
).join('\n');

const tierViews = TIERS.map(
  ({ table, view }) => `CREATE VIEW ${view} AS
  SELECT datetime(ts, 'unixepoch') AS utc, ts AS unix_time, kind, program, user, unit, container, remote, interface, reason,
    repeated, sent AS sent_bytes, received AS received_bytes, sent_payload AS sent_payload_bytes,
    received_payload AS received_payload_bytes, sent_packets, received_packets, retransmitted AS retransmitted_bytes
  FROM ${table} JOIN owner ON owner.id = ${table}.owner;`,
).join('\n');

/**
 * The step at index n makes version n + 1 (`pragma user_version`) from version n. Steps are only ever added: a file of
 * any earlier version is brought up to date by the next writer, in one transaction.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE owner(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, program TEXT NOT NULL, reason TEXT NOT NULL,
    user TEXT NOT NULL, unit TEXT NOT NULL, container TEXT NOT NULL, remote TEXT NOT NULL, interface TEXT NOT NULL,
    repeated INTEGER NOT NULL,
    UNIQUE(program, remote, user, interface, unit, container, kind, reason, repeated));
  ${tierTables}
  CREATE TABLE gap(id INTEGER PRIMARY KEY, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, reason TEXT NOT NULL,
    text TEXT NOT NULL);
  CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  ${tierViews}
  CREATE VIEW gaps AS SELECT datetime(since_ms / 1000, 'unixepoch') AS since_utc,
    datetime(until_ms / 1000, 'unixepoch') AS until_utc, reason, text FROM gap;`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Keys of `meta` for each tier: up to where it is complete, from where on it is kept; both seconds since 1970. */
export function doneKey(tier: TierIndex): string {
  return `done_${TIERS[tier].table}`;
}

export function keptKey(tier: TierIndex): string {
  return `kept_${TIERS[tier].table}`;
}

/** When something was last written, in ms since 1970. */
export const LAST_WRITE = 'last_write_ms';

/** `SELECT` of a tier's sums for (a bucket of `seconds`, owner) in [?, ?). */
export function sumsOf(tier: TierIndex, seconds: number): string {
  const sums = AMOUNTS.map((name) => `sum(${name})`).join(', ');
  return `SELECT ts / ${seconds} * ${seconds} AS bucket, owner, ${sums} FROM ${TIERS[tier].table} WHERE ts >= ? AND ts < ? GROUP BY bucket, owner`;
}
