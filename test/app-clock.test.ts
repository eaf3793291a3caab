// Owns: the promises of the schedule: no drift, no queue of missed ticks, an end at once.
// Knows nothing of: what happens at a tick.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock, ticks } from '../src/app/clock.ts';

/** A clock that only moves in sleep(), and oversleeps by `lateMs`. */
function manualClock(lateMs: number): Clock & { advance(ms: number): void } {
  let now = 500;
  return {
    now: () => now,
    async sleep(ms) {
      now += ms + lateMs;
    },
    advance(ms) {
      now += ms;
    },
  };
}

async function collect(clock: Clock, count: number, work: (tick: number) => void): Promise<number[]> {
  const stop = new AbortController();
  const times: number[] = [];
  for await (const _ of ticks(clock, 1000, stop.signal)) {
    times.push(clock.now() - 500);
    if (times.length === count) stop.abort();
    work(times.length);
  }
  return times;
}

test('the first tick comes at once and a late wake-up does not shift the ones after it', async () => {
  deepEqual(await collect(manualClock(7), 5, () => {}), [0, 1007, 2007, 3007, 4007]);
});

test('ticks that were missed while the caller worked are skipped, not made up for', async () => {
  const clock = manualClock(0);
  const slowOnce = (tick: number) => {
    if (tick === 2) clock.advance(3400);
  };
  deepEqual(await collect(clock, 4, slowOnce), [0, 1000, 4400, 5000]);
});

test('a sleeper wakes when it is told to, and one that is told before does not sleep', async () => {
  const wake = new AbortController();
  const before = systemClock.now();
  setTimeout(() => wake.abort(), 10);
  await systemClock.sleep(60_000, wake.signal);
  await systemClock.sleep(60_000, wake.signal);
  equal(systemClock.now() - before < 5000, true);
});
