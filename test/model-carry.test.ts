// Tests: totals that go on after the engine was replaced: who is who, the books, what is folded, two restarts.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type Carry, takeCarry, withCarry } from '../src/model/carry.ts';
import type { InterfaceRow, Model, OwnerRow } from '../src/model/model.ts';
import { sumOf } from '../src/model/sums.ts';
import { modelOf as builtOf } from './support/sample-builder.ts';
import {
  fixtureModel,
  interfaceRow,
  ledgerOf,
  NOW_MS,
  type Numbers,
  processRow,
  reasonRow,
} from './support/view-model.ts';
import { BEFORE, NOW } from './support/world.ts';

const nobody = () => false;
const everybody = () => true;

/** A model whose total is that of its rows. */
function modelOf(owners: readonly OwnerRow[], interfaces: readonly InterfaceRow[] = []): Model {
  return { ...fixtureModel({ owners, interfaces }), total: sumOf(owners) };
}

const row = (id: number, pid: number, bytes: number, more: Partial<OwnerRow> = {}) =>
  processRow(id, pid, 'alice', `/usr/bin/p${pid}`, [5, 5, bytes, bytes * 2], more);

/** As it comes out of the file. */
const kept = (model: Model): Carry => JSON.parse(JSON.stringify(takeCarry(model)));

const listed = (model: Model) => model.owners.map(({ pid, state, sentBytes }) => [pid, state, sentBytes]);

function closes(model: Model): void {
  const { sentBytes, receivedBytes, sentPackets } = sumOf(model.owners);
  deepEqual(
    [sentBytes, receivedBytes, sentPackets],
    [model.total.sentBytes, model.total.receivedBytes, model.total.sentPackets],
  );
}

test('a process that goes on has one row with both totals, the id of the new engine and its rates alone', () => {
  const carry = kept(modelOf([row(7, 100, 1000)]));
  const now = withCarry(modelOf([row(1, 100, 50)]), carry, everybody);
  deepEqual(listed(now), [[100, 'running', 1050]]);
  const [only] = now.owners;
  deepEqual([only?.id, only?.sentRate, only?.interfaces.length], [1, 5, 1]);
  deepEqual([only?.interfaces[0]?.sentBytes, only?.interfaces[0]?.sentRate], [1050, 5]);
  equal(now.total.receivedBytes, 2100);
  closes(now);
});

test('a pid that is used again is another process, and a clock that was set makes nobody another one', () => {
  const carry = kept(modelOf([row(7, 100, 1000, { startTicks: 500 })]));
  const again = withCarry(modelOf([row(1, 100, 50, { startTicks: 900 })]), carry, nobody);
  deepEqual(listed(again), [
    [100, 'running', 50],
    [100, 'exited', 1000],
  ]);
  closes(again);
  const dayLater = row(1, 100, 50, { startTicks: 500, startMs: NOW_MS + 86_400_000 });
  deepEqual(listed(withCarry(modelOf([dayLater]), carry, everybody)), [[100, 'running', 1050]]);
});

test('of two processes that had one pid after the other each keeps its own', () => {
  const carry = kept(modelOf([row(7, 100, 1000, { startTicks: 500 }), row(8, 100, 200, { startTicks: 700 })]));
  const now = withCarry(modelOf([row(1, 100, 1, { startTicks: 500 })]), carry, nobody);
  deepEqual(listed(now), [
    [100, 'running', 1001],
    [100, 'exited', 200],
  ]);
});

test('a process of which the new engine knows nothing yet stays, without rates, and has ended if it is not there', () => {
  const carry = kept(modelOf([row(7, 100, 1000), row(8, 101, 10)]));
  const now = withCarry(modelOf([]), carry, (pid) => pid === 100);
  deepEqual(listed(now), [
    [100, 'running', 1000],
    [101, 'exited', 10],
  ]);
  for (const { sentRate, connections, usage, interfaces } of now.owners) {
    deepEqual([sentRate, connections, usage, interfaces[0]?.sentRate], [0, 0, undefined, 0]);
  }
  equal(new Set(now.owners.map(({ id }) => id)).size, 2);
});

