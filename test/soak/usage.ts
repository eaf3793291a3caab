// Owns: what processes use over a long time: memory, descriptors and CPU time as samples, and how steeply they grow.
// Knows nothing of: what the processes are.
import { readdirSync, readFileSync } from 'node:fs';
import { cpuSeconds } from '../e2e/watch.ts';

export interface Usage {
  /** Seconds since the first sample. */
  readonly at: number;
  readonly rssBytes: number;
  /** Without what files and shared libraries share. */
  readonly ownBytes: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly cpuSeconds: number;
}

export function usageOf(pid: number, at: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const value = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    at,
    rssBytes: value('VmRSS') * 1024,
    ownBytes: value('RssAnon') * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: value('Threads'),
    cpuSeconds: cpuSeconds(pid),
  };
}

/** Growth per hour by least squares. */
export function slopePerHour(samples: readonly Usage[], of: (usage: Usage) => number): number {
  const count = samples.length;
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / count;
  const mean = samples.reduce((sum, usage) => sum + of(usage), 0) / count;
  const spread = samples.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const together = samples.reduce((sum, usage) => sum + (usage.at - meanAt) * (of(usage) - mean), 0);
  return spread === 0 ? 0 : (together / spread) * 3600;
}

/** One line: where it began, the most, where it ended, and the slope of the last two thirds, when caches are full. */
export function growthText(name: string, samples: readonly Usage[]): string {
  const late = samples.slice(Math.floor(samples.length / 3));
  const [first, last] = [late[0], late.at(-1)];
  if (first === undefined || last === undefined) return `${name}: no samples`;
  const most = (of: (usage: Usage) => number) => Math.max(...samples.map(of));
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const cpu = ((last.cpuSeconds - first.cpuSeconds) / Math.max(1, last.at - first.at)) * 100;
  return (
    `${name}: RSS ${mib(samples[0]?.rssBytes ?? 0)} MiB at first, ${mib(most((u) => u.rssBytes))} at most, ` +
    `${mib(last.rssBytes)} at the end, slope ${mib(slopePerHour(late, (u) => u.rssBytes))} MiB/h ` +
    `(anonymous ${mib(slopePerHour(late, (u) => u.ownBytes))}); descriptors ${first.descriptors} to ${last.descriptors}, ` +
    `at most ${most((u) => u.descriptors)}; threads ${last.threads}; ${cpu.toFixed(2)} % of a core`
  );
}
