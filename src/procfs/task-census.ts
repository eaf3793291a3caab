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
 * once, to tell kernel threads from processes. About 2 ms for 1,000 pids, and nothing as long as no task begins or ends:
 * each that begins gets another `lastPid`, each that ends is missing in `total`.
 */
export function createTaskCensus(
  proc: FileReader,
  isWholeHost: boolean,
): (tasks: { readonly total: number; readonly lastPid: number }) => TaskCensus | undefined {
  let known = new Map<string, boolean>();
  let last: { readonly total: number; readonly lastPid: number; readonly census: TaskCensus } | undefined;
  return ({ total, lastPid }) => {
    if (last !== undefined && last.total === total && last.lastPid === lastPid) return last.census;
    last = undefined;
    const next = new Map<string, boolean>();
    let looks = MOST_LOOKS;
    let kernelThreads = 0;
    let pids = 0;
    for (const name of proc.list('')) {
      if (!isPid(name)) continue;
      pids++;
      let isKernel = known.get(name);
      if (isKernel === undefined && looks-- > 0) {
        isKernel = parseProcessStat(Buffer.from(proc.read(`${name}/stat`) ?? '', 'latin1'))?.isKernelThread ?? false;
      }
      if (isKernel === undefined) continue;
      next.set(name, isKernel);
      if (isKernel) kernelThreads++;
    }
    known = next;
    if (pids === 0) return undefined;
    const userThreads = isWholeHost ? Math.max(0, total - pids) : undefined;
    const census = { processes: pids - kernelThreads, kernelThreads, userThreads };
    // In a pid namespace of its own `total` is still that of the whole host.
    if (isWholeHost && lastPid > 0 && next.size === pids) last = { total, lastPid, census };
    return census;
  };
}

function isPid(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 0x31 && first <= 0x39; // no other name in /proc begins with a digit
}
