// Owns: what a scrape of a host with very many programs costs: samples and text of as many series as there may be.
// Knows nothing of: HTTP.
import { createMetrics } from '../../src/export/metrics.ts';
import { metricsText } from '../../src/export/metrics-text.ts';
import type { Model } from '../../src/model/model.ts';
import { fixtureModel } from '../support/view-model.ts';
import { type Figure, median } from './figures.ts';

export async function metricsCost(times: number): Promise<readonly Figure[]> {
  const model = fixtureModel();
  const [device, row] = [model.interfaces[0], model.owners.find(({ pid }) => pid !== undefined)];
  if (device === undefined || row === undefined) throw new Error('the model has no rows');
  const interfaces = Array.from({ length: 100 }, (_, i) => ({ ...device, slot: i, name: `veth${i}` }));
  const metrics = createMetrics({ version: '0', limits: { programs: 125, cells: 330, idleMs: 300_000 } });
  const [adds, scrapes]: [number[], number[]] = [[], []];
  let series = 0;
  for (let round = 1; round <= times; round++) {
    const owners = Array.from({ length: 1000 }, (_, i) => ({
      ...row,
      id: i + 40,
      pid: i + 1,
      name: `program-${i}`,
      interfaces: row.interfaces.flatMap((share) =>
        [0, 1, 2].map((n) => ({
          ...share,
          name: `veth${(i + n) % 15}`,
          repeated: false,
          sentBytes: share.sentBytes + round,
        })),
      ),
    }));
    const next: Model = { ...model, interfaces, owners };
    const began = performance.now();
    metrics.add(next);
    adds.push(performance.now() - began);
    const asked = performance.now();
    const samples = metrics.samples();
    metricsText(samples, 'prometheus');
    scrapes.push(performance.now() - asked);
    series = samples.length;
  }
  const p99 = scrapes.sort((a, b) => a - b)[Math.floor(scrapes.length * 0.99)] ?? Number.NaN;
  return [
    {
      what: `scrape of ${series} series, p99 of ${times}`,
      value: p99,
      unit: 'ms',
      goal: { limit: 50, better: 'below' },
      note: `median ${median(scrapes).toFixed(1)} ms`,
    },
    { what: 'metrics of a refresh of 1,000 programs', value: median(adds), unit: 'ms' },
  ];
}
