// Owns: that rows follow the numbers without jumping, and that a selected row stays where it is.
// Knows nothing of: columns and screens.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { holdCursor, topFor } from '../src/view/cursor.ts';
import { isLosing, stopOfLoss } from '../src/view/history.ts';
import { troubleLines } from '../src/view/host-line.ts';
import { type Ranking, rank } from '../src/view/ranking.ts';
import { orderOf, readModel, rearrange } from '../src/view/read-model.ts';
import type { Reading } from '../src/view/reading.ts';
import type { Row } from '../src/view/styled-text.ts';
import { INITIAL_UI } from '../src/view/ui-state.ts';
import { FLOWS } from './support/view-flows.ts';
import { inputOf } from './support/view-input.ts';
import { fixtureModel, NOW_MS } from './support/view-model.ts';

const lineText = ({ spans }: Row) => spans.map(({ text }) => text).join('');

/** Rankings after each of the samples, given as score by key. */
function rankAll(samples: readonly Readonly<Record<string, number>>[], smooth = false): Ranking {
  let ranking: Ranking | undefined;
  for (const sample of samples) {
    const keys = Object.keys(sample);
    const score = Float64Array.from(Object.values(sample));
    ranking = rank(ranking, { keys, score, tie: new Float64Array(keys.length) }, smooth);
  }
  assert.ok(ranking);
  return ranking;
}

describe('the order of rows', () => {
  test('the first order is that of the numbers, and nothing in it has risen', () => {
    const ranking = rankAll([{ a: 1, b: 3, c: 2 }]);
    assert.deepEqual(ranking.keys, ['b', 'c', 'a']);
    assert.equal(ranking.raised.size, 0);
  });

  test('a difference of a tenth or less changes no rank at first', () => {
    assert.deepEqual(
      rankAll([
        { a: 100, b: 99 },
        { a: 100, b: 108 },
      ]).keys,
      ['a', 'b'],
    );
    assert.deepEqual(
      rankAll([
        { a: 100, b: 99 },
        { a: 95, b: 104 },
      ]).keys,
      ['a', 'b'],
    );
  });

  test('a larger difference does at once, and the row is told to have risen', () => {
    const ranking = rankAll([
      { a: 100, b: 99 },
      { a: 100, b: 120 },
    ]);
    assert.deepEqual(ranking.keys, ['b', 'a']);
    assert.deepEqual([...ranking.raised], ['b']);
  });

  test('a small difference that lasts five samples counts too', () => {
    const later = { a: 100, b: 105 };
    assert.deepEqual(rankAll([{ a: 100, b: 99 }, later, later, later, later]).keys, ['a', 'b']);
    assert.deepEqual(rankAll([{ a: 100, b: 99 }, later, later, later, later, later]).keys, ['b', 'a']);
  });

  test('rates are smoothed: one quiet sample does not throw a row down, silence does', () => {
    const busy = { a: 1000, b: 300 };
    assert.deepEqual(rankAll([busy, { a: 0, b: 300 }], true).keys, ['a', 'b']);
    assert.deepEqual(rankAll([busy, { a: 0, b: 300 }, { a: 0, b: 300 }], true).keys, ['b', 'a']);
  });

  test('rows without a score keep their order, whatever comes and goes', () => {
    const ranking = rankAll([
      { a: 0, b: 0, c: 5 },
      { b: 0, a: 0, c: 5, d: 0 },
      { d: 0, b: 0, a: 0 },
    ]);
    assert.deepEqual(ranking.keys, ['a', 'b', 'd']);
  });

  test('what is remembered of a row goes with it when rows before it in the sample leave', () => {
    const close = { a: 100, b: 99 };
    const ranking = rankAll([
      { x: 5, y: 6, ...close },
      { x: 5, y: 6, a: 99, b: 100 },
      { a: 99, b: 100 },
    ]);
    assert.deepEqual(ranking.keys, ['a', 'b'], 'b is ahead by less than a tenth, and not for five samples yet');
    assert.equal(ranking.raised.size, 0);
  });

  test('a new busy row enters at its place', () => {
    const ranking = rankAll([
      { a: 100, b: 50 },
      { a: 100, b: 50, c: 70 },
    ]);
    assert.deepEqual(ranking.keys, ['a', 'c', 'b']);
    assert.deepEqual([...ranking.raised], ['c']);
  });
});

