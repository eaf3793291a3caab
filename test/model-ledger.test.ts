// Tests: the books of an interface: who owns its bytes, what its own counters have besides, and how much is covered.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ledger } from '../src/model/ledger.ts';
import { modelOf, reasonNumber } from './support/sample-builder.ts';
import type { RowOf, SnapshotRows } from './support/snapshot-builder.ts';
import { NOW } from './support/world.ts';

const owners: readonly RowOf<'owners'>[] = [
  { id: 0, kind: 'unattributed', reason: reasonNumber('pending') },
  { id: 1, kind: 'unattributed', reason: reasonNumber('closed-before-seen') },
  { id: 2, kind: 'no-socket', reason: reasonNumber('closed-port') },
  { id: 3, kind: 'kernel', reason: reasonNumber('arp') },
  { id: 4, kind: 'forwarded', reason: reasonNumber('forwarded') },
  { id: 5, kind: 'process', reason: reasonNumber('exited-folded') },
  { id: 50, kind: 'process', reason: reasonNumber('none'), pid: 7, name: 'nc' },
];

function ledgerOf(eth0: RowOf<'interfaces'>, accounts: readonly RowOf<'accounts'>[] = []): Ledger {
  const rows: SnapshotRows = {
    meta: [{ monotonicMs: 5000 }],
    interfaces: [{ name: 'eth0', ...eth0 }],
    owners,
    accounts,
  };
  const [row] = modelOf(rows).interfaces;
  assert.ok(row);
  return row.ledger;
}

/** A cut at which this was in the counters and counted. */
function cut(counter: readonly [number, number], counted: readonly [number, number]): RowOf<'interfaces'> {
  return {
    cutMs: 4900,
    cutCounterSentBytes: counter[0],
    cutCounterReceivedBytes: counter[1],
    cutCountedSentBytes: counted[0],
    cutCountedReceivedBytes: counted[1],
  };
}

describe('who owns the bytes', () => {
  test('all processes are one part, ended ones too; every reason with bytes is one, the most bytes of a kind first', () => {
    const { parts, wire } = ledgerOf({}, [
      { owner: 0, sentBytes: 1 },
      { owner: 1, receivedBytes: 2 },
      { owner: 2, receivedBytes: 4 },
      { owner: 3 },
      { owner: 4, sentBytes: 8, receivedBytes: 8 },
      { owner: 5, sentBytes: 16 },
      { owner: 50, sentBytes: 32, receivedBytes: 64 },
    ]);
    assert.deepEqual(
      parts.map((part) => [part.kind, part.reason, part.sentBytes, part.receivedBytes]),
      [
        ['process', undefined, 48, 64],
        ['forwarded', 'forwarded', 8, 8],
        ['no-socket', 'closed-port', 0, 4],
        ['unattributed', 'closed-before-seen', 0, 2],
        ['unattributed', 'pending', 1, 0],
      ],
    );
    assert.deepEqual(wire, { sentBytes: 57, receivedBytes: 78 });
  });

  test('the parts are what was captured and what was recovered', () => {
    for (const row of modelOf(NOW).interfaces) {
      assert.equal(row.ledger.wire.receivedBytes, row.receivedBytes + row.recovered.receivedBytes);
      assert.equal(row.ledger.wire.sentBytes, row.sentBytes + row.recovered.sentBytes);
    }
  });

  test('a mirrored crossing stays as the interface sees it, and what is repeated is told', () => {
    const { wire, repeated } = ledgerOf({}, [
      { owner: 50, sentBytes: 100, receivedBytes: 7, mirrored: 1, repeated: 1 },
      { owner: 50, sentBytes: 1 },
    ]);
    assert.deepEqual(wire, { sentBytes: 101, receivedBytes: 7 });
    assert.deepEqual(repeated, { sentBytes: 100, receivedBytes: 7 });
  });

  test('headers that segmentation adds are told where counters count super-frames, and only there', () => {
    const traffic = { sentBytes: 1100, frameSentBytes: 1000, receivedBytes: 50, frameReceivedBytes: 50 };
    assert.deepEqual(ledgerOf(traffic).segmentHeaders, { sentBytes: 100, receivedBytes: 0 });
    assert.deepEqual(ledgerOf({ ...traffic, countsSegments: 1 }).segmentHeaders, { sentBytes: 0, receivedBytes: 0 });
  });
});

describe('the comparison with the counters of the interface', () => {
  test('there is none before the first cut', () => {
    assert.equal(ledgerOf({ counterSentBytes: 99 }).cut, undefined);
    assert.equal(modelOf({ interfaces: [{ name: 'eth0' }] }).covered, undefined);
  });

  test('books that close are covered whole', () => {
    const closed = ledgerOf(cut([1000, 2000], [1000, 2000])).cut;
    assert.equal(closed?.covered, 1);
    assert.equal(closed?.ageMs, 100);
    assert.deepEqual(closed?.residual, { sentBytes: 0, receivedBytes: 0 });
  });

  test('what is missing is residual, or dropped where the capture lost frames', () => {
    const silent = ledgerOf(cut([1000, 1000], [1000, 900])).cut;
    assert.deepEqual(silent?.residual, { sentBytes: 0, receivedBytes: 100 });
    assert.deepEqual(silent?.dropped, { sentBytes: 0, receivedBytes: 0 });
    for (const loss of [{ kernelDrops: 1 }, { interfaceDrops: 1 }]) {
      const told = ledgerOf({ ...cut([1000, 1000], [1000, 900]), ...loss }).cut;
      assert.deepEqual(told?.dropped, { sentBytes: 0, receivedBytes: 100 });
      assert.deepEqual(told?.residual, { sentBytes: 0, receivedBytes: 0 });
      assert.equal(told?.covered, 0.95);
    }
  });

  test('more than the counters have is a negative residual, drops or not', () => {
    const over = ledgerOf({ ...cut([1000, 1000], [1030, 1000]), kernelDrops: 5 }).cut;
    assert.deepEqual(over?.residual, { sentBytes: -30, receivedBytes: 0 });
    assert.equal(over?.covered, 0.985);
  });

  test('too much one way does not make up for too little the other way', () => {
    assert.equal(ledgerOf(cut([1000, 1000], [1100, 900])).cut?.covered, 0.9);
  });

  test('an idle interface is not covered by any share, and no share is negative', () => {
    assert.equal(ledgerOf(cut([0, 0], [0, 0])).cut?.covered, undefined);
    assert.equal(ledgerOf(cut([0, 0], [10, 0])).cut?.covered, 0);
    assert.equal(ledgerOf(cut([10, 0], [100, 0])).cut?.covered, 0);
  });

  test('all interfaces together weigh by their bytes; those without a cut do not count', () => {
    const { covered } = modelOf({
      interfaces: [
        { slot: 0, name: 'eth0', ...cut([900, 0], [900, 0]) },
        { slot: 1, name: 'eth1', ...cut([100, 0], [0, 0]) },
        { slot: 2, name: 'eth2', counterSentBytes: 1e9 },
      ],
    });
    assert.equal(covered, 0.9);
  });
});
