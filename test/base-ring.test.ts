// Owns: the behaviour of rings at their edges.
// Knows nothing of: who uses them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRing } from '../src/base/ring.ts';

test('a ring keeps the newest entries, oldest first', () => {
  const ring = createRing<number>(3);
  assert.deepEqual(ring.last(), []);
  assert.equal(ring.at(0), undefined);
  for (const value of [1, 2, 3, 4, 5]) ring.push(value);
  assert.deepEqual(ring.last(), [3, 4, 5]);
  assert.deepEqual(ring.last(2), [4, 5]);
  assert.deepEqual(ring.last(9), [3, 4, 5]);
  assert.deepEqual([ring.at(0), ring.at(-1), ring.at(3), ring.at(-4)], [3, 5, undefined, undefined]);
  ring.clear();
  assert.equal(ring.length, 0);
  assert.equal(ring.at(-1), undefined);
  ring.push(9);
  assert.deepEqual(ring.last(), [9]);
});

test('a ring without room is a mistake', () => {
  assert.throws(() => createRing(0), RangeError);
  assert.throws(() => createRing(2.5), RangeError);
});
