// Owns: models made from others: hosts out of flows, counting from a mark on, one interface alone.
// Knows nothing of: how a model is built and shown.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildHosts, type HostRow } from '../src/model/host-rows.ts';
import { countBetween, takeMark } from '../src/model/marks.ts';
import type { FlowRow, Model } from '../src/model/model.ts';
import { onInterface } from '../src/model/one-interface.ts';
import { rowsOf } from '../src/model/row-source.ts';
import { FLOWS, flowRow } from './support/view-flows.ts';
import { fixtureModel, NOW_MS, processRow, share } from './support/view-model.ts';

function hostsOf(flows: readonly FlowRow[]): readonly HostRow[] {
  const hosts = buildHosts(fixtureModel({ flows }));
  assert.ok(hosts);
  return rowsOf(hosts);
}

describe('remote hosts', () => {
  const flows = [
    flowRow('1.1', 31, '203.0.113.7', 50_000, [100, 10, 1000, 100], { firstMs: NOW_MS - 5000 }),
    flowRow('2.1', 32, '203.0.113.7', 443, [1, 2, 30_000, 40], { initiator: 'local', localPort: 40_000 }),
    flowRow('3.1', 32, '203.0.113.7', 443, [1, 2, 30, 40], {
      initiator: 'local',
      interfaceName: 'veth0',
      repeated: true,
    }),
    flowRow('4.1', 17, '192.0.2.1', 0, [0, 0, 98, 98], { protocol: 'icmp', localPort: 77 }),
  ];

  test('are the sums of their connections, each packet once, with the owner that moved most', () => {
    const hosts = hostsOf(flows);
    const host = hosts.find(({ address }) => address === '203.0.113.7');
    assert.ok(host);
    assert.deepEqual(
      [
        host.sentBytes,
        host.receivedBytes,
        host.sentRate,
        host.connections,
        host.detail().processes,
        host.detail().owner?.pid,
      ],
      [31_000, 140, 101, 2, 2, 9201],
    );
    assert.deepEqual(host.detail().interfaces, ['eth0', 'veth0']);
  });

  test('have the port of whoever was called; ICMP has none', () => {
    const hosts = hostsOf(flows);
    assert.deepEqual(
      hosts.map((row) => row.detail().services),
      [['tcp/443'], ['icmp']],
    );
  });

  test('count the connections that have not ended; what ended ones moved is in their bytes', () => {
    const [host] = hostsOf([
      ...flows.slice(0, 1),
      flowRow('5.1', 32, '203.0.113.7', 443, [0, 0, 5, 7], { ended: true, interfaceName: 'eth0' }),
    ]);
    assert.deepEqual([host?.connections, host?.sentBytes, host?.receivedBytes], [1, 1005, 107]);
    const [gone] = hostsOf([flowRow('5.1', 32, '203.0.113.7', 443, [0, 0, 5, 7], { ended: true })]);
    assert.equal(gone?.connections, 0);
  });

  test('are not known without flows', () => {
    assert.equal(buildHosts(fixtureModel()), undefined);
  });
});

describe('a mark', () => {
  const at = (sent: number, flowBytes: number): Model => {
    const owner = processRow(5, 50, 'root', 'a', [7, 0, sent, 10], { interfaces: [share('eth0', [7, 0, sent, 10])] });
    const flow = flowRow('1.1', 5, '192.0.2.9', 80, [7, 0, flowBytes, 0]);
    return { ...fixtureModel({ owners: [owner], flows: [flow] }), total: owner };
  };

  test('makes counters start there; rates and owners without a past stay as they are', () => {
    const now = at(1500, 900);
    const model = countBetween(now, takeMark(at(1000, 600)), undefined);
    const [owner] = model.owners;
    assert.deepEqual([owner?.sentBytes, owner?.receivedBytes, owner?.sentRate], [500, 0, 7]);
    assert.deepEqual([owner?.interfaces[0]?.sentBytes, model.total.sentBytes], [500, 500]);
    assert.deepEqual([model.flows?.[0]?.sentBytes, model.flowsOf(5)[0]?.sentBytes], [300, 300]);
    const nobody = { ...takeMark(at(0, 0)), owners: new Map() };
    assert.equal(countBetween(now, nobody, undefined).owners[0]?.sentBytes, 1500);
  });

  test('and a second one leave what moved between them, whatever moves later', () => {
    const model = countBetween(at(9999, 9999), takeMark(at(1000, 600)), takeMark(at(1200, 650)));
    assert.deepEqual([model.owners[0]?.sentBytes, model.total.sentBytes, model.flows?.[0]?.sentBytes], [200, 200, 50]);
  });

  test('never makes a counter negative: bytes can move to another owner', () => {
    assert.equal(countBetween(at(900, 1), takeMark(at(1000, 600)), undefined).owners[0]?.sentBytes, 0);
  });
});

test('one interface alone has the owners and flows that are on it, with what they moved there', () => {
  const flows = FLOWS.map((flow, i) => (i === 0 ? { ...flow, interfaceName: 'wg0', repeated: true } : flow));
  const owner = processRow(31, 50, 'root', 'a', [9, 9, 900, 900], {
    interfaces: [share('eth0', [8, 8, 800, 800]), { ...share('wg0', [1, 2, 100, 200]), repeated: true }],
  });
  const model = onInterface(
    fixtureModel({ owners: [owner, processRow(32, 51, 'root', 'b', [1, 1, 1, 1])], flows }),
    'wg0',
  );
  assert.deepEqual(
    model.owners.map((row) => [row.pid, row.sentBytes, row.receivedRate]),
    [[50, 100, 2]],
  );
  assert.deepEqual([model.total.sentBytes, model.flows?.length, model.flows?.[0]?.repeated], [100, 1, false]);
});
