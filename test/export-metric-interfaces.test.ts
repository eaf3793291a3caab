// Tests: what readers of metrics learn of interfaces that come, go and are made anew: what they moved since, and once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricName } from '../src/export/metric-table.ts';
import { createMetrics, type Metrics } from '../src/export/metrics.ts';
import type { InterfaceRow, Model } from '../src/model/model.ts';
import { fixtureModel, interfaceRow } from './support/view-model.ts';

const MODEL = fixtureModel();
const DEVICE = 'nettrace_interface_device_bytes_total';
const CAPTURED = 'nettrace_interface_bytes_total';
const A = { name: 'a', returns: true };

interface Figures {
  readonly index?: number;
  /** Its own counter of sent bytes. */
  readonly counter: number;
  /** Captured since the start, under its name. */
  readonly captured: number;
}

/** An interface of which only sent bytes are told apart. */
function row(slot: number, name: string, { index = slot + 1, counter, captured }: Figures): InterfaceRow {
  const sums = { sentBytes: captured, receivedBytes: 0, sentPackets: 1, receivedPackets: 0 };
  const counters = { ...sums, sentBytes: counter };
  const state = index === 0 ? 'gone' : 'capturing';
  return interfaceRow(slot, name, [0, 0, captured, 0], { index, state, tapped: sums, counters });
}

function refresh(metrics: Metrics, seconds: number, ...interfaces: readonly InterfaceRow[]): void {
  const times = { timeMs: 1_700_000_000_000 + seconds * 1000, elapsedMs: seconds * 1000 };
  metrics.add({ ...MODEL, ...times, owners: [], interfaces } as Model);
}

function sentOf(metrics: Metrics, metric: MetricName, name: string): number | undefined {
  return metrics.samples().find((each) => each.metric === metric && each.labels.join() === `${name},sent`)?.value;
}

/** One that nobody reads: nothing is held back. */
function unread(): Metrics {
  const metrics = createMetrics({ version: '1.0' });
  metrics.markRead(A, 0);
  refresh(metrics, 0);
  metrics.markRead(A, metrics.refresh());
  refresh(metrics, 200);
  return metrics;
}

test('the own counter of a device that was there before counts from the start, not from when the device was made', () => {
  const metrics = unread();
  refresh(metrics, 201, row(0, 'eth0', { counter: 7_000_000, captured: 40 }));
  refresh(metrics, 202, row(0, 'eth0', { counter: 7_000_500, captured: 540 }));
  assert.equal(sentOf(metrics, DEVICE, 'eth0'), 540);
});

test('a device that comes out of another namespace brings no bytes with it; one that is new has all of its own', () => {
  const metrics = unread();
  refresh(metrics, 201, row(0, 'moved', { counter: 9_000_000, captured: 0 }));
  refresh(metrics, 201.5, row(0, 'moved', { counter: 9_000_010, captured: 10 }));
  refresh(
    metrics,
    202,
    row(0, 'moved', { counter: 9_000_010, captured: 10 }),
    row(1, 'new', { counter: 300, captured: 300 }),
  );
  assert.deepEqual([sentOf(metrics, DEVICE, 'moved'), sentOf(metrics, DEVICE, 'new')], [10, 300]);
});

test('a device that is made anew under its name begins at 0, and its series goes on: neither back nor twice', () => {
  const metrics = unread();
  const told: (number | undefined)[] = [];
  const after = (seconds: number, figures: Figures) => {
    refresh(metrics, seconds, row(0, 'veth0', figures));
    told.push(sentOf(metrics, DEVICE, 'veth0'));
    assert.equal(sentOf(metrics, CAPTURED, 'veth0'), told.at(-1));
  };
  after(201, { index: 7, counter: 5000, captured: 5000 });
  after(202, { index: 7, counter: 6000, captured: 6000 });
  after(203, { index: 0, counter: 6000, captured: 6000 });
  after(204, { index: 0, counter: 6000, captured: 6000 });
  after(205, { index: 8, counter: 100, captured: 6100 });
  after(206, { index: 8, counter: 400, captured: 6400 });
  // Within one refresh.
  after(207, { index: 9, counter: 50, captured: 6450 });
  assert.deepEqual(told, [5000, 6000, 6000, 6000, 6100, 6400, 6450]);
});

test('the series of an interface that comes are read at 0 first, then with all that it moved', () => {
  const metrics = createMetrics({ version: '1.0' });
  refresh(metrics, 1);
  metrics.markRead(A, metrics.refresh());
  refresh(metrics, 2, row(0, 'veth0', { counter: 5000, captured: 5000 }));
  const told = () => [CAPTURED, DEVICE].map((metric) => sentOf(metrics, metric as MetricName, 'veth0'));
  assert.deepEqual(told(), [0, 0]);
  metrics.markRead(A, metrics.refresh());
  assert.deepEqual(told(), [0, 0]);
  refresh(metrics, 3, row(0, 'veth0', { counter: 6000, captured: 6000 }));
  assert.deepEqual(told(), [6000, 6000]);
});

test('interfaces that are gone for five minutes give their names to later ones, once their end has been read', () => {
  const metrics = unread();
  const gone = Array.from({ length: 16 }, (_, i) => row(i, `veth${i}`, { index: 0, counter: 10, captured: 10 }));
  refresh(metrics, 201, ...gone.map((each, i) => ({ ...each, index: i + 1, state: 'capturing' as const })));
  metrics.markRead(A, metrics.refresh());
  const late = (captured: number) => row(16, 'late', { index: 17, counter: captured, captured });
  refresh(metrics, 202, ...gone, late(5));
  assert.equal(sentOf(metrics, CAPTURED, 'late'), undefined);
  for (let seconds = 210; seconds <= 520; seconds += 10) {
    metrics.markRead(A, metrics.refresh());
    refresh(metrics, seconds, ...gone, late(seconds));
  }
  metrics.markRead(A, metrics.refresh());
  refresh(metrics, 530, ...gone, late(530));
  assert.equal(sentOf(metrics, CAPTURED, 'veth3'), undefined);
  const sums = [sentOf(metrics, CAPTURED, 'late'), sentOf(metrics, CAPTURED, 'other')];
  assert.equal((sums[0] ?? Number.NaN) + (sums[1] ?? Number.NaN), 530);
  assert.ok((sums[0] ?? 0) > 0);
});
