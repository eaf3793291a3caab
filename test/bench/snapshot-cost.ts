// Owns: what a snapshot of many flows costs the JavaScript thread, and the model made of it.
// Knows nothing of: where the flows come from.
import { createModelBuilder } from '../../src/model/build-model.ts';
import { loadAddon } from '../../src/native/addon.ts';
import { viewSnapshot } from '../../src/native/snapshot-view.ts';
import { createHostReader } from '../../src/procfs/host.ts';
import { type Figure, median } from './figures.ts';
import { readWithEngine, withCapture } from './offline.ts';

const FLOWS = 50_000;

function medianMillis(times: number, work: () => unknown): number {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    work();
    all.push(performance.now() - began);
  }
  return median(all);
}

export async function snapshotCost(times: number): Promise<readonly Figure[]> {
  const addon = loadAddon();
  return withCapture(4 * FLOWS, FLOWS, async (file) => {
    const engine = await readWithEngine(addon, file);
    const snapshot = viewSnapshot(engine.snapshot(true));
    const bytes = engine.snapshot(true).byteLength;
    const readHost = createHostReader({ proc: '/proc', sys: '/sys' });
    const build = createModelBuilder();
    const sample = (withFlows: boolean) => ({
      snapshot: viewSnapshot(engine.snapshot(withFlows)),
      withFlows,
      host: readHost(),
      labels: { reasons: addon.reasons, outcomes: addon.outcomes },
      self: addon.selfUsage(),
    });
    const note = `${snapshot.flows.rows} flows, ${(bytes / 1e6).toFixed(1)} MB, median of ${times}`;
    const figures: Figure[] = [
      { what: 'snapshot of 50,000 flows', value: medianMillis(times, () => engine.snapshot(true)), unit: 'ms', note },
      { what: 'snapshot without flows', value: medianMillis(times, () => engine.snapshot(false)), unit: 'ms' },
      {
        what: 'snapshot and model with 50,000 connections',
        value: medianMillis(Math.ceil(times / 4), () => build(sample(true))),
        unit: 'ms',
      },
      { what: 'snapshot and model without', value: medianMillis(times, () => build(sample(false))), unit: 'ms' },
    ];
    engine.stop();
    return figures;
  });
}