test('bytes without a process are added up by their reason', () => {
  const numbers: Numbers = [1, 1, 300, 40];
  const kernel = (id: number) => reasonRow(id, 'kernel', 'icmp', 'ICMP', numbers);
  const closed = reasonRow(9, 'no-socket', 'closed-port', 'a closed port', numbers);
  const now = withCarry(modelOf([kernel(1)]), kept(modelOf([kernel(4), closed])), nobody);
  deepEqual(
    now.owners.map(({ kind, sentBytes }) => [kind, sentBytes]),
    [
      ['kernel', 600],
      ['no-socket', 300],
    ],
  );
  closes(now);
});

test('who had ended before is one row with all ended ones: restarts add no rows for good', () => {
  const first = modelOf([
    row(1, 100, 1000),
    row(2, 101, 10, { state: 'exited' }),
    row(3, 102, 20, { state: 'exited' }),
  ]);
  const second = withCarry(modelOf([row(1, 200, 5)]), kept(first), nobody);
  deepEqual(listed(second), [
    [200, 'running', 5],
    [100, 'exited', 1000],
    [undefined, 'exited', 30],
  ]);
  closes(second);
  const third = withCarry(modelOf([row(1, 200, 7)]), kept(second), everybody);
  deepEqual(listed(third), [
    [200, 'running', 12],
    [undefined, 'exited', 1030],
  ]);
  equal(third.total.sentBytes, 1042);
  closes(third);
  const folded = third.owners[1];
  deepEqual([folded?.name, folded?.interfaces[0]?.sentBytes], ['exited processes', 1030]);
});

test("the new engine's own row of ended processes takes them in", () => {
  const own = row(4, 0, 500, { pid: undefined, state: 'exited', name: 'exited processes', reason: 'pending' });
  const carry = kept(modelOf([row(2, 101, 10, { state: 'exited' }), { ...own, reason: 'unknown' }]));
  deepEqual(listed(withCarry(modelOf([own]), carry, nobody)), [[undefined, 'exited', 1010]]);
});

test('an interface that comes again adds up with its ledger; one that is gone stays, with a slot of its own', () => {
  const wire = { sentBytes: 700, receivedBytes: 70 };
  const eth = (slot: number) =>
    interfaceRow(slot, 'eth0', [9, 9, 700, 70], { frames: 5, kernelDrops: 2, ledger: ledgerOf(wire) });
  const before = modelOf([], [eth(0), interfaceRow(1, 'wg0', [3, 3, 10, 20])]);
  const now = withCarry(modelOf([], [eth(4), interfaceRow(5, 'wg1', [1, 1, 1, 1])]), kept(before), nobody);
  deepEqual(
    now.interfaces.map(({ name, state, sentBytes, sentRate }) => [name, state, sentBytes, sentRate]),
    [
      ['eth0', 'capturing', 1400, 9],
      ['wg1', 'capturing', 1, 1],
      ['wg0', 'gone', 10, 0],
    ],
  );
  const [first] = now.interfaces;
  deepEqual([first?.frames, first?.kernelDrops, first?.ledger.wire.sentBytes], [10, 4, 1400]);
  equal(first?.ledger.parts[0]?.sentBytes, 1400);
  deepEqual(first?.ledger.cut, eth(4).ledger.cut, 'the cut is one moment of the new engine');
  equal(new Set(now.interfaces.map(({ slot }) => slot)).size, 3);
  const third = withCarry(modelOf([], [interfaceRow(0, 'wg0', [1, 1, 5, 5])]), kept(now), nobody);
  deepEqual(
    third.interfaces.map(({ name, sentBytes }) => [name, sentBytes]),
    [
      ['wg0', 15],
      ['eth0', 1400],
      ['wg1', 1],
    ],
  );
});

test('nothing of the snapshot is carried: 50,000 connections would be 70 MB in the file, every few seconds', () => {
  const model = builtOf(NOW, BEFORE);
  equal(
    model.owners.some(({ ends }) => ends !== undefined),
    true,
  );
  equal(JSON.stringify(takeCarry(model)).includes('snapshot'), false);
});
