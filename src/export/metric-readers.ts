// Owns: who reads metrics, how often, and up to which refresh all of them have read: what is new by then has been seen.
// Knows nothing of: how they read and what.

/** Somebody who reads metrics. */
export interface MetricsReader {
  readonly name: string;
  /** It says that it comes again and again, as a server of metrics; not so somebody with a browser. */
  readonly returns: boolean;
}

export interface Readers {
  /** @param refresh the one whose values it got; @param nowMs a clock that begins at 0 with the counting */
  read(reader: MetricsReader, refresh: number, nowMs: number): void;
  /** The newest refresh of which everybody who is waited for has read this one or a later one; Infinity: nobody is. */
  readByAll(nowMs: number): number;
  /** The last refresh that a reader got; undefined: it has not come before, or too long ago. */
  lastOf(name: string, nowMs: number): number | undefined;
  /** Of those who come more seldom than others can wait for. */
  readBySeldom(nowMs: number): SeldomRead;
}

/** Infinity: there are none. */
export interface SeldomRead {
  /** All of them have read this refresh or a later one. */
  readonly last: number;
  /** And this one with a reading before that. */
  readonly before: number;
}

/** A refresh among those that readers have read. */
export interface Round {
  /** Counts from 1. */
  readonly refresh: number;
  /** The newest one that all readers have read; Infinity where nobody reads. */
  readonly readByAll: number;
  readonly readBySeldom: SeldomRead;
  /** The moment of the refresh before, ms since 1970. */
  readonly sinceMs: number;
}

const NEVER: SeldomRead = { last: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY };
export const NOBODY_READS: Round = { refresh: 1, readByAll: NEVER.last, readBySeldom: NEVER, sinceMs: 0 };

/** Series that hold back what they have, and end. */
export interface Life {
  /** The refresh that had them first. */
  readonly born: number;
  /** False: they are told to be 0, until everybody has read them so. */
  readonly shown: boolean;
  /** The last refresh that told another value than the one before. */
  readonly changed: number;
}

/** Everybody has read all that series say. Who comes seldom has read them at 0 first. */
export function isReadByAll({ born, shown, changed }: Life, { readByAll, readBySeldom }: Round): boolean {
  return shown && changed <= readByAll && changed <= readBySeldom.last && born <= readBySeldom.before;
}

/** @param since the refresh that a reader has read before; undefined: it is told what all are */
export function isTold({ born, shown }: Life, since: number | undefined): boolean {
  return shown && (since === undefined || born <= since);
}

/** Longer than the interval of most readers, a minute. Nobody waits longer for another one. */
export const LONGEST_WAIT_MS = 130_000;
/** Twice five minutes, and some. Who stays away longer comes anew. */
const LONGEST_SELDOM_MS = 660_000;
/** A reader that comes each second may miss some. */
const LEAST_WAIT_MS = 10_000;
const MOST_READERS = 16;
/** One may be missed: the next comes after two intervals. */
const INTERVALS = 2;
/** Of the longest interval, with each shorter one: an interval that was changed is learned. */
const REMEMBERED = 0.9;

interface Reader {
  readonly refresh: number;
  readonly atMs: number;
  /** The longest of late between two readings; undefined: it came once. */
  readonly intervalMs: number | undefined;
  readonly returns: boolean;
  /** What it had read before that. */
  readonly before: number;
}

/** Those who read before the start (of a service that was started again), until the first of them comes. */
const OF_BEFORE = '';

/**
 * A reader is waited for as long as two of its intervals; one that came once, for `LONGEST_WAIT_MS` if it is to return, or
 * as long as the slowest of the others.
 * Where none comes as it used to there is nobody whom waiting keeps from anything: it goes on for `LONGEST_WAIT_MS`.
 * One whose interval is longer than that is waited for by nobody but series that end; what is new to it is told to it
 * alone.
 */
export function createReaders(): Readers {
  const start: Reader = { refresh: 0, atMs: 0, intervalMs: undefined, returns: true, before: 0 };
  const readers = new Map<string, Reader>([[OF_BEFORE, start]]);
  const isSeldom = ({ intervalMs = 0 }: Reader) => intervalMs > LONGEST_WAIT_MS;
  const waitOf = (intervalMs: number) => Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, INTERVALS * intervalMs));
  const forget = (nowMs: number): void => {
    for (const [name, { atMs }] of readers) if (nowMs - atMs > LONGEST_SELDOM_MS) readers.delete(name);
  };
  return {
    read({ name, returns }, refresh, nowMs) {
      forget(nowMs);
      readers.delete(OF_BEFORE);
      const known = readers.get(name);
      // At the end of the map is who read last.
      readers.delete(name);
      const [longestAgo] = readers.keys();
      if (longestAgo !== undefined && readers.size >= MOST_READERS) readers.delete(longestAgo);
      const last = Math.max(refresh, known?.refresh ?? 0);
      readers.set(name, {
        refresh: last,
        atMs: nowMs,
        intervalMs:
          known === undefined ? undefined : Math.max(nowMs - known.atMs, (known.intervalMs ?? 0) * REMEMBERED),
        returns,
        // Its first values are a beginning, whatever they are.
        before: known?.refresh ?? last,
      });
    },
    readByAll(nowMs) {
      forget(nowMs);
      const isInTime = (reader: Reader, waitMs: number) => nowMs - reader.atMs <= waitMs;
      const all = [...readers.values()].filter((reader) => !isSeldom(reader) && isInTime(reader, LONGEST_WAIT_MS));
      const waits = all.flatMap((reader) => {
        const waitMs = reader.intervalMs === undefined ? undefined : waitOf(reader.intervalMs);
        return waitMs !== undefined && isInTime(reader, waitMs) ? [waitMs] : [];
      });
      const slowest = Math.max(...waits);
      const ofFirst = (reader: Reader) => (reader.returns ? LONGEST_WAIT_MS : slowest);
      const expected =
        waits.length === 0
          ? all
          : all.filter((one) => isInTime(one, one.intervalMs === undefined ? ofFirst(one) : waitOf(one.intervalMs)));
      return Math.min(...expected.map(({ refresh }) => refresh));
    },
    lastOf(name, nowMs) {
      forget(nowMs);
      return readers.get(name)?.refresh;
    },
    readBySeldom(nowMs) {
      forget(nowMs);
      // Of a server that came once nobody knows how often it does.
      const seldom = [...readers].flatMap(([name, one]) =>
        name !== OF_BEFORE && (isSeldom(one) || (one.intervalMs === undefined && one.returns)) ? [one] : [],
      );
      return {
        last: Math.min(...seldom.map(({ refresh }) => refresh)),
        before: Math.min(...seldom.map(({ before }) => before)),
      };
    },
  };
}
