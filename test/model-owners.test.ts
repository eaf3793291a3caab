// Tests: owner rows: names, reasons, shares of interfaces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildModel, createModelBuilder } from '../src/model/build-model.ts';
import type { Model } from '../src/model/model.ts';
import { modelOf, reasonNumber, sampleOf } from './support/sample-builder.ts';
import type { RowOf, SnapshotRows } from './support/snapshot-builder.ts';
import { BEFORE, NOW } from './support/world.ts';

const NONE = reasonNumber('none');
const owner = (model: Model, id: number) => model.owners.find((row) => row.id === id);

/** One process with one account, sampled at a monotonic time. */
function single(monotonicMs: number, account: RowOf<'accounts'>, process: RowOf<'owners'> = {}): SnapshotRows {
  return {
    meta: [{ monotonicMs }],
    interfaces: [{ name: 'eth0' }],
    owners: [{ id: 50, kind: 'process', reason: NONE, pid: 7, name: 'nc', commandLine: 'nc\0-l\0', ...process }],
    accounts: [{ owner: 50, ...account }],
  };
}

test('the first sample has totals and no rates', () => {
  const model = modelOf(BEFORE);
  assert.equal(model.intervalMs, 0);
  for (const row of [...model.owners, ...model.interfaces, model.total]) {
    assert.equal(row.sentRate, undefined);
    assert.equal(row.receivedRate, undefined);
  }
  assert.equal(owner(model, 40)?.sentBytes, 20_000_500);
  assert.equal(model.self.cpu, undefined);
});

test('a rate is what was added over the monotonic time between, whatever the wall clock says', () => {
  const before = single(1000, { receivedBytes: 1000, sentBytes: 10 });
  const now = { ...single(3500, { receivedBytes: 6000, sentBytes: 10 }), meta: [{ monotonicMs: 3500, realtimeMs: 5 }] };
  const row = owner(modelOf(now, before), 50);
  assert.equal(row?.receivedRate, 2000);
  assert.equal(row?.sentRate, 0);
});

test('the age of a process ends with it; of a start that is not known there is none', () => {
  const at = (process: RowOf<'owners'>) => {
    const rows = { ...single(9000, { sentBytes: 1 }, process), meta: [{ monotonicMs: 9000, realtimeMs: 1_000_000 }] };
    return owner(modelOf(rows), 50)?.ageMs;
  };
  assert.equal(at({ startMs: 700_000 }), 300_000);
  assert.equal(at({ startMs: 700_000, exited: 1, exitedMs: 4000 }), 295_000);
  assert.equal(at({ startMs: 0 }), undefined);
  assert.equal(at({ startMs: 1_000_500 }), 0);
});

test('a counter that went back or a clock that stood still gives no negative and no infinite rate', () => {
  const back = owner(modelOf(single(2000, { receivedBytes: 10 }), single(1000, { receivedBytes: 99 })), 50);
  assert.equal(back?.receivedRate, 0);
  assert.equal(back?.receivedBytes, 10);
  const still = owner(modelOf(single(1000, { receivedBytes: 99 }), single(1000, { receivedBytes: 10 })), 50);
  assert.equal(still?.receivedRate, undefined);
  const reversed = owner(modelOf(single(1000, { receivedBytes: 99 }), single(2000, { receivedBytes: 10 })), 50);
  assert.equal(reversed?.receivedRate, undefined);
});

test('an owner that is new since the sample before has all its bytes in its rate', () => {
  const model = modelOf(single(2000, { receivedBytes: 500 }), { meta: [{ monotonicMs: 1000 }] });
  assert.equal(owner(model, 50)?.receivedRate, 500);
});

test('the totals and rates of a row are the sums of its shares, the busiest interface first', () => {
  const row = owner(modelOf(NOW, BEFORE), 40);
  assert.deepEqual(
    row?.interfaces.map((share) => [share.name, share.sentBytes, share.sentRate]),
    [
      ['eth0', 81_200_000, 61_200_000],
      ['wg0', 500, 0],
    ],
  );
  assert.equal(row?.sentBytes, 81_200_500);
  assert.equal(row?.sentRate, 61_200_000);
});

