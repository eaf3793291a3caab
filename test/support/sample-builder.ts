// Owns: whole samples and models for tests: a quiet host, the labels of the native core, a snapshot from plain rows.
// Knows nothing of: what a test wants to show.
import { existsSync, readFileSync } from 'node:fs';
import { buildModel } from '../../src/model/build-model.ts';
import type { Model } from '../../src/model/model.ts';
import type { Sample, SampleLabels } from '../../src/model/sample.ts';
import type { Label } from '../../src/native/addon.ts';
import type { HostReading } from '../../src/procfs/host.ts';
import { type SnapshotRows, snapshotOf } from './snapshot-builder.ts';

/** Root of the package, from the sources and from the compiled tests alike. */
export const PACKAGE_ROOT = findRoot(new URL('.', import.meta.url));

/** The labels as the addon would give them, read from the native core's own lists. */
export const LABELS: SampleLabels = {
  reasons: readLabels('native/flow/reason.def', /^NETTRACE_REASON\(\w+, [\w:]+, "([^"]*)", "([^"]*)"\)/gm),
  outcomes: readLabels('native/decode/outcome.def', /^NETTRACE_OUTCOME\(\w+, "([^"]*)", "([^"]*)"\)/gm),
};

/** Number of a reason, for `owners.reason`. Throws where there is none of this label. */
export function reasonNumber(label: string): number {
  return labelNumber(LABELS.reasons, label);
}

/** Number of an outcome, for `outcomes.outcome`. */
export function outcomeNumber(label: string): number {
  return labelNumber(LABELS.outcomes, label);
}

/** Two idle CPUs, 16 GiB of memory, no swap. */
export const HOST: HostReading = {
  hostname: 'web-1',
  uptimeSeconds: 1_048_440,
  stat: {
    cpus: [0, 1].map((id) => ({
      id,
      user: 100,
      nice: 0,
      system: 50,
      idle: 1000,
      iowait: 0,
      irq: 0,
      softirq: 0,
      steal: 0,
      guest: 0,
      guestNice: 0,
    })),
    procsRunning: 1,
  },
  cpuList: { existing: 2, offline: [], absent: [] },
  cpuGroups: { nodes: [], siblings: [] },
  memory: {
    total: 16 * 2 ** 30,
    free: 8 * 2 ** 30,
    available: 12 * 2 ** 30,
    buffers: 2 ** 29,
    cached: 4 * 2 ** 30,
    shared: 2 ** 28,
    reclaimable: 2 ** 28,
    swapTotal: 0,
    swapFree: 0,
    swapCached: 0,
    zswap: 0,
    zswapped: 0,
  },
  arc: undefined,
  loadavg: { load: [1.32, 0.97, 0.8], running: 1, total: 214, lastPid: 0 },
  census: { processes: 60, kernelThreads: 50, userThreads: 104 },
  pressure: { cpu: 0.4, memory: 0, io: 1.2 },
  limits: undefined,
};

/** A sample of these rows; with flows unless said otherwise. */
export function sampleOf(rows: SnapshotRows, parts: Partial<Omit<Sample, 'snapshot'>> = {}): Sample {
  return {
    snapshot: snapshotOf(rows),
    withFlows: true,
    host: HOST,
    labels: LABELS,
    self: { cpuMs: 0, rssBytes: 61 * 2 ** 20 },
    ...parts,
  };
}

/** The model of these rows, with rates against `before` where given. */
export function modelOf(rows: SnapshotRows, before?: SnapshotRows): Model {
  return buildModel(sampleOf(rows), before === undefined ? undefined : sampleOf(before));
}

function readLabels(path: string, line: RegExp): Label[] {
  const text = readFileSync(new URL(path, PACKAGE_ROOT), 'utf8');
  return Array.from(text.matchAll(line), ([, label = '', clause = '']) => ({ label, text: clause }));
}

function labelNumber(labels: readonly Label[], label: string): number {
  const number = labels.findIndex((entry) => entry.label === label);
  if (number < 0) throw new Error(`there is no label ${label}`);
  return number;
}

function findRoot(folder: URL): URL {
  if (existsSync(new URL('package.json', folder)) && existsSync(new URL('native', folder))) return folder;
  return findRoot(new URL('..', folder));
}
