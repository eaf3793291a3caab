// Owns: one reading of the host around the packets, from all files that the header needs.
// Knows nothing of: shares, bars and the reading before.
import { type ArcReading, inContainer, parseArcstats } from './arcstats.ts';
import { type CpuList, readCpuList } from './cpu-list.ts';
import { createFileReader } from './file-reader.ts';
import { type LoadavgReading, parseLoadavg, parseUptime } from './loadavg.ts';
import { type MeminfoReading, parseMeminfo } from './meminfo.ts';
import { parseStat, type StatReading } from './stat.ts';

export interface HostReading {
  /** Foreign text, one character a byte, not sanitised. */
  readonly hostname: string;
  readonly uptimeSeconds: number;
  readonly stat: StatReading;
  readonly cpuList: CpuList;
  readonly memory: MeminfoReading;
  /** undefined without ZFS and in a container. */
  readonly arc: ArcReading | undefined;
  readonly loadavg: LoadavgReading;
}

/** Where the kernel's files are. */
export interface HostRoots {
  readonly proc: string;
  readonly sys: string;
}

/** A function that takes a reading; what cannot be read is 0 or empty in it. About 0.2 ms on a small machine. */
export function createHostReader(roots: HostRoots): () => HostReading {
  const proc = createFileReader(roots.proc);
  const sys = createFileReader(roots.sys);
  const hasArc = proc.read('spl/kstat/zfs/arcstats') !== undefined && !inContainer(proc);
  return () => {
    const stat = parseStat(proc.read('stat') ?? '');
    return {
      hostname: (proc.read('sys/kernel/hostname') ?? '').replace(/\n$/, ''),
      uptimeSeconds: parseUptime(proc.read('uptime') ?? ''),
      stat,
      cpuList: readCpuList(sys, new Set(stat.cpus.map((cpu) => cpu.id))),
      memory: parseMeminfo(proc.read('meminfo') ?? ''),
      arc: hasArc ? parseArcstats(proc.read('spl/kstat/zfs/arcstats') ?? '') : undefined,
      loadavg: parseLoadavg(proc.read('loadavg') ?? ''),
    };
  };
}
