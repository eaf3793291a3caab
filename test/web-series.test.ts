// Tests: what the chart of the page is made of: buckets that are not whole, one series for what is filled in and what is live.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webModule } from './support/web-module.ts';

interface Chart {
  readonly times: readonly number[];
  readonly keys: readonly string[];
  readonly sent: readonly (readonly (number | null)[])[];
  readonly whole: { readonly sent: number };
  readonly peak: { readonly sent: number };
}
const { createSeries, historyChart } = await webModule<{
  createSeries(): { add(snapshot: unknown): void; fill(answer: unknown, now: number): void; chart(): Chart };
  historyChart(answer: unknown, options?: object): Chart;
}>('series.js');

const START = Date.UTC(2026, 10, 26, 12) / 1000;
const iso = (second: number) => new Date((START + second) * 1000).toISOString();

/** At 3.5 MB/s from the start to `known`, in buckets. */
function constant(step: number, since: number, until: number, known: number, key = 'backup') {
  const first = Math.floor(since / step) * step;
  const starts = Array.from({ length: Math.ceil((until - first) / step) }, (_, i) => first + i * step);
  const points = starts.map((start) => {
    const counted = Math.max(0, Math.min(start + step, until, known) - Math.max(start, since));
    return [3.5e6 * counted, 0];
  });
  const times = starts.map((start) => START + start);
  return {
    since: iso(since),
    until: iso(until),
    by: 'program',
    step,
    times,
    series: [{ key, kind: 'process', points }],
    gaps: [],
  };
}

test('a constant rate is a level line to its last point, whatever of the last bucket is over', () => {
  for (const [step, now] of [
    [10, 603],
    [30, 3610],
    [300, 86_400 - 130],
    [300, 86_400 - 299],
  ] as const) {
    const { sent, times } = historyChart(constant(step, 0, now, now - 3), { now: START + now });
    const rates = new Set(sent[0]?.map((rate) => Math.round((rate ?? 0) / 1e5)));
    assert.deepEqual([...rates], [35], `steps of ${step} s at ${now}`);
    assert.ok(now - ((times.at(-1) ?? 0) - START) < 1.6 * step + 10);
  }
});

test('a range that ends later than now ends with what is known, and its sums are those of all of it', () => {
  const { sent, whole, peak } = historyChart(constant(10, 0, 240, 180), { now: START + 183 });
  assert.deepEqual([...new Set(sent[0])], [3.5e6]);
  assert.equal(whole.sent, 3.5e6 * 180);
  assert.equal(peak.sent, 3.5e6);
});

test('a first bucket that the range cuts has the rate of the part that is in it', () => {
  const { sent, times } = historyChart(constant(300, 100, 1200, 1200), { now: START + 4000 });
  assert.deepEqual([...new Set(sent[0])], [3.5e6]);
  assert.equal(times[0], START + 200);
  assert.equal(times[1], START + 450);
});

test('others are a row only where they are', () => {
  assert.deepEqual(historyChart(constant(10, 0, 60, 60)).keys, ['backup']);
  assert.deepEqual(historyChart({ ...constant(10, 0, 60, 60), series: [] }).keys, []);
});

test('what is filled in from the history and what is live are one series, at one level', () => {
  const series = createSeries();
  const processes = [
    {
      kind: 'process',
      name: 'python3.11',
      program: '/usr/bin/python3',
      exe: '/usr/bin/python3.11',
      cmdline: '',
      sentRate: 3.5e6,
      receivedRate: 0,
    },
  ];
  for (const second of [600, 601]) series.add({ time: iso(second), intervalMs: 1000, processes });
  series.fill(constant(10, 0, 600, 597, 'python3'), START + 601);
  series.fill(constant(10, 0, 600, 600, 'python3'), START + 620);
  const { keys, sent, times } = series.chart();
  assert.deepEqual(keys, ['python3']);
  assert.deepEqual([...new Set(sent[0])], [3.5e6]);
  // The middle of each bucket, then the seconds.
  assert.deepEqual(
    times.slice(-4).map((time) => time - START),
    [585, 595, 600, 601],
  );
});
