// Owns: opening the history file, for one writer or for any number of readers, and what SQLite complains of as a sentence.
// Knows nothing of: what is in the tables.
import { closeSync, constants, fstatSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'libsql';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from './history-tables.ts';

export type Db = InstanceType<typeof Database>;

/** `full`: there is no room on the disk (or beyond the cap); `busy`: another process writes; `bad`: the file is unusable. */
export type HistoryProblem = 'full' | 'busy' | 'bad' | 'missing' | 'newer' | 'denied' | 'other';

/** One sentence without a full stop. */
export class HistoryError extends Error {
  readonly problem: HistoryProblem;

  constructor(problem: HistoryProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HistoryError';
    this.problem = problem;
  }
}

export interface WritableHistory {
  readonly db: Db;
  /** Whether its path leads somewhere else now: what is written then is seen by nobody. */
  isMoved(): boolean;
  /** Whether what SQLite has beside the file was deleted or replaced: then all is in the file, and a log is begun anew. */
  mendLog(): boolean;
  close(): void;
}

const PAGE = 4096;
/** The log grows to this between two checkpoints, besides the file. */
export const WAL_BYTES = 4 * 1024 * 1024;
const WAIT_MS = 2000;

/** Opens or creates (0600) the file and brings its tables up to date. Throws HistoryError. */
export function openForWriting(file: string, mostBytes: number): WritableHistory {
  const lock = takeLock(file);
  const wal = `${file}-wal`;
  const logs = [wal, `${file}-shm`];
  const places = new Map<string, Place>();
  const lookAtLogs = () => {
    for (const path of logs) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found !== undefined) places.set(path, placeOf(found));
    }
  };
  let db: Db | undefined;
  try {
    places.set(file, createPrivate(file));
    db = connect(file, 'rw');
    // Deleted pages can be given back where the cap was lowered; it must come before the first table.
    db.exec('PRAGMA auto_vacuum = incremental');
    db.exec('PRAGMA trusted_schema = 0');
    checkOurs(db, file);
    db.pragma('journal_mode = wal');
    db.exec('PRAGMA synchronous = normal');
    db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
    db.pragma(`wal_autocheckpoint = ${WAL_BYTES / PAGE}`);
    db.exec(`PRAGMA cache_size = -8192`);
    migrate(db);
    db.pragma(`max_page_count = ${Math.floor((mostBytes - WAL_BYTES) / PAGE)}`);
    lookAtLogs();
  } catch (error) {
    db?.close();
    release(lock);
    throw explain(error, file);
  }
  const open = db;
  return {
    db: open,
    isMoved: () => !isAt(file, places.get(file)),
    mendLog() {
      if (logs.every((path) => !places.has(path) || isAt(path, places.get(path)))) return false;
      renewLog(open);
      lookAtLogs();
      return true;
    },
    close() {
      try {
        if (isAt(file, places.get(file))) open.close();
        else leaveBehind(open, file, isAt(wal, places.get(wal)));
      } finally {
        release(lock);
      }
    },
  };
}

/**
 * Who opens the file does not find what is in a log that has no name any more, and would lose it with this process. While
 * somebody reads, the log stays the one without a name, and is emptied each time.
 */
function renewLog(db: Db): void {
  db.pragma('wal_checkpoint(TRUNCATE)');
  try {
    db.pragma('journal_mode = delete');
  } catch (error) {
    if (!codeOf(error).startsWith('SQLITE_BUSY') && codeOf(error) !== 'SQLITE_LOCKED') throw error;
  }
  db.pragma('journal_mode = wal');
  numberOf(db, 'SELECT count(*) FROM meta');
}

/**
 * Closes a file that is not at its path any more. SQLite then leaves its log, and would apply it to whatever is opened
 * there next.
 */
