// Tests: how an owner sees its own traffic: packets that cross several interfaces, containers, layers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeShares } from '../src/model/sums.ts';
import { modelOf, reasonNumber } from './support/sample-builder.ts';
import type { RowOf, SnapshotRows } from './support/snapshot-builder.ts';

/** A container behind veth0, whose packets leave by eth0 too: counted there, repeated on veth0 the other way round. */
function container(monotonicMs: number, sent: number, ownership = 'bpf'): SnapshotRows {
  const account: RowOf<'accounts'> = {
    owner: 50,
    sentBytes: sent,
    receivedBytes: 10,
    sentPackets: 2,
    receivedPackets: 1,
    sentIpBytes: sent - 28,
    receivedIpBytes: 9,
    sentPayloadBytes: sent - 100,
    receivedPayloadBytes: 1,
    retransmittedBytes: 5,
    retransmittedPackets: 1,
  };
  return {
    meta: [{ monotonicMs, ownership }],
    interfaces: [
      { slot: 0, name: 'eth0' },
      { slot: 1, name: 'veth0' },
    ],
    owners: [{ id: 50, kind: 'process', reason: reasonNumber('none'), pid: 7, name: 'nc', netns: 4_026_532_301 }],
    accounts: [
      { ...account, interface: 1, sentBytes: 10, receivedBytes: sent, mirrored: 1, repeated: 1 },
      { ...account, interface: 0 },
    ],
    flows: [
      { id: 1, owner: 50, protocol: 6, interface: 0, sentBytes: sent, receivedBytes: 10, sentPayloadBytes: 3 },
      {
        ...{ id: 2, owner: 50, protocol: 6, interface: 1, sentBytes: 10, receivedBytes: sent, receivedPayloadBytes: 3 },
        ...{ mirrored: 1, repeated: 1 },
      },
    ],
  };
}

test('what crosses two interfaces counts once for its owner and in the total, and twice on the interfaces', () => {
  const model = modelOf(container(2000, 1500), container(1000, 500));
  const [row] = model.owners;
  assert.deepEqual([row?.sentBytes, row?.receivedBytes, row?.sentPackets], [1500, 10, 2]);
  assert.deepEqual([row?.sentRate, row?.receivedRate], [1000, 0]);
  assert.deepEqual([model.total.sentBytes, model.total.sentRate], [1500, 1000]);
  assert.deepEqual(
    model.interfaces.map((each) => each.ledger.wire.sentBytes + each.ledger.wire.receivedBytes),
    [1510, 1510],
  );
});

test("a share has the owner's directions; repeated ones come last and are marked", () => {
  const [row] = modelOf(container(2000, 1500), container(1000, 500)).owners;
  assert.deepEqual(
    row?.interfaces.map((share) => [share.name, share.sentBytes, share.sentRate, share.mirrored, share.repeated]),
    [
      ['eth0', 1500, 1000, false, false],
      ['veth0', 1500, 1000, true, true],
    ],
  );
});

test('an owner has its bytes by layer, and its network namespace where that is another one', () => {
  const [row] = modelOf(container(1000, 500)).owners;
  assert.deepEqual([row?.sentIpBytes, row?.receivedIpBytes], [472, 9]);
  assert.deepEqual([row?.sentPayloadBytes, row?.receivedPayloadBytes], [400, 1]);
  assert.deepEqual([row?.retransmittedBytes, row?.retransmittedPackets], [5, 1]);
  assert.equal(row?.netns, 4_026_532_301);
});

test('retransmissions are unknown, not none, where nothing counts them', () => {
  for (const ownership of ['none', 'classic', 'cgroup']) {
    const model = modelOf(container(1000, 500, ownership));
    assert.equal(model.owners[0]?.retransmittedBytes, undefined, ownership);
    assert.equal(model.owners[0]?.retransmittedPackets, undefined, ownership);
    assert.equal(model.flows?.[0]?.retransmittedBytes, undefined, ownership);
  }
  assert.equal(modelOf(container(1000, 500, 'stream')).owners[0]?.retransmittedBytes, 5);
});

test("a flow has its owner's directions, and what repeats another flow is not in the sum of a protocol", () => {
  const model = modelOf(container(2000, 1500), container(1000, 500));
  assert.deepEqual(
    model.flows?.map((flow) => [flow.interfaceName, flow.sentBytes, flow.sentRate, flow.sentPayloadBytes]),
    [
      ['eth0', 1500, 1000, 3],
      ['veth0', 1500, 1000, 3],
    ],
  );
  assert.deepEqual(
    model.flows?.map((flow) => [flow.mirrored, flow.repeated]),
    [
      [false, false],
      [true, true],
    ],
  );
  const tcp = model.flowTotalsOf(50).get('tcp');
  assert.deepEqual([tcp?.sentBytes, tcp?.receivedBytes, tcp?.sentRate], [1500, 10, 1000]);
});

test('shares of several owners are added up by interface and view', () => {
  const { interfaces = [] } = modelOf(container(2000, 1500), container(1000, 500)).owners[0] ?? {};
  assert.deepEqual(
    mergeShares([...interfaces, ...interfaces]).map((share) => [share.name, share.repeated, share.sentBytes]),
    [
      ['eth0', false, 3000],
      ['veth0', true, 3000],
    ],
  );
});
