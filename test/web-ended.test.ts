// Tests: rows of ended processes that the page keeps: with what is not kept they add up to the total.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webModule } from './support/web-module.ts';

interface Row {
  readonly id: number;
  readonly pid: number;
  readonly state: string;
  readonly sentTotal: number;
  readonly sentRate?: number;
  readonly endedAt?: number;
}
interface Shown {
  readonly rows: readonly Row[];
  readonly earlier: { readonly sentTotal: number };
}
const { createEnded } = await webModule<{ createEnded(): { add(snapshot: unknown): Shown } }>('ended.js');

const row = (id: number, sentTotal: number, state = 'running', more: object = {}) => ({
  ...{ id, pid: 100 + id, startTime: '2026-11-26T00:00:00.000Z', state, sentTotal, receivedTotal: 0 },
  ...{ sentRate: 5, receivedRate: 0, connections: 1, exitedForMs: 0, ...more },
});
const at = (second: number, processes: readonly object[], earlier = 0) => ({
  time: new Date(Date.UTC(2026, 10, 26, 1) + second * 1000).toISOString(),
  processes,
  exitedEarlier: { sentTotal: earlier, receivedTotal: 0 },
});
const sum = ({ rows, earlier }: Shown) => rows.reduce((all, one) => all + one.sentTotal, earlier.sentTotal);

test('a process that ended stays with zero rates and the time of its end, and the sum is the total', () => {
  const ended = createEnded();
  ended.add(at(0, [row(1, 10), row(2, 20)], 7));
  ended.add(at(1, [row(1, 11), row(2, 30, 'exited', { exitedForMs: 400 })], 7));
  const shown = ended.add(at(2, [row(1, 12)], 37));
  assert.equal(shown.rows.length, 2);
  const [, gone] = shown.rows;
  assert.deepEqual([gone?.state, gone?.sentRate, gone?.sentTotal], ['exited', 0, 30]);
  assert.equal(gone?.endedAt, Date.UTC(2026, 10, 26, 1) + 600);
  assert.equal(shown.earlier.sentTotal, 7);
  assert.equal(sum(shown), 12 + 37);
  // Late packets: it is listed once more, and not twice.
  const late = ended.add(at(3, [row(1, 12), row(2, 31, 'exited', { exitedForMs: 2400 })], 7));
  assert.deepEqual(
    late.rows.map(({ sentTotal }) => sentTotal),
    [12, 31],
  );
});

test('of many the last fifty are kept, and the others are what ended earlier', () => {
  const ended = createEnded();
  ended.add(
    at(
      0,
      Array.from({ length: 80 }, (_, i) => row(i, 1, 'exited')),
    ),
  );
  const shown = ended.add(at(1, [], 80));
  assert.deepEqual([shown.rows.length, shown.rows[0]?.id, shown.earlier.sentTotal], [50, 30, 30]);
});

test('after another start of the service ids are others: nothing is taken for ended', () => {
  const ended = createEnded();
  ended.add(at(0, [row(1, 10), row(2, 20)]));
  assert.equal(ended.add(at(1, [row(1, 1, 'running', { pid: 7 })])).rows.length, 1);
  const fewer = createEnded();
  fewer.add(at(0, [row(1, 10), row(2, 20)]));
  assert.deepEqual(
    fewer.add(at(1, [row(1, 10)])).rows.map(({ id }) => id),
    [1],
  );
});
