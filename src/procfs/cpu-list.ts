// Owns: which CPUs exist and which are online, from /sys/devices/system/cpu.
// Knows nothing of: their load.
import type { FileReader } from './file-reader.ts';

export interface CpuList {
  /** CPUs that exist: the number of `cpuN` folders or the highest N plus one, whichever is more. */
  readonly existing: number;
  /** Ids below `existing` that are offline or absent, ascending. */
  readonly offline: readonly number[];
  /** Those of them that have no folder: numbers between those of CPUs that exist. */
  readonly absent: readonly number[];
}

const FOLDER = 'devices/system/cpu';

/**
 * Lists CPUs. `running` are the ids that /proc/stat has: they are online whatever sysfs says, so that only the others
 * cost a file each. Without sysfs the CPUs of /proc/stat are all there are.
 */
export function readCpuList(sys: FileReader, running: ReadonlySet<number>): CpuList {
  const folders = new Set(cpuFolders(sys.list(FOLDER)));
  const highest = Math.max(-1, ...folders, ...running);
  const existing = Math.max(folders.size, highest + 1);
  const offline: number[] = [];
  for (let id = 0; id < existing; id++) {
    if (!running.has(id) && !(folders.has(id) && isOnline(sys, id))) offline.push(id);
  }
  const absent = offline.filter((id) => !folders.has(id));
  return { existing, offline, absent };
}

function cpuFolders(names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const id = /^cpu(\d{1,4})$/.exec(name)?.[1];
    return id === undefined ? [] : [Number(id)];
  });
}

/** A CPU that cannot be switched off has no `online` file. */
function isOnline(sys: FileReader, id: number): boolean {
  return sys.read(`${FOLDER}/cpu${id}/online`)?.trim() !== '0';
}
