// Tests: rates and totals of a model from two samples.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildModel, createModelBuilder } from '../src/model/build-model.ts';
import { total } from '../src/model/ledger.ts';
import type { Sample } from '../src/model/sample.ts';
import { modelOf, outcomeNumber, sampleOf } from './support/sample-builder.ts';
import { BEFORE, NOW } from './support/world.ts';

test('the total is the sum of the owners: what crosses two interfaces counts once', () => {
  const model = modelOf(NOW, BEFORE);
  const sum = (key: 'sentBytes' | 'receivedBytes' | 'receivedPackets' | 'sentPackets') =>
    model.owners.reduce((total, row) => total + row[key], 0);
  for (const key of ['sentBytes', 'receivedBytes', 'receivedPackets', 'sentPackets'] as const) {
    assert.equal(model.total[key], sum(key));
  }
  const interfaces = model.interfaces.reduce(
    (all, row) => all + total(row.ledger.wire) - total(row.ledger.repeated),
    0,
  );
  assert.equal(total(model.total), interfaces);
  assert.equal(model.total.sentRate, 61_200_000 + 98 + 34 + 128);
});

test('an interface has its addresses, its failures to decode without those decoded, and its fault', () => {
  const model = modelOf({
    interfaces: [
      { slot: 0, name: 'eth0', state: 'capturing' },
      {
        slot: 3,
        name: 'tun0',
        state: 'failed',
        fault: 'kDeviceVanished',
        faultText: 'the network device has gone away',
      },
    ],
    addresses: [
      { interface: 3, address: '10.8.0.1' },
      { interface: 3, address: '2001:db8::1' },
    ],
    outcomes: [
      { interface: 3, outcome: 0, frames: 100 },
      { interface: 3, outcome: outcomeNumber('tcp-short'), frames: 2 },
      { interface: 3, outcome: outcomeNumber('arp'), frames: 7 },
      { interface: 3, outcome: 250, frames: 1 },
    ],
  });
  const [eth0, tun0] = model.interfaces;
  assert.deepEqual(eth0?.addresses, []);
  assert.deepEqual(tun0?.addresses, ['10.8.0.1', '2001:db8::1']);
  assert.deepEqual(
    tun0?.outcomes.map(({ label, frames }) => [label, frames]),
    [
      ['arp', 7],
      ['tcp-short', 2],
      ['outcome-250', 1],
    ],
  );
  assert.equal(tun0?.state, 'failed');
  assert.equal(tun0?.faultText, 'the network device has gone away');
});

test('an interface keeps its rate when the order of the rows changes', () => {
  const eth0 = { slot: 0, name: 'eth0' };
  const eth1 = { slot: 1, name: 'eth1' };
  const before = {
    meta: [{ monotonicMs: 0 }],
    interfaces: [
      { ...eth0, receivedBytes: 1000 },
      { ...eth1, receivedBytes: 5 },
    ],
  };
  const now = {
    meta: [{ monotonicMs: 2000 }],
    interfaces: [
      { ...eth1, receivedBytes: 25 },
      { ...eth0, receivedBytes: 1000 },
    ],
  };
  const rates = modelOf(now, before).interfaces.map((row) => [row.name, row.receivedRate]);
  assert.deepEqual(rates, [
    ['eth1', 10],
    ['eth0', 0],
  ]);
});

test('drops of all interfaces and of the flow table are added up', () => {
  const model = modelOf({
    meta: [{ tableDrops: 3 }],
    interfaces: [
      { slot: 0, kernelDrops: 10, interfaceDrops: 1 },
      { slot: 1, kernelDrops: 5 },
    ],
  });
  assert.deepEqual(model.drops, { kernel: 15, interface: 1, table: 3 });
});

test('errors of a device are its own counts, and what came since it was first looked at; a file has none', () => {
  const errors = { receiveErrors: 12, sendErrors: 3, receiveErrorsBefore: 10, sendErrorsBefore: 3, multicast: 7 };
  const model = modelOf({
    interfaces: [
      { slot: 0, index: 2, ...errors },
      { slot: 1, index: 0 },
    ],
  });
  assert.deepEqual(model.interfaces[0]?.errors, {
    received: 12,
    sent: 3,
    newReceived: 2,
    newSent: 0,
    multicast: 7,
    collisions: 0,
  });
  assert.equal(model.interfaces[1]?.errors, undefined);
});

test('time since the start does not become negative when the wall clock is set back', () => {
  assert.equal(modelOf({ meta: [{ realtimeMs: 5000, startedMs: 4000 }] }).elapsedMs, 1000);
  assert.equal(modelOf({ meta: [{ realtimeMs: 3000, startedMs: 4000 }] }).elapsedMs, 0);
});

test('the own cost is CPU time over monotonic time', () => {
  const before = sampleOf({ meta: [{ monotonicMs: 1000 }] }, { self: { cpuMs: 100, rssBytes: 1 } });
  const now = sampleOf({ meta: [{ monotonicMs: 3000 }] }, { self: { cpuMs: 140, rssBytes: 2 } });
  assert.deepEqual(buildModel(now, before).self, { cpu: 0.02, rssBytes: 2 });
});

test('a fault says what it is about and why', () => {
  const { faults } = modelOf({
    faults: [{ code: 'kNetlinkFailed', text: 'the kernel refused a netlink request', syscall: 'bind', number: 1 }],
  });
  assert.deepEqual(faults, [
    {
      code: 'kNetlinkFailed',
      text: 'the kernel refused a netlink request (operation not permitted); connections may stay without a process',
    },
  ]);
});

describe('where nothing is captured', () => {
  const at = (monotonicMs: number, cutMs: number, receivedBytes: number, light = 1) =>
    sampleOf({
      meta: [{ monotonicMs, light }],
      interfaces: [{ slot: 0, name: 'eth0', state: 'capturing', cutMs }],
      owners: [{ id: 1, kind: 'kernel' }],
      accounts: [{ owner: 1, interface: 0, receivedBytes, receivedPackets: 1 }],
    });
  const rates = (samples: readonly Sample[]) => {
    const build = createModelBuilder();
    return samples
      .map((sample) => build(sample))
      .map(({ total: sum, owners }) => [sum.receivedRate, owners[0]?.receivedRate]);
  };

  test('rates are over the time between two readings of the sockets, not between the samples', () => {
    const steady = [at(1000, 900, 900), at(2000, 1500, 1500), at(3000, 2900, 2900)];
    assert.deepEqual(rates(steady).slice(1), [
      [1000, 1000],
      [1000, 1000],
    ]);
  });

  test('a sample before the next reading has the rates of the one before it', () => {
    const early = [at(1000, 900, 900), at(2000, 1900, 1900), at(2250, 1900, 1900), at(3000, 2900, 2900)];
    assert.deepEqual(
      rates(early).map(([all]) => all),
      [undefined, 1000, 1000, 1000],
    );
  });

  test('packets are counted as they come, whenever the counters were read', () => {
    assert.deepEqual(rates([at(1000, 900, 1000, 0), at(2000, 900, 2000, 0)])[1], [1000, 1000]);
  });
});
