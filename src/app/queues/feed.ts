// Owns: looking at the queues beside everything else: how often, and that a slow look delays nobody.
// Knows nothing of: what a look finds and who shows it.
import type { QueueModel } from '../../model/queue-row.ts';
import { isNativeError } from '../../native/native-error.ts';
import type { Clock } from '../clock.ts';
import type { QueueLooker } from './looker.ts';

export interface QueueFeed {
  /** Of the last look that is done; undefined before the first. */
  latest(): QueueModel | undefined;
  stop(): void;
}

/** Three looks take a second and a half: what piles up is known within three refreshes of a second. */
const INTERVAL_MS = 750;
/** Of the time, CPU time of looks: whoever else keeps the machine busy does not make them fewer. */
const PART = 1 / 25;
/** The same as long as every queue is empty: what begins to pile up is first seen a moment later. */
const CALM_PART = 1 / 50;
/** Fewer looks than this would tell nothing. */
const LONGEST_MS = 5000;

/** Looks at once and then again and again, until it is stopped. A look that the kernel refuses is tried again. */
export function startQueueFeed(looker: QueueLooker, clock: Clock): QueueFeed {
  const ended = new AbortController();
  let latest: QueueModel | undefined;
  const run = async () => {
    while (!ended.signal.aborted) {
      const started = clock.now();
      let part = PART;
      try {
        latest = await looker.look();
        if (latest.rows.every(({ size }) => size === 0)) part = CALM_PART;
      } catch (error) {
        if (!isNativeError(error)) throw error;
      }
      const tookMs = clock.now() - started;
      await clock.sleep(Math.max(INTERVAL_MS - tookMs, Math.min(looker.costMs() / part, LONGEST_MS)), ended.signal);
    }
  };
  void run();
  return { latest: () => latest, stop: () => ended.abort() };
}
