// Tests: flow rows: addresses, protocols, rates, the busiest first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildModel, createModelBuilder } from '../src/model/build-model.ts';
import { listRows, rowsWith } from '../src/model/flow-list.ts';
import { protocolName } from '../src/model/flow-names.ts';
import { modelOf, sampleOf } from './support/sample-builder.ts';
import type { RowOf, SnapshotRows } from './support/snapshot-builder.ts';
import { BEFORE, NOW } from './support/world.ts';

function flows(monotonicMs: number, rows: readonly RowOf<'flows'>[]): SnapshotRows {
  const addresses = { localAddress: '10.0.0.1', remoteAddress: '10.0.0.2' };
  return { meta: [{ monotonicMs }], flows: rows.map((row) => ({ protocol: 6, ...addresses, ...row })) };
}

test('a flow is described by its ends, protocol, family, owner and match', () => {
  const [tcp, , udp] = modelOf(NOW, BEFORE).flows ?? [];
  assert.equal(tcp?.key, '1.1');
  assert.equal(tcp?.protocol, 'tcp');
  assert.equal(tcp?.family, 4);
  assert.equal(tcp?.localAddress, '10.99.0.1');
  assert.equal(tcp?.localPort, 5432);
  assert.equal(tcp?.quality, 'exact');
  assert.equal(tcp?.interfaceName, 'eth0');
  assert.equal(udp?.family, 6);
  assert.equal(udp?.localAddress, 'fe80::1');
  assert.equal(udp?.protocol, 'udp');
});

test('a sample without flows has none, which is not the same as no flow', () => {
  const without = buildModel(sampleOf(NOW, { withFlows: false }), undefined);
  assert.equal(without.flows, undefined);
  assert.deepEqual(without.flowsOf(40), []);
  assert.equal(without.flowTotalsOf(40).size, 0);
  assert.deepEqual(modelOf({}).flows, []);
});

test('a rate needs the flow in both samples; the same slot with another generation is another flow', () => {
  const before = flows(1000, [
    { id: 5, generation: 1, receivedBytes: 1000 },
    { id: 9, generation: 4, receivedBytes: 1000 },
  ]);
  const now = flows(2000, [
    { id: 9, generation: 5, receivedBytes: 60 },
    { id: 5, generation: 1, receivedBytes: 1500 },
    { id: 700, generation: 1, receivedBytes: 8 },
  ]);
  const rates = modelOf(now, before).flows?.map((flow) => [flow.key, flow.receivedRate]);
  assert.deepEqual(rates, [
    ['9.5', 60],
    ['5.1', 500],
    ['700.1', 8],
  ]);
});

test('texts that are kept from sample to sample are never those of another flow in the same slot', () => {
  const build = createModelBuilder();
  const at = (second: number, row: RowOf<'flows'>) => {
    const { flows: rows, flowList } = build(sampleOf(flows(second * 1000, [{ id: 5, ...row }])));
    return [flowList?.key(0), flowList?.remoteAddress(0), rows?.[0]?.remoteAddress, rows?.[0]?.protocol];
  };
  const first = { generation: 1, remoteAddress: '10.0.0.2' };
  assert.deepEqual(at(1, first), ['5.1', '10.0.0.2', '10.0.0.2', 'tcp']);
  assert.deepEqual(at(2, first), ['5.1', '10.0.0.2', '10.0.0.2', 'tcp']);
  const second = { generation: 2, remoteAddress: 'fe80::9', protocol: 17 };
  assert.deepEqual(at(3, second), ['5.2', 'fe80::9', 'fe80::9', 'udp']);
});

test('a flow has no rate when the sample before was taken without flows', () => {
  const before = sampleOf(flows(1000, []), { withFlows: false });
  const model = buildModel(sampleOf(flows(2000, [{ receivedBytes: 10 }])), before);
  assert.equal(model.flows?.[0]?.receivedRate, undefined);
  assert.equal(model.flowsOf(0)[0]?.receivedRate, undefined);
});

test('rates need nothing of the snapshot before once the next sample is taken: its memory may be gone', () => {
  const build = createModelBuilder();
  const world = (second: number, bytes: number): SnapshotRows => ({
    ...flows(second * 1000, [{ id: 5, generation: 1, owner: 0, receivedBytes: bytes, sentBytes: 1, mirrored: 0 }]),
    interfaces: [{ slot: 0, name: 'eth0', receivedBytes: bytes }],
    accounts: [{ owner: 0, interface: 0, receivedBytes: bytes, receivedPackets: 1 }],
    owners: [{ id: 0 }],
  });
  for (const [second, bytes] of [
    [1, 1000],
    [2, 1500],
  ] as const) {
    const sample = sampleOf(world(second, bytes));
    const model = build(sample);
    const { buffer } = sample.snapshot;
    if (second === 2) {
      assert.equal(model.flowList?.receivedRate(0), 500);
      assert.equal(model.owners[0]?.receivedRate, 500);
      assert.equal(model.interfaces[0]?.receivedRate, 500);
      assert.equal(model.total.receivedRate, 500);
    }
    structuredClone(buffer, { transfer: [buffer] });
  }
});

