// Tests: how often the sockets are looked at, and when /proc is worth another reading.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type QueueFeed, startQueueFeed } from '../src/app/queues/feed.ts';
import { createSocketOwnerBook } from '../src/app/queues/socket-owner-book.ts';
import type { QueueModel } from '../src/model/queue-row.ts';
import { createVirtualClock, nativeError } from './support/fake-world.ts';
import { ownersOf } from './support/socket-table-builder.ts';
import { QUEUES } from './support/view-queues.ts';

const NOTHING: QueueModel = { rows: [], raised: 0, watchedMs: 0, looked: 0, leftOut: 0 };
const endless = new AbortController().signal;

/** When looks began that take so long each and find this. */
async function looksOf(tookMs: number, count: number, found = QUEUES): Promise<readonly number[]> {
  const clock = createVirtualClock();
  const began: number[] = [];
  return new Promise((resolve) => {
    const feed = startQueueFeed(
      {
        costMs: () => tookMs,
        async look() {
          began.push(clock.now());
          if (began.length === count) {
            feed.stop();
            resolve(began.map((at) => at - (began[0] ?? 0)));
          }
          if (tookMs > 0) await clock.sleep(tookMs, endless);
          return { ...found, looked: began.length };
        },
      },
      clock,
    );
  });
}

test('three looks fit into a second and a half', async () => {
  deepEqual(await looksOf(10, 3), [0, 750, 1500]);
});

test('looks that take long are further apart, so that they take a twenty-fifth of the time', async () => {
  deepEqual(await looksOf(100, 3), [0, 2600, 5200]);
  deepEqual(await looksOf(900, 3), [0, 5900, 11_800]);
});

test('where every queue is empty they take half as much', async () => {
  deepEqual(await looksOf(25, 3, NOTHING), [0, 1275, 2550]);
  deepEqual(await looksOf(10, 3, NOTHING), [0, 750, 1500]);
});

test('a look that the kernel refuses leaves the last one standing, and is tried again', async () => {
  const clock = createVirtualClock();
  let looks = 0;
  const seen: (number | undefined)[] = [];
  await new Promise<void>((resolve) => {
    let feed: QueueFeed | undefined;
    feed = startQueueFeed(
      {
        costMs: () => 0,
        async look() {
          looks++;
          seen.push(feed?.latest()?.looked);
          if (looks === 2) throw nativeError('kNetlinkFailed');
          if (looks === 3) {
            feed?.stop();
            resolve();
          }
          return { ...NOTHING, looked: looks };
        },
      },
      clock,
    );
  });
  deepEqual(seen.slice(1), [1, 1]);
});

test('an owner is looked for once, at once where its queue piles up and seldom where it does not', async () => {
  const clock = createVirtualClock();
  let readings = 0;
  const book = createSocketOwnerBook(
    {
      async socketOwners() {
        readings++;
        return ownersOf([{ pid: 9, name: 'node', inodes: [1, 2, 3, 4] }]);
      },
    },
    clock,
  );
  const learn = (pressing: readonly number[], others: readonly number[]) =>
    book.learn(new Set(pressing), new Set(others));
  await learn([1], [2]);
  deepEqual(
    [readings, book.of(1), book.of(2), book.of(3)],
    [1, [{ pid: 9, name: 'node' }], [{ pid: 9, name: 'node' }], []],
  );
  await learn([1], [2]);
  equal(readings, 1, 'both are known');
  await clock.sleep(600, endless);
  await learn([1], [2, 3]);
  equal(readings, 1, 'a queue that moves can wait');
  await learn([1, 4], [2]);
  equal(readings, 2, 'one that piles up cannot');
  await clock.sleep(31_000, endless);
  await learn([1], []);
  equal(readings, 3, 'a socket may have been handed on');
});

test('where /proc may not be read there are no owners and no failure', async () => {
  const refused = async () => {
    throw nativeError('kProcUnreadable');
  };
  const book = createSocketOwnerBook({ socketOwners: refused }, createVirtualClock());
  await book.learn(new Set([1]), new Set());
  deepEqual(book.of(1), []);
});
