// Tests: interfaces that came and went, as on a host with containers: a bounded number of rows, and every byte in one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeChanges } from '../src/app/changes.ts';
import { createJsonLines } from '../src/export/json-lines.ts';
import { takeCarry } from '../src/model/carry.ts';
import { foldGone } from '../src/model/gone-interfaces.ts';
import type { InterfaceRow, Model } from '../src/model/model.ts';
import { fixtureModel, interfaceRow } from './support/view-model.ts';

const gone = (slot: number) => interfaceRow(slot, `veth${slot}`, [0, 0, 10, 100], { index: 0, state: 'gone' });
const eth0 = interfaceRow(0, 'eth0', [1, 1, 1000, 2000]);
const rows = [
  eth0,
  ...Array.from({ length: 3000 }, (_, i) => gone(i + 1)),
  interfaceRow(5000, 'veth5000', [1, 1, 7, 7]),
];

const sumOf = (all: readonly InterfaceRow[], of: (row: InterfaceRow) => number) =>
  all.reduce((sum, row) => sum + of(row), 0);

test('of three thousand interfaces that are gone the last sixteen are told apart, and all bytes are there once', () => {
  const folded = foldGone(rows);
  assert.deepEqual(
    folded.map(({ name }) => name),
    ['eth0', ...Array.from({ length: 16 }, (_, i) => `veth${2985 + i}`), 'veth5000', '(gone earlier)'],
  );
  for (const of of [
    (row: InterfaceRow) => row.receivedBytes,
    (row: InterfaceRow) => row.tapped.sentBytes,
    (row: InterfaceRow) => row.ledger.parts.reduce((sum, part) => sum + part.sentBytes, 0),
    (row: InterfaceRow) => row.ledger.wire.receivedBytes,
    (row: InterfaceRow) => row.ledger.cut?.counter.receivedBytes ?? 0,
  ])
    assert.equal(sumOf(folded, of), sumOf(rows, of));
  assert.equal(folded.at(-1)?.ledger.cut?.covered, 1);
  assert.deepEqual(foldGone(folded), folded, 'again it is the same');
  assert.equal(foldGone([eth0]).length, 1);
});

test('a refresh as JSON and what a collector leaves to the next are bounded by it', () => {
  const model = { ...fixtureModel(), interfaces: rows } as Model;
  const { interfaces } = JSON.parse(createJsonLines({ connections: false })(model));
  assert.equal(interfaces.length, 19);
  assert.equal(takeCarry(model).interfaces.length, 19);
});

test('a device that is gone is a warning where it had an address or a link, not where a container ended', () => {
  const level = (more: Partial<InterfaceRow>) => {
    const was = interfaceRow(1, 'x', [0, 0, 1, 1], more);
    const now = { ...was, state: 'gone', addresses: [], speed: undefined } as InterfaceRow;
    const model = (row: InterfaceRow) => ({ ...fixtureModel(), interfaces: [row], faults: [] }) as Model;
    return describeChanges(model(now), model(was)).map((change) => change.level);
  };
  assert.deepEqual(level({ addresses: ['192.0.2.7'] }), ['warn']);
  assert.deepEqual(level({ speed: 125_000_000 }), ['warn']);
  assert.deepEqual(level({ addresses: ['fe80::1'] }), ['info']);
  assert.deepEqual(level({ addresses: [] }), ['info']);
});
