// Owns: how many processes, threads and kernel threads there are, without reading each of them at each refresh.
// Knows nothing of: which of them are shown.
import type { FileReader } from './file-reader.ts';
import { parseProcessStat } from './process-stat.ts';

export interface TaskCensus {
  /** Processes, without kernel threads. */
  readonly processes: number;
  readonly kernelThreads: number;
  /** Threads of processes beyond the first of each; undefined in a pid namespace of its own, where nobody counts them. */
  readonly userThreads: number | undefined;
}

/** Processes that are looked at in one census; others count as processes until it is their turn. */
const MOST_LOOKS = 500;

/**
 * A function that counts. The kernel gives all threads in one number (/proc/loadavg, `total`); a new pid is looked at
 * once, to tell kernel threads from processes. About 1 ms for 1,000 pids.
 */
export function createTaskCensus(proc: FileReader, isWholeHost: boolean): (total: number) => TaskCensus | undefined {
  let known = new Map<string, boolean>();
  return (total) => {
    const next = new Map<string, boolean>();
    let looks = MOST_LOOKS;
    let kernelThreads = 0;
    let pids = 0;
    for (const name of proc.list('')) {
      if (!isPid(name)) continue;
      pids++;
      let isKernel = known.get(name);
      if (isKernel === undefined && looks-- > 0) {
        isKernel = parseProcessStat(proc.read(`${name}/stat`) ?? '')?.isKernelThread ?? false;
      }
      if (isKernel === undefined) continue;
      next.set(name, isKernel);
      if (isKernel) kernelThreads++;
    }
    known = next;
    if (pids === 0) return undefined;
    const userThreads = isWholeHost ? Math.max(0, total - pids) : undefined;
    return { processes: pids - kernelThreads, kernelThreads, userThreads };
  };
}

function isPid(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 0x31 && first <= 0x39; // no other name in /proc begins with a digit
}