function leaveBehind(db: Db, file: string, leavesLog: boolean): void {
  try {
    // It may be somewhere else, and is whole there.
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // nobody may have it
  }
  db.close();
  if (leavesLog) for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

/** What tells one file from another (stat(2)): a path may be given another one. */
type Place = Pick<Stats, 'dev' | 'ino'>;

function placeOf({ dev, ino }: Stats): Place {
  return { dev, ino };
}

/** Of a path that cannot be looked at nobody knows that it has changed. */
function isAt(path: string, known: Place | undefined): boolean {
  try {
    const now = statSync(path);
    return now.dev === known?.dev && now.ino === known.ino;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(codeOf(error));
  }
}

/** Opens an existing file for questions; a writer may go on. Throws HistoryError. */
export function openForReading(file: string): Db {
  try {
    if (statSync(file).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw explain(error, file);
  }
  let db: Db | undefined;
  try {
    db = connect(file, 'ro');
    db.exec('PRAGMA trusted_schema = 0');
    checkOurs(db, file);
    if (versionOf(db) === 0) throw new HistoryError('bad', `${file} has no history yet`);
    return db;
  } catch (error) {
    db?.close();
    throw explain(error, file);
  }
}

/**
 * SQLite lets several processes write in turn; two services would count everything twice. The lock is a transaction on
 * a file of its own that is never committed: the kernel lets go of it when its process ends, however that happens.
 */
function takeLock(file: string): Db {
  let lock: Db | undefined;
  try {
    createPrivate(`${file}-lock`);
    lock = new Database(uriOf(`${file}-lock`, 'rw'));
    // An empty file, and no journal beside it: nothing is ever written.
    lock.pragma('journal_mode = memory');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (codeOf(error).startsWith('SQLITE_BUSY')) {
      throw new HistoryError('busy', `another nettrace writes its history to ${file}: stop it, or name another file`, {
        cause: error,
      });
    }
    throw explain(error, file);
  }
}

/** Closing alone would keep the transaction for as long as a statement waits for the garbage collector. */
function release(lock: Db): void {
  rollback(lock);
  lock.close();
}

/** Names and addresses of other people are nobody's business; SQLite gives its other files the mode of this one. */
function createPrivate(file: string): Place {
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
  const fd = openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    return placeOf(fstatSync(fd));
  } finally {
    closeSync(fd);
  }
}

function connect(file: string, mode: 'ro' | 'rw'): Db {
  return new Database(uriOf(file, mode), { timeout: WAIT_MS });
}

/** As a URI, since only there SQLite can be told not to create the file. */
function uriOf(file: string, mode: 'ro' | 'rw'): string {
  return `file:${resolve(file).split('/').map(encodeURIComponent).join('/')}?mode=${mode}`;
}

function checkOurs(db: Db, file: string): void {
  const id = numberOf(db, 'PRAGMA application_id');
  const version = versionOf(db);
  const empty = numberOf(db, 'SELECT count(*) FROM sqlite_master') === 0;
  if (id !== APPLICATION_ID && !(id === 0 && version === 0 && empty)) {
    throw new HistoryError('bad', `${file} is a database of another program: name another file`);
  }
  if (version > SCHEMA_VERSION) {
    throw new HistoryError(
      'newer',
      `${file} was written by a newer nettrace (version ${version} of its tables, this one knows ${SCHEMA_VERSION}): update nettrace`,
    );
  }
}

function migrate(db: Db): void {
  const version = versionOf(db);
  if (version === SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    rollback(db);
    throw error;
  }
}

/** Some errors (a full disk) have already ended the transaction. */
export function rollback(db: Db): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK');
  } catch {
    // it was rolled back
  }
}

function versionOf(db: Db): number {
  return numberOf(db, 'PRAGMA user_version');
}

/** The first column of the first row; 0 without one. */
export function numberOf(db: Db, sql: string, ...values: readonly (number | string)[]): number {
  const [row] = db
    .prepare(sql)
    .raw()
    .all(...values) as number[][];
  return row?.[0] ?? 0;
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? '');
}

const CLAUSES: Readonly<Record<string, readonly [HistoryProblem, string]>> = {
  ENOENT: ['missing', 'there is no such file or folder'],
  ENOTDIR: ['missing', 'a part of the path is not a folder'],
  EACCES: ['denied', 'permission denied; it is written by root, so read it as root'],
  EPERM: ['denied', 'permission denied'],
  EROFS: ['denied', 'the file system is read-only'],
  EISDIR: ['bad', 'it is a folder'],
  ELOOP: ['bad', 'it is a symbolic link'],
  ENOSPC: ['full', 'no space left on the device'],
  EDQUOT: ['full', 'the disk quota is used up'],
};

/** What SQLite or the system says as a HistoryError about the file. */
export function explain(error: unknown, file: string): HistoryError {
  if (error instanceof HistoryError) return error;
  const code = codeOf(error);
  const known = CLAUSES[code];
  const say = (problem: HistoryProblem, text: string) =>
    new HistoryError(problem, `the history ${file}: ${text}`, { cause: error });
  if (known !== undefined) return say(...known);
  if (code === 'SQLITE_FULL' || /\bno space\b/i.test(String(error))) return say('full', 'no space left on the device');
  if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED') return say('busy', 'another process holds it');
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') return say('bad', 'it is damaged or no SQLite file');
  if (code.startsWith('SQLITE_CANTOPEN') || String(error).includes('ConnectionFailed')) {
    return say('denied', 'it cannot be opened');
  }
  if (code === 'SQLITE_READONLY') return say('denied', 'it may not be written');
  return say('other', error instanceof Error ? error.message : String(error));
}
