// Owns: the CPUs of the screens' fixture.
// Knows nothing of: the screens.
import type { CpuShares, Model } from '../../src/model/model.ts';

/** Shares that differ from CPU to CPU, the same at every run. */
export function cpuShares(count: number): readonly CpuShares[] {
  return Array.from({ length: count }, (_, id) => {
    const level = [0.33, 0.5, 0.12, 0.05, 0.71, 0.02, 0.9, 0.24][(id * 3 + (id >> 3)) % 8] ?? 0;
    return {
      id,
      online: true,
      absent: false,
      nice: id % 5 === 1 ? 0.03 : 0,
      user: level * 0.7,
      system: level * 0.2,
      irq: 0,
      softirq: level * 0.08,
      steal: id % 2 === 0 ? 0.012 : 0,
      guest: 0,
      iowait: 0.013,
    };
  });
}

/** Two NUMA nodes, each with half of the CPUs. */
export function nodesOf(count: number): Model['host']['nodes'] {
  const half = count / 2;
  return [0, 1].map((id) => ({ id, cpus: Array.from({ length: half }, (_, i) => id * half + i) }));
}
