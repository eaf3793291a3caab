// Owns: /proc/meminfo (proc_meminfo(5), fs/proc/meminfo.c).
// Knows nothing of: what counts as used.

/** Sizes in bytes. Fields that the kernel does not have are 0, except `available`. */
export interface MeminfoReading {
  readonly total: number;
  readonly free: number;
  /** undefined before Linux 3.14. */
  readonly available: number | undefined;
  readonly buffers: number;
  readonly cached: number;
  readonly shared: number;
  readonly reclaimable: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  readonly swapCached: number;
  /** Memory that zswap uses, and the size of the pages in it. */
  readonly zswap: number;
  readonly zswapped: number;
}

/** The file's `kB` are KiB. */
const KIB = 1024;
const LINE = /^([A-Za-z]{1,32}): {0,40}(\d{1,15})(?: kB)?[ \t]*$/gm;

/** Parses /proc/meminfo; lines that are not understood are skipped. */
export function parseMeminfo(text: string): MeminfoReading {
  const fields = new Map<string, number>();
  for (const [, name = '', value = ''] of text.matchAll(LINE)) fields.set(name, Number(value) * KIB);
  const size = (name: string) => fields.get(name) ?? 0;
  return {
    total: size('MemTotal'),
    free: size('MemFree'),
    available: fields.get('MemAvailable'),
    buffers: size('Buffers'),
    cached: size('Cached'),
    shared: size('Shmem'),
    reclaimable: size('SReclaimable'),
    swapTotal: size('SwapTotal'),
    swapFree: size('SwapFree'),
    swapCached: size('SwapCached'),
    zswap: size('Zswap'),
    zswapped: size('Zswapped'),
  };
}
