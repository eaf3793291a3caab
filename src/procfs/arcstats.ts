// Owns: the size of ZFS's cache, /proc/spl/kstat/zfs/arcstats, and whether this host's cache is ours to speak of.
// Knows nothing of: memory bars.
import type { FileReader } from './file-reader.ts';

export interface ArcReading {
  readonly sizeBytes: number;
  /** The cache does not shrink below this. */
  readonly minimumBytes: number;
}

/** Inode of the first pid namespace (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/** Parses arcstats: lines of name, type and value. undefined if it has no size. */
export function parseArcstats(text: string): ArcReading | undefined {
  const value = (name: string) => new RegExp(`^${name} +\\d{1,3} +(\\d{1,18})\\s*$`, 'm').exec(text)?.[1];
  const size = value('size');
  return size === undefined ? undefined : { sizeBytes: Number(size), minimumBytes: Number(value('c_min') ?? 0) };
}

/** The pids of /proc are those of the whole host; also where it cannot be told. */
export function isFirstPidNamespace(proc: FileReader): boolean {
  const namespace = proc.link('self/ns/pid');
  return namespace === undefined || namespace === FIRST_PID_NAMESPACE;
}

/** True in a pid namespace of its own or where lxcfs or an overlay lies below: the host's caches are not this system's. */
export function inContainer(proc: FileReader): boolean {
  if (!isFirstPidNamespace(proc)) return true;
  return /^(lxcfs \/proc|overlay \/ overlay)/.test(proc.read('1/mounts') ?? '');
}
