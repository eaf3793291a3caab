// Owns: what one transaction writes: rows of ten seconds, their owners, gaps; and that the coarser tiers follow.
// Knows nothing of: threads and where batches come from. One per file; all of it blocks, so it runs beside the event loop.

import { randomBytes } from 'node:crypto';
import { existsSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { type Db, explain, numberOf, openForWriting, rollback } from './history-db.ts';
import { createDebits, type Debits } from './history-debit.ts';
import { createOwnerBook, type OwnerBook } from './history-owners.ts';
import { createRollUp, type NumberedRow, type RollUp } from './history-roll-up.ts';
import type { Amounts, HistoryRow } from './history-row.ts';
import { type HistoryLimits, LAST_WRITE } from './history-tables.ts';
import { createTrim, type Trim } from './history-trim.ts';

export interface Gap {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly reason: 'not-running' | 'not-written' | 'clock-forward' | 'clock-back';
  /** One sentence. */
  readonly text: string;
}

/** What is written at once. */
export interface HistoryBatch {
  /** Wall clock, seconds since 1970, a multiple of ten. */
  readonly bucket: number;
  /** Wall clock in ms from which on rows were counted. */
  readonly sinceMs: number;
  /** Negative amounts: bytes that were written before and have found another owner since. */
  readonly rows: readonly HistoryRow[];
  readonly gaps: readonly Gap[];
  /** Wall clock in ms until which rows were counted. */
  readonly closedMs: number;
  /** Whether the clock can be trusted enough to delete what it says is too old. */
  readonly mayDelete: boolean;
}

export interface HistoryStore {
  readonly db: Db;
  /** When the writer before this one last wrote, in ms since 1970; undefined in a new file. */
  readonly lastWriteMs: number | undefined;
  /** All of it or, with a HistoryError, nothing of it. Then rolls up and deletes what is due. */
  write(batch: HistoryBatch): void;
  /** Whether the file was deleted or replaced since it was opened. */
  isMoved(): boolean;
  /** Whether the log beside it was, and has been begun anew. Throws HistoryError. */
  mendLog(): boolean;
  close(): void;
}

/**
 * Deleting needs room too: SQLite writes what changes to its log first. This much is kept in reserve on the disk and
 * given back when the disk is full, so that old rows can make room for new ones.
 */
const BALLAST_BYTES = 1024 * 1024;
/** The reserve is not taken from a disk that has less than this left. */
const BALLAST_LEAVES = 8 * BALLAST_BYTES;

/** Throws HistoryError. */
export function createHistoryStore(file: string, limits: HistoryLimits): HistoryStore {
  const opened = openForWriting(file, limits.mostBytes);
  const { db } = opened;
  const rollUp = createRollUp(db);
  const parts: Parts = {
    file,
    db,
    owners: createOwnerBook(db),
    rollUp,
    debits: createDebits(db, rollUp),
    trim: createTrim(db, limits),
  };
  keepBallast(file);
  return {
    db,
    lastWriteMs: numberOf(db, 'SELECT value FROM meta WHERE key = ?', LAST_WRITE) || undefined,
    write: (batch) => write(parts, batch),
    isMoved: opened.isMoved,
    mendLog() {
      try {
        return opened.mendLog();
      } catch (error) {
        throw explain(error, file);
      }
    },
    close: () => opened.close(),
  };
}

interface Parts {
  readonly file: string;
  readonly db: Db;
  readonly owners: OwnerBook;
  readonly rollUp: RollUp;
  readonly debits: Debits;
  readonly trim: Trim;
}

function write(parts: Parts, batch: HistoryBatch): void {
  try {
    writeOnce(parts, batch);
  } catch (error) {
    if (explain(error, parts.file).problem !== 'full') throw explain(error, parts.file);
    makeRoom(parts, batch);
    try {
      writeOnce(parts, batch);
    } catch (again) {
      throw explain(again, parts.file);
    }
  }
  follow(parts, batch);
}

function writeOnce({ db, owners, rollUp, debits }: Parts, batch: HistoryBatch): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const numbered = (part: (amount: number) => number) =>
      batch.rows.flatMap(({ owner, amounts }): NumberedRow[] => {
        const own = amounts.map(part) as unknown as Amounts;
        return own.some((amount) => amount !== 0) ? [[owners.idOf(owner), ...own]] : [];
      });
    rollUp.add(
      batch.bucket,
      numbered((amount) => Math.max(0, amount)),
    );
    debits.take(
      batch.bucket,
      numbered((amount) => Math.min(0, amount)),
    );
    const gap = db.prepare('INSERT INTO gap(since_ms, until_ms, reason, text) VALUES (?, ?, ?, ?)');
    for (const { sinceMs, untilMs, reason, text } of batch.gaps) {
      gap.run(Math.round(sinceMs), Math.round(untilMs), reason, text);
    }
    db.prepare('INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)').run(LAST_WRITE, Math.round(batch.closedMs));
    db.exec('COMMIT');
  } catch (error) {
    rollback(db);
    owners.forget();
    debits.undo();
    throw error;
  }
}

/** Rolling up and deleting may fail on a full disk; they are tried again with the next batch, and nothing is lost. */
function follow({ file, db, rollUp, trim, owners }: Parts, batch: HistoryBatch): void {
  try {
    rollUp.advance(batch.bucket, owners);
    if (batch.mayDelete && trim.byAge(batch.bucket)) owners.forget();
    trim.bySize();
    keepBallast(file);
  } catch (error) {
    rollback(db);
    owners.forget();
    const problem = explain(error, file);
    if (problem.problem !== 'full' && problem.problem !== 'busy') throw problem;
  }
}

function makeRoom({ file, db, rollUp, trim, owners }: Parts, batch: HistoryBatch): void {
  try {
    unlinkSync(ballastOf(file));
  } catch {
    // it was given back before
  }
  try {
    rollUp.advance(batch.bucket, owners);
    if (batch.mayDelete) trim.byAge(batch.bucket);
    trim.bySize();
    owners.forget();
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    rollback(db);
    const problem = explain(error, file);
    if (problem.problem === 'bad') throw problem;
  }
}

function ballastOf(file: string): string {
  return `${file}-ballast`;
}

function keepBallast(file: string): void {
  const path = ballastOf(file);
  try {
    if (existsSync(path)) return;
    const { bavail, bsize } = statfsSync(file);
    if (bavail * bsize < BALLAST_LEAVES) return;
    // Random, since some file systems keep no room for zeros.
    writeFileSync(path, randomBytes(BALLAST_BYTES), { mode: 0o600, flag: 'wx' });
  } catch {
    // without it a full disk is waited out
  }
}
