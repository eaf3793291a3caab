// Owns: what the control group of this process may use (cgroup v2, Documentation/admin-guide/cgroup-v2.rst).
// Knows nothing of: what the host has.
import type { FileReader } from './file-reader.ts';

/** Sizes in bytes; undefined: no limit. */
export interface CgroupLimits {
  readonly memoryMax: number | undefined;
  /** Page cache included. */
  readonly memoryCurrent: number | undefined;
  readonly swapMax: number | undefined;
  readonly swapCurrent: number | undefined;
  /** CPUs: quota divided by period. */
  readonly cpus: number | undefined;
}

const MOUNTS = ['fs/cgroup', 'fs/cgroup/unified'];
const DEEPEST = 32;

/** A function that reads the limits in force; undefined without version 2 or without any limit. */
export function createLimitsReader(proc: FileReader, sys: FileReader): () => CgroupLimits | undefined {
  return () => {
    const own = /^0::(\/.*)$/m.exec(proc.read('self/cgroup') ?? '')?.[1];
    if (own === undefined) return undefined;
    const mount = MOUNTS.find((path) => sys.read(`${path}/cgroup.controllers`) !== undefined);
    return mount === undefined ? undefined : readLimits(sys, mount, own);
  };
}

/** A group is bound by its own limits and by those of every group above it that can be seen. */
function readLimits(sys: FileReader, mount: string, own: string): CgroupLimits | undefined {
  const memory = tightest(sys, mount, own, 'memory');
  const swap = tightest(sys, mount, own, 'memory.swap');
  const cpus = smallest(groupsUp(own).map((group) => parseCpuMax(sys.read(`${mount}${group}/cpu.max`) ?? '')));
  if (memory.max === undefined && swap.max === undefined && cpus === undefined) return undefined;
  return {
    memoryMax: memory.max,
    memoryCurrent: memory.current,
    swapMax: swap.max,
    swapCurrent: swap.current,
    cpus,
  };
}

/** The smallest limit, and what is used of it: the use of the group that has it. */
function tightest(sys: FileReader, mount: string, own: string, what: string) {
  let best: { readonly max: number; readonly group: string } | undefined;
  for (const group of groupsUp(own)) {
    const max = parseSize(sys.read(`${mount}${group}/${what}.max`));
    if (max !== undefined && (best === undefined || max < best.max)) best = { max, group };
  }
  const group = best?.group ?? groupsUp(own)[0] ?? '';
  return { max: best?.max, current: parseSize(sys.read(`${mount}${group}/${what}.current`)) };
}

/** The group and all above it, the root as ''. A path above the root of a cgroup namespace cannot be followed. */
function groupsUp(own: string): readonly string[] {
  const parts = own.split('/').filter((part) => part !== '');
  if (parts.includes('..')) return [''];
  const first = Math.max(0, parts.length - DEEPEST);
  const depths = Array.from({ length: parts.length - first }, (_, i) => parts.length - i);
  return [...depths.map((depth) => `/${parts.slice(0, depth).join('/')}`), ''];
}

/** undefined for `max` and for what is not understood. */
function parseSize(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,18}\s*$/.test(text) ? Number(text) : undefined;
}

/** `cpu.max` is `QUOTA PERIOD` in us, or `max PERIOD`. */
function parseCpuMax(text: string): number | undefined {
  const [, quota, period] = /^(\d{1,15}) (\d{1,15})\s*$/.exec(text) ?? [];
  return period === undefined || Number(period) === 0 ? undefined : Number(quota) / Number(period);
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
