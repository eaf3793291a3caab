// Owns: the tree of processes: parents that moved nothing are asked for, so that no branch hangs in the air.
// Knows nothing of: terminals.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAncestorReader } from '../src/procfs/ancestors.ts';
import { missingAncestors } from '../src/view/owner-ancestors.ts';
import { EMPTY_LIST, INITIAL_UI } from '../src/view/ui-state.ts';
import { statLine, temporaryFolder } from './support/process-files.ts';
import { fixtureModel, processRow } from './support/view-model.ts';
import { play } from './support/view-play.ts';

const row = (id: number, pid: number, parentPid: number) =>
  processRow(id, pid, 'root', `p${pid}`, [10 * id, 0, 1000, 0], { parentPid });

const known: Readonly<Record<number, number>> = { 1: 0, 50: 1, 60: 50, 7: 8, 8: 7 };
const ancestorOf = (pid: number) => {
  const parentPid = known[pid];
  if (parentPid === undefined) return undefined;
  return { pid, parentPid, startTicks: 5, name: `a${pid}`, commandLine: `a${pid} -x`, program: `a${pid}` };
};

test('each missing ancestor stands there once, up to the first process; rings and processes that are gone end it', () => {
  const rows = [row(40, 100, 60), row(41, 101, 60), row(42, 102, 100), row(43, 103, 7), row(44, 104, 999)];
  assert.deepEqual(
    missingAncestors(rows, { ancestorOf }).map(({ pid }) => pid),
    [60, 50, 1, 7, 8],
  );
  assert.deepEqual(missingAncestors(rows, { ancestorOf: undefined }), []);
});

test('the tree is one from the first process on, can be signalled and has no page for who moved nothing', () => {
  const model = { ...fixtureModel({ owners: [row(40, 100, 60), row(41, 101, 50)] }), ancestorOf };
  const list = { ...EMPTY_LIST, group: 'tree' };
  const scene = play(model, { ...INITIAL_UI, sort: 'sent', lists: { processes: list } });
  assert.deepEqual(scene.keys(), ['-2', '-51', '41', '-61', '40']);
  const { rows } = scene.screen().facts;
  assert.deepEqual([rows?.opens('-51'), rows?.target('-51')], [undefined, { pid: 50, startTicks: 5, name: 'a50' }]);
  const text = scene.lines().join('\n');
  assert.match(text, /└─a50/);
  assert.match(text, /└─a50 +- +- +- *$/m);
  assert.doesNotMatch(text, /NaN|undefined/);
  const filtered = play(model, { ...INITIAL_UI, lists: { processes: { ...list, filter: 'pid:100' } } });
  assert.deepEqual(filtered.keys(), ['40']);
});

test('an ancestor is read by its pid: parent, start, and texts that are harmless', (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, '9'));
  writeFileSync(join(root, '9', 'stat'), statLine({ pid: 9, name: 'a) (\u001b[31m', startTicks: 777 }));
  writeFileSync(join(root, '9', 'cmdline'), 'sh\0-c\0\u001b[2J\0');
  const read = createAncestorReader(root);
  const found = read(9);
  assert.deepEqual([found?.parentPid, found?.startTicks, found?.program], [1, 777, 'sh']);
  assert.ok(found?.name.startsWith('a) ('));
  assert.ok(!`${found?.name}${found?.commandLine}`.includes('\u001b'));
  assert.equal(read(10), undefined);
});