describe('a selected row', () => {
  const rows = ['a', 'b', 'c', 'd'].map((key) => ({ key }));
  const keys = (index: number, key: string) => holdCursor(rows, { key, index }).map((row) => row.key);

  test('stays on its line while the others change rank around it', () => {
    assert.deepEqual(keys(0, 'c'), ['c', 'a', 'b', 'd']);
    assert.deepEqual(keys(3, 'a'), ['b', 'c', 'd', 'a']);
    assert.deepEqual(keys(9, 'b'), ['a', 'c', 'd', 'b']);
  });

  test('that is gone changes nothing', () => assert.deepEqual(keys(1, 'x'), ['a', 'b', 'c', 'd']));

  test('stays in sight, and no line is left empty below the last row', () => {
    const room = { pageRows: 10, tall: undefined };
    assert.equal(topFor(12, 0, room, 30), 3);
    assert.equal(topFor(2, 5, room, 30), 2);
    assert.equal(topFor(undefined, 28, room, 30), 20);
    assert.equal(topFor(0, 0, room, 3), 0);
  });
});

/** Pids in the order of the reading. */
function pids({ model, ranking }: Reading): readonly (number | undefined)[] {
  return (ranking?.keys ?? []).map((key) => model.owners.find((row) => String(row.id) === key)?.pid);
}

describe('a reading', () => {
  const order = orderOf(INITIAL_UI);

  test('sorts by received as nethogs does, by sent at once when asked', () => {
    const reading = readModel(fixtureModel(), order, undefined);
    assert.deepEqual(pids(reading).slice(0, 3), [9127, 9201, 48_211]);
    const bySent = rearrange(reading, { ...order, sort: { by: 'sent', reversed: false } });
    assert.deepEqual(pids(bySent).slice(0, 2), [48_211, 9127]);
  });

  test('the first rates sort freely: the order before them was by total', () => {
    const first = readModel(fixtureModel({ first: true }), order, undefined);
    assert.equal(pids(first)[1], 9310);
    const second = readModel(fixtureModel(), order, first);
    assert.equal(pids(second)[1], 9201);
    assert.equal(second.ranking?.raised.size, 0);
  });

  test('has the connections of its place only', () => {
    const model = fixtureModel({ flows: FLOWS });
    const without = readModel(fixtureModel(), { ...order, place: { kind: 'connections' } }, undefined);
    assert.equal(without.ranking, undefined);
    const one = readModel(model, { ...order, place: { kind: 'process', ownerId: 31, from: 'processes' } }, undefined);
    assert.deepEqual(one.ranking?.keys, ['1.1', '2.1', '3.1']);
    const all = readModel(model, { ...order, place: { kind: 'connections' } }, undefined);
    assert.equal(all.ranking?.keys.length, FLOWS.length);
  });

  test('knows for a minute that packets were lost', () => {
    const dropping = fixtureModel({ drops: { kernel: 5, interface: 0, table: 0 } });
    const reading = readModel(dropping, order, undefined);
    assert.equal(isLosing(reading.history, dropping), true);
    const later = { ...dropping, timeMs: NOW_MS + 61_000 };
    assert.equal(isLosing(readModel(later, order, reading).history, later), false);
  });

  test('tells packets that were lost while nettrace did not run from those that a small ring lost', () => {
    const drops = (kernel: number) => ({ drops: { kernel, interface: 0, table: 0 } });
    const at = (seconds: number, kernel: number, intervalMs = 1000) => ({
      ...fixtureModel(drops(kernel)),
      ...{ timeMs: NOW_MS + seconds * 1000, intervalMs },
    });
    const before = readModel(at(0, 0), order, undefined);
    const after = readModel(at(8, 0, 8000), order, before);
    const counted = readModel(at(9, 1941), order, after);
    assert.deepEqual(stopOfLoss(counted.history), { untilMs: NOW_MS + 8000, forMs: 8000, dropped: true });
    const quiet = troubleLines({ ...inputOf(at(9, 1941)), reading: counted }).map(lineText);
    assert.match(quiet.join(' '), /while nettrace was stopped \(8s until \d\d:\d\d:\d\d\): no bytes are missing/);
    const late = readModel(at(30, 2000), order, counted);
    assert.equal(stopOfLoss(late.history), undefined);
    const loud = troubleLines({ ...inputOf(at(30, 2000)), reading: late }).map(lineText);
    assert.match(loud.join(' '), /the kernel drops packets: no bytes are missing; a larger --ring-size helps/);
    assert.deepEqual(troubleLines({ ...inputOf(at(91, 2000)), reading: readModel(at(91, 2000), order, late) }), []);
  });
});
