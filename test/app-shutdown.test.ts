// Owns: the order of the end.
// Knows nothing of: what ends.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createShutdown } from '../src/app/shutdown.ts';

test('the screen is given back first and the log last, each thing once, the latest of a stage first', () => {
  const shutdown = createShutdown();
  const order: string[] = [];
  shutdown.add('log', () => order.push('log'));
  shutdown.add('engine', () => order.push('engine 1'));
  shutdown.add('engine', () => order.push('engine 2'));
  shutdown.add('screen', () => order.push('screen'));
  deepEqual(shutdown.run(), []);
  deepEqual(shutdown.run(), []);
  deepEqual(order, ['screen', 'engine 2', 'engine 1', 'log']);
});

test('one thing that fails does not keep the others', () => {
  const shutdown = createShutdown();
  const failure = new Error('engine');
  let closed = false;
  shutdown.add('engine', () => {
    throw failure;
  });
  shutdown.add('log', () => {
    closed = true;
  });
  deepEqual(shutdown.run(), [failure]);
  equal(closed, true);
});

test('the first reason to end is the one that counts', () => {
  const shutdown = createShutdown();
  equal(shutdown.stop.aborted, false);
  shutdown.request('SIGTERM');
  shutdown.request('SIGINT');
  deepEqual([shutdown.stop.aborted, shutdown.reason], [true, 'SIGTERM']);
});
