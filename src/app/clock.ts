// Owns: monotonic time and waiting as values, and a schedule that does not drift.
// Knows nothing of: what is done at each tick.

export interface Clock {
  /** CLOCK_MONOTONIC in ms. */
  now(): number;
  /** Resolves after `ms`, or at once when `wake` is aborted. */
  sleep(ms: number, wake: AbortSignal): Promise<void>;
}

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, wake) =>
    new Promise((resolve) => {
      if (wake.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        wake.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      wake.addEventListener('abort', done);
    }),
};

/**
 * Yields at start, start + interval, start + 2 intervals, ... until `stop`; what the caller does between two ticks does
 * not shift the later ones, and ticks that it was too late for are skipped.
 */
export async function* ticks(clock: Clock, intervalMs: number, stop: AbortSignal): AsyncGenerator<void, void, void> {
  const start = clock.now();
  for (let tick = 0; !stop.aborted; ) {
    yield;
    tick = Math.max(tick + 1, Math.floor((clock.now() - start) / intervalMs));
    await clock.sleep(Math.max(0, start + tick * intervalMs - clock.now()), stop);
  }
}