test('rows without a process have a name, a reason and its sentence', () => {
  const model = modelOf(NOW, BEFORE);
  const names = model.owners.filter((row) => row.pid === undefined).map((row) => [row.name, row.reason, row.program]);
  assert.deepEqual(names, [
    ['unknown', 'pending', 'unknown'],
    ['kernel', 'icmp', 'kernel'],
    ['forwarded', 'forwarded', 'forwarded'],
    ['no socket', 'closed-port', 'no socket'],
    ['exited processes', 'exited-folded', 'exited processes'],
  ]);
  assert.equal(owner(model, 9)?.reasonText, 'no socket at that local port');
  assert.equal(owner(model, 9)?.user, '');
});

test('an owner without bytes has no row', () => {
  assert.deepEqual(modelOf(single(1, {})).owners, []);
});

test('rows are in order of id, however the snapshot has them', () => {
  const owners = NOW.owners?.toReversed() ?? [];
  const ids = modelOf({ ...NOW, owners }).owners.map((row) => row.id);
  assert.deepEqual(ids, [0, 7, 8, 9, 10, 40, 41, 42, 43]);
});

test('the program is the first argument, the name in brackets where there is none', () => {
  const program = (process: RowOf<'owners'>) => {
    const row = owner(modelOf(single(1, { sentBytes: 1 }, process)), 50);
    return [row?.program, row?.commandLine];
  };
  assert.deepEqual(program({}), ['nc', 'nc -l']);
  assert.deepEqual(program({ commandLine: 'nginx: worker process\0\0\0\0' }), [
    'nginx: worker process',
    'nginx: worker process',
  ]);
  assert.deepEqual(program({ commandLine: '', name: 'kworker/0:1' }), ['[kworker/0:1]', '']);
  assert.deepEqual(program({ commandLine: '\0-x\0' }), ['[nc]', ' -x']);
});

test('a user without a name is shown by id', () => {
  assert.equal(owner(modelOf(NOW), 43)?.user, '4242');
  assert.equal(owner(modelOf(NOW), 40)?.user, 'postgres');
});

test('a process that has ended keeps its totals and says for how long', () => {
  const row = owner(modelOf(NOW, BEFORE), 41);
  assert.equal(row?.state, 'exited');
  assert.equal(row?.exitedForMs, 500);
  assert.equal(row?.receivedBytes, 5900);
  assert.equal(row?.receivedRate, 0);
});

test('folding ended processes into one row is no traffic', () => {
  const folded = (bytes: number, monotonicMs: number): SnapshotRows => ({
    meta: [{ monotonicMs }],
    owners: [{ id: 10, kind: 'process', reason: reasonNumber('exited-folded') }],
    accounts: [{ owner: 10, receivedBytes: bytes }],
  });
  const row = owner(modelOf(folded(9000, 2000), folded(10, 1000)), 10);
  assert.equal(row?.receivedBytes, 9000);
  assert.equal(row?.receivedRate, 0);
  assert.equal(row?.state, 'exited');
});

test('exec, setuid and rename are seen although texts are kept', () => {
  const build = createModelBuilder();
  const read = (process: RowOf<'owners'>) => owner(build(sampleOf(single(1, { sentBytes: 1 }, process))), 50);
  assert.equal(read({})?.program, 'nc');
  assert.equal(read({})?.program, 'nc');
  assert.equal(read({ commandLine: 'cat\0' })?.program, 'cat');
  assert.equal(read({ name: 'renamed' })?.name, 'renamed');
  assert.equal(read({ uid: 33, user: 'www-data' })?.user, 'www-data');
  assert.equal(read({ uid: 33, user: 'web' })?.user, 'web');
  assert.equal(read({ executable: '/usr/bin/nc (deleted)' })?.executable, '/usr/bin/nc (deleted)');
});

test('texts of an owner that went away do not come back with another process of that id', () => {
  const build = createModelBuilder();
  const ended = { exited: 1, exitedMs: 1 };
  build(sampleOf(single(1, { sentBytes: 1 }, ended)));
  build(sampleOf({}));
  const row = owner(build(sampleOf(single(1, { sentBytes: 1 }, { ...ended, commandLine: 'other\0' }))), 50);
  assert.equal(row?.program, 'other');
});

test('a model is the same with and without texts kept from before', () => {
  const build = createModelBuilder();
  build(sampleOf(BEFORE));
  const kept = build(sampleOf(NOW));
  const fresh = buildModel(sampleOf(NOW), sampleOf(BEFORE));
  const plain = (rows: typeof kept.owners) => rows.map((row) => ({ ...row, ends: row.ends?.remotes }));
  assert.deepEqual(plain(kept.owners), plain(fresh.owners));
});
