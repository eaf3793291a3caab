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
}

/** A refresh among those that readers have read. */
export interface Round {
  /** Counts from 1. */
  readonly refresh: number;
  /** The newest one that all readers have read; Infinity where nobody reads. */
  readonly readByAll: number;
  /** The moment of the refresh before, ms since 1970. */
  readonly sinceMs: number;
}

export const NOBODY_READS: Round = { refresh: 1, readByAll: Number.POSITIVE_INFINITY, sinceMs: 0 };

/** Longer than the interval of most readers, a minute. Who stays away longer comes anew. */
export const LONGEST_WAIT_MS = 130_000;
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
}

/** Those who read before the start (of a service that was started again), until the first of them comes. */
const OF_BEFORE = '';

/**
 * A reader is waited for as long as two of its intervals; one that came once, for `LONGEST_WAIT_MS` if it is to return, or
 * as long as the slowest of the others.
 * Where none comes as it used to there is nobody whom waiting keeps from anything: it goes on for `LONGEST_WAIT_MS`.
 */
export function createReaders(): Readers {
  const readers = new Map<string, Reader>([[OF_BEFORE, { refresh: 0, atMs: 0, intervalMs: undefined, returns: true }]]);
  const waitOf = (intervalMs: number) => Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, INTERVALS * intervalMs));
  const forget = (nowMs: number): void => {
    for (const [name, { atMs }] of readers) if (nowMs - atMs > LONGEST_WAIT_MS) readers.delete(name);
  };
  return {
    read({ name, returns }, refresh, nowMs) {
      forget(nowMs);
      readers.delete(OF_BEFORE);
      const before = readers.get(name);
      // At the end of the map is who read last.
      readers.delete(name);
      const [longestAgo] = readers.keys();
      if (longestAgo !== undefined && readers.size >= MOST_READERS) readers.delete(longestAgo);
      readers.set(name, {
        refresh: Math.max(refresh, before?.refresh ?? 0),
        atMs: nowMs,
        intervalMs:
          before === undefined ? undefined : Math.max(nowMs - before.atMs, (before.intervalMs ?? 0) * REMEMBERED),
        returns,
      });
    },
    readByAll(nowMs) {
      forget(nowMs);
      const all = [...readers.values()];
      const isInTime = (reader: Reader, waitMs: number) => nowMs - reader.atMs <= waitMs;
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
  };
}