test('hosts are told apart by their addresses as by the texts of these', () => {
  const remotes = ['10.0.0.2', 'fe80::2', '10.0.0.2', '::a00:2', '255.0.0.1', 'fe80::2', '0.0.0.0', '::'];
  const rows = remotes.map((remoteAddress, id) => ({ id, remoteAddress }));
  const { flowList, flows: made = [] } = modelOf(flows(1000, rows));
  const numbers = { count: 6, of: Int32Array.of(0, 1, 0, 2, 3, 1, 4, 5) };
  assert.deepEqual(flowList?.remotes(), numbers);
  assert.deepEqual(listRows(made).remotes(), numbers);
  assert.deepEqual(
    rowsWith(listRows(made), 'fe80::2').map(({ key }) => key),
    ['1.0', '5.0'],
  );
});

test('the flows of an owner are the busiest first and never those of another', () => {
  const before = flows(1000, [{ id: 1, owner: 3, receivedBytes: 5000 }]);
  const now = flows(2000, [
    { id: 1, owner: 3, receivedBytes: 5000 },
    { id: 2, owner: 3, sentBytes: 10 },
    { id: 3, owner: 4, sentBytes: 9999 },
    { id: 4, owner: 3 },
    { id: 5, owner: 3, receivedBytes: 70 },
  ]);
  const model = modelOf(now, before);
  assert.deepEqual(
    model.flowsOf(3).map((flow) => flow.key),
    ['5.0', '2.0', '1.0', '4.0'],
  );
  assert.deepEqual(
    model.flowsOf(3, 2).map((flow) => flow.key),
    ['5.0', '2.0'],
  );
  assert.deepEqual(model.flowsOf(3, 0), []);
  assert.deepEqual(model.flowsOf(77), []);
});

test('the first few of many flows are those that sorting all of them gives', () => {
  const rows = Array.from({ length: 3000 }, (_, id) => ({ id, receivedBytes: (id * 7919) % 1009 }));
  const model = modelOf(flows(2000, rows), flows(1000, []));
  assert.deepEqual(model.flowsOf(0, 25), model.flowsOf(0).slice(0, 25));
});

test('the totals of an owner by protocol are the sums of its flows', () => {
  const before = flows(1000, [{ id: 1, receivedBytes: 100 }]);
  const now = flows(2000, [
    { id: 1, receivedBytes: 150, receivedPackets: 2 },
    { id: 2, sentBytes: 30 },
    { id: 3, protocol: 17, sentBytes: 4 },
    { id: 4, owner: 1, receivedBytes: 1 },
  ]);
  const totals = modelOf(now, before).flowTotalsOf(0);
  assert.deepEqual(totals.get('tcp'), {
    sentBytes: 30,
    receivedBytes: 150,
    sentPackets: 0,
    receivedPackets: 2,
    sentRate: 30,
    receivedRate: 50,
  });
  assert.equal(totals.get('udp')?.sentBytes, 4);
  assert.equal(totals.size, 2);
});

test('a protocol without a name is shown by number', () => {
  assert.equal(protocolName(132), 'sctp');
  assert.equal(protocolName(253), 'proto-253');
  assert.equal(protocolName(0), 'proto-0');
});

test('the other end of a flow has the name that was seen on the wire, else what reverse DNS says', () => {
  const rows = flows(1000, [
    { id: 1, remoteAddress: '203.0.113.1', name: 2 },
    { id: 2, remoteAddress: '203.0.113.2' },
    { id: 3, remoteAddress: '203.0.113.3' },
  ]);
  const named: SnapshotRows = {
    ...rows,
    names: [
      { name: 'unused.example', source: 'dns' },
      { name: 'www.example.org', source: 'quic' },
    ],
  };
  const asked: string[] = [];
  const names = {
    hostName: (address: string) => {
      asked.push(address);
      return address === '203.0.113.2' ? 'db.example.org' : undefined;
    },
    serviceName: () => undefined,
  };
  const model = buildModel(sampleOf(named, { names }), undefined);
  assert.deepEqual(asked, [], 'nothing is asked for what nobody looks at');
  assert.deepEqual(
    model.flows?.map((flow) => [flow.remoteName, flow.remoteNameSource]),
    [
      ['www.example.org', 'quic'],
      ['db.example.org', 'reverse'],
      [undefined, undefined],
    ],
  );
  assert.deepEqual(asked, ['203.0.113.2', '203.0.113.3'], 'an address that has a name is not asked for');
});

test("a service is that of the server's port", () => {
  const ports = { localPort: 22, remotePort: 443 };
  const initiators = ['unknown', 'local', 'remote'];
  const rows = flows(
    1000,
    initiators.map((initiator, id) => ({ id, initiator, ...ports })),
  );
  const services = new Map([
    [22, 'ssh'],
    [443, 'https'],
  ]);
  const names = { hostName: () => undefined, serviceName: (_: string, port: number) => services.get(port) };
  const model = buildModel(sampleOf(rows, { names }), undefined);
  assert.deepEqual(
    model.flows?.map((flow) => flow.service),
    ['https', 'https', 'ssh'],
  );
  assert.equal(buildModel(sampleOf(rows), undefined).flows?.[0]?.service, undefined);
});
