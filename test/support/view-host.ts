// Owns: the host of the views' fixtures: CPUs, memory, tasks.
// Knows nothing of: traffic.
import type { CpuShares, HostModel } from '../../src/model/model.ts';

const GIB = 1024 ** 3;

function cpuShares(count: number): readonly CpuShares[] {
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
function nodesOf(count: number): HostModel['nodes'] {
  const half = count / 2;
  return [0, 1].map((id) => ({ id, cpus: Array.from({ length: half }, (_, i) => id * half + i) }));
}

export function fixtureHost(cpus: number, first: boolean): HostModel {
  return {
    hostname: 'web-1',
    uptimeSeconds: 12 * 86_400 + 3 * 3600 + 14 * 60 + 5,
    cpus: first ? undefined : cpuShares(cpus),
    cpuCount: cpus,
    load: [1.32, 0.97, 0.8],
    memory: {
      total: 15.3 * GIB,
      used: 5.31 * GIB,
      shared: 0.6 * GIB,
      compressed: 0,
      buffers: 0.5 * GIB,
      cache: 4.9 * GIB,
      available: 8.9 * GIB,
    },
    swap: { total: 3.81 * GIB, used: 0.21 * GIB, cache: 0.05 * GIB, compressed: 0 },
    tasks: { total: 611, running: 3, processes: 214, userThreads: 329, kernelThreads: 68 },
    pressure: { cpu: 0.4, memory: 0, io: 1.2 },
    limits: undefined,
    nodes: cpus < 64 ? [] : nodesOf(cpus),
    siblings: [],
  };
}
