// Owns: lists with lines below their rows: keys and clicks go through the rows, and mean the one that is marked.
// Knows nothing of: terminals.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INITIAL_UI, listOf } from '../src/view/ui-state.ts';
import { fixtureModel, processRow } from './support/view-model.ts';
import { play } from './support/view-play.ts';
import { QUEUES } from './support/view-queues.ts';
import { type Random, seededRandom } from './tui-random.ts';

const RAISED = QUEUES.rows.find(({ raised }) => raised);

/** Processes with pids from 1000 on, of which those in `warned` have a queue that piles up. */
function model(rates: readonly number[], warned: ReadonlySet<number>) {
  if (RAISED === undefined) throw new Error('no queue piles up');
  const rows = [...warned].map((at) => ({ ...RAISED, owners: [{ pid: 1000 + at, name: 'p' }] }));
  return fixtureModel({
    owners: rates.map((rate, at) => processRow(1 + at, 1000 + at, 'root', `p${at}`, [0, rate, 0, rate])),
    queues: { ...QUEUES, rows, raised: rows.length },
  });
}

const rates = (random: Random, count: number) => Array.from({ length: count }, () => 100 * random.below(200));
const pidOf = (key: string | undefined) => (key === undefined ? undefined : 999 + Number(key));
const isWarning = (line: string | undefined) => /^ +! {2}\S/.test(line ?? '');

/** The pid of the row with the mark; undefined where no row or more than one has it. */
function markedPid(lines: readonly string[]): number | undefined {
  const marked = lines.flatMap((line) => /^> +(\d+) /.exec(line)?.[1] ?? []);
  return marked.length === 1 ? Number(marked[0]) : undefined;
}

type Scene = ReturnType<typeof play>;
const moves = (['line', 'page', 'end'] as const).flatMap((by) =>
  ([-1, 1] as const).map((direction) => ({ kind: 'move', by, direction }) as const),
);

function expectMarked(scene: Scene, message: string) {
  const { cursor } = listOf(scene.ui);
  const lines = scene.lines();
  assert.equal(markedPid(lines), pidOf(cursor?.key), message);
  assert.equal(scene.screen().facts.rows?.target(cursor?.key)?.pid, markedPid(lines), message);
}

/** The order without a selection. */
function rankedKeys(scene: Scene): readonly string[] {
  const { ui } = scene;
  scene.ui = INITIAL_UI;
  const keys = scene.keys();
  scene.ui = ui;
  return keys;
}

describe('rows with a line below them', () => {
  test('are each selected in the order shown, downwards and upwards, by lines and by pages', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed);
      const count = 2 + random.below(40);
      const warned = new Set(Array.from({ length: 1 + random.below(6) }, () => random.below(count)));
      const scene = play(model(rates(random, count), warned), INITIAL_UI, {
        columns: 100,
        rows: 16 + random.below(14),
      });
      const order = scene.keys();
      assert.equal(order.length, count);
      const walk = (key: string, by: 'line' | 'page', direction: -1 | 1) => {
        scene.press(key);
        const seen = [listOf(scene.ui).cursor?.key];
        for (let step = 1; step < count; step++) {
          scene.act({ kind: 'move', by, direction });
          expectMarked(scene, `seed ${seed}, ${by} ${direction}, step ${step}`);
          seen.push(listOf(scene.ui).cursor?.key);
        }
        return seen;
      };
      assert.deepEqual(walk('Home', 'line', 1), order, `seed ${seed}`);
      assert.deepEqual(walk('End', 'line', -1), [...order].reverse(), `seed ${seed}`);
      assert.equal(walk('Home', 'page', 1).at(-1), order.at(-1));
      assert.equal(walk('End', 'page', -1).at(-1), order[0]);
      assert.deepEqual(scene.keys(), order, `seed ${seed}`);
    }
  });

  test('keep their order under random keys, clicks and refreshes but for the selected one, which stays', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const count = 5 + random.below(30);
      const scene = play(model(rates(random, count), new Set([0, random.below(count)])), INITIAL_UI, {
        columns: 100,
        rows: 18,
      });
      for (let step = 0; step < 40; step++) {
        const what = `seed ${seed}, step ${step}`;
        const { facts } = scene.screen();
        const before = listOf(scene.ui).cursor;
        if (random.below(4) === 0) {
          scene.sample(model(rates(random, count), new Set([random.below(count), random.below(count)])));
          if (before !== undefined) assert.equal(scene.keys().indexOf(before.key), before.index, what);
        } else {
          const line = facts.firstLine + random.below(facts.pageRows);
          scene.act(random.below(3) === 0 ? { kind: 'click', line, column: 5 } : random.pick(moves));
          if (scene.ui.place.kind !== 'processes') scene.press('Escape');
        }
        const { cursor } = listOf(scene.ui);
        const shown = scene.keys();
        const others = (keys: readonly string[]) => keys.filter((key) => key !== cursor?.key);
        assert.deepEqual(others(shown), others(rankedKeys(scene)), what);
        if (cursor?.key !== before?.key) assert.deepEqual(shown, rankedKeys(scene), what);
        if (cursor !== undefined) expectMarked(scene, what);
      }
    }
  });

  test('are what a click on the line below means', () => {
    const scene = play(model([900, 800, 700, 600], new Set([1])));
    const line = scene.lines().findIndex(isWarning);
    scene.act({ kind: 'click', line, column: 20 });
    assert.equal(listOf(scene.ui).cursor?.key, '2');
    scene.act({ kind: 'click', line: line + 1, column: 20 });
    assert.equal(listOf(scene.ui).cursor?.key, '3');
  });

  test('stand in sight with it when they are the last, and the list is counted in rows', () => {
    const scene = play(
      model(
        Array.from({ length: 40 }, (_, at) => 9000 - at),
        new Set([39]),
      ),
      INITIAL_UI,
      {
        columns: 100,
        rows: 20,
      },
    ).press('End');
    const lines = scene.lines();
    const last = lines.findIndex((line) => line.startsWith('>'));
    assert.ok(isWarning(lines[last + 1]));
    assert.match(lines.join('\n'), / of 40 ─/);
  });
});
