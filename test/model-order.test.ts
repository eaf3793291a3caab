// Tests: stable orders, filters, the ageing of exited rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerRow } from '../src/model/model.ts';
import { createAgeing, ORDER_KEYS, type OrderKey, orderOwners } from '../src/model/order.ts';
import { programName } from '../src/model/program-name.ts';
import { modelOf } from './support/sample-builder.ts';
import { BEFORE, NOW } from './support/world.ts';

const ROWS = modelOf(NOW, BEFORE).owners;
const ids = (rows: readonly OwnerRow[]) => rows.map((row) => row.id);
const row = (id: number): OwnerRow => {
  const found = ROWS.find((each) => each.id === id);
  assert.ok(found);
  return found;
};

test('rows are ordered by their key and then by what follows it', () => {
  assert.deepEqual(ids(orderOwners(ROWS, 'receivedBytes')), [40, 9, 42, 41, 0, 8, 7, 43, 10]);
  assert.deepEqual(ids(orderOwners(ROWS, 'receivedRate')).slice(0, 4), [40, 9, 42, 8]);
  assert.deepEqual(ids(orderOwners(ROWS, 'pid')).slice(-4), [42, 43, 40, 41]);
  assert.deepEqual(ids(orderOwners(ROWS, 'user')).slice(-4), [43, 41, 40, 42]);
});

test('the order does not depend on the order before, for any key in any direction', () => {
  const idle = ROWS.map((each) => ({ ...each, sentRate: 0, receivedRate: 0, sentBytes: 1, receivedBytes: 1 }));
  for (const key of Object.keys(ORDER_KEYS) as OrderKey[]) {
    for (const reversed of [false, true]) {
      const expected = ids(orderOwners(idle, key, reversed));
      assert.deepEqual(ids(orderOwners(idle.toReversed(), key, reversed)), expected);
    }
  }
  assert.deepEqual(ids(orderOwners(idle, 'rate')), [40, 41, 42, 43, 0, 7, 8, 9, 10], 'processes first, then by id');
});

test('an ended process stays for its refreshes, longer while bytes are found to be its own', () => {
  const ended = { ...row(41), sentRate: 0, receivedRate: 0 };
  const age = createAgeing(2);
  const shown = (each: OwnerRow) => age([row(40), each]).includes(each);
  assert.ok(shown(ended));
  assert.ok(shown(ended));
  assert.ok(!shown(ended));
  assert.ok(shown({ ...ended, receivedRate: 5 }));
  assert.ok(shown(ended));
  assert.ok(!shown(ended));
  assert.deepEqual(createAgeing(0)([row(40), ended]), [row(40)]);
});

test('a name is cut to its last part only where it is a path', () => {
  const name = (program: string, commandLine: string, basename: boolean, whole = false) =>
    programName({ ...row(40), program, commandLine, executable: '/opt/My App/run' }, { commandLine: whole, basename });
  assert.equal(name('/usr/bin/curl', '/usr/bin/curl -sS http://a/b', true), 'curl');
  assert.equal(name('/usr/bin/curl', '/usr/bin/curl -sS http://a/b', true, true), 'curl -sS http://a/b');
  assert.equal(name('/usr/bin/curl', '/usr/bin/curl -sS http://a/b', false, true), '/usr/bin/curl -sS http://a/b');
  assert.equal(
    name('nginx: master process /usr/sbin/nginx', 'nginx: master process /usr/sbin/nginx', true),
    'nginx: master process /usr/sbin/nginx',
  );
  assert.equal(name('/opt/My App/run', '/opt/My App/run -x', true), 'run');
  assert.equal(name('/usr/lib/x /y', '/usr/lib/x /y', true), 'x /y');
  assert.equal(name('/', '/', true), '/');
  assert.equal(programName(row(42), { commandLine: true, basename: true }), '[kworker/0:1]');
  assert.equal(programName(row(9), { commandLine: true, basename: true }), 'no socket');
});
