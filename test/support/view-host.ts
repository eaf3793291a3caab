// Owns: the host of the views' fixtures: CPUs, memory, tasks.
// Knows nothing of: traffic.
import type { HostModel } from '../../src/model/model.ts';
import { cpuShares, nodesOf } from './view-cpus.ts';

const GIB = 1024 ** 3;

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
