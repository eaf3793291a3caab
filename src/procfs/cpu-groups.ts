// Owns: which CPUs share a NUMA node, and which are threads of one core, from /sys/devices/system.
// Knows nothing of: their load.
import type { FileReader } from './file-reader.ts';

/** Where the CPUs are. Empty where the kernel does not tell, or there is only one of a kind. */
export interface CpuGroups {
  /** CPU ids by node, each ascending; fewer than two nodes: empty. */
  readonly nodes: readonly { readonly id: number; readonly cpus: readonly number[] }[];
  /** CPU ids of each core that has more than one thread. */
  readonly siblings: readonly (readonly number[])[];
}

const LAST_CPU = 8191;

/** Read once: what is plugged in later stands at the end, in no group. `ids` are the CPUs that are online. */
export function readCpuGroups(sys: FileReader, ids: readonly number[]): CpuGroups {
  const nodes = sys
    .list('devices/system/node')
    .flatMap((name) => {
      const id = /^node(\d{1,4})$/.exec(name)?.[1];
      if (id === undefined) return [];
      const cpus = parseCpuRanges(sys.read(`devices/system/node/${name}/cpulist`) ?? '');
      return cpus.length === 0 ? [] : [{ id: Number(id), cpus }];
    })
    .sort((a, b) => a.id - b.id);
  const cores = new Map<string, readonly number[]>();
  for (const id of ids) {
    const text = sys.read(`devices/system/cpu/cpu${id}/topology/thread_siblings_list`)?.trim() ?? '';
    const cpus = parseCpuRanges(text);
    if (cpus.length > 1) cores.set(cpus.join(), cpus);
  }
  return { nodes: nodes.length > 1 ? nodes : [], siblings: [...cores.values()] };
}

/** `0-3,8,10-11` (cpuset(7), List format). */
export function parseCpuRanges(text: string): readonly number[] {
  const ids = new Set<number>();
  for (const part of text.trim().split(',')) {
    const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (first === undefined) continue;
    for (let id = Number(first); id <= Math.min(Number(last ?? first), LAST_CPU); id++) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}
