// Owns: CPU, memory, swap and load as htop accounts for them (the formulas are stated where they are used).
// Knows nothing of: bars, colours and the kernel's files.
import { sanitize } from '../base/sanitize.ts';
import type { HostReading } from '../procfs/host.ts';
import type { MeminfoReading } from '../procfs/meminfo.ts';
import type { CpuTicks } from '../procfs/stat.ts';
import type { CpuShares, HostModel } from './model.ts';
import { gain } from './rates.ts';

/** The host now; CPU shares only where there is a reading before. */
export function buildHost(now: HostReading, before: HostReading | undefined): HostModel {
  const online = now.stat.cpus.length;
  return {
    hostname: sanitize(Buffer.from(now.hostname, 'latin1')),
    uptimeSeconds: now.uptimeSeconds,
    cpus: before === undefined ? undefined : buildCpus(now, before),
    cpuCount: online,
    load: now.loadavg.load,
    ...buildMemory(now),
    tasks: {
      total: now.loadavg.total,
      running: Math.min(now.stat.procsRunning ?? now.loadavg.running, Math.max(1, online)),
      processes: now.census?.processes,
      userThreads: now.census?.userThreads,
      kernelThreads: now.census?.kernelThreads,
    },
    pressure: now.pressure,
    limits: now.limits,
    nodes: now.cpuGroups.nodes,
    siblings: now.cpuGroups.siblings,
  };
}

const OFFLINE = { online: false, nice: 0, user: 0, system: 0, irq: 0, softirq: 0, steal: 0, guest: 0, iowait: 0 };

function buildCpus(now: HostReading, before: HostReading): CpuShares[] {
  const earlier = new Map(before.stat.cpus.map((cpu) => [cpu.id, cpu]));
  const current = new Map(now.stat.cpus.map((cpu) => [cpu.id, cpu]));
  return Array.from({ length: now.cpuList.existing }, (_, id) => {
    const cpu = current.get(id);
    if (cpu === undefined) return { id, absent: now.cpuList.absent.includes(id), ...OFFLINE };
    // A CPU that has just come has no time between two readings yet.
    return cpuShares(cpu, earlier.get(id) ?? cpu);
  });
}

/** What is counted once: the kernel counts guest time in user and in nice as well. */
function classes(cpu: CpuTicks) {
  const user = cpu.user - cpu.guest;
  const nice = cpu.nice - cpu.guestNice;
  const guest = cpu.guest + cpu.guestNice;
  const idle = cpu.idle + cpu.iowait;
  const total = user + nice + cpu.system + cpu.irq + cpu.softirq + idle + cpu.steal + guest;
  return { user, nice, guest, total };
}

/** Shares of the time between two readings. Counters can go back (iowait, rounding of guest time): those gain 0. */
export function cpuShares(now: CpuTicks, before: CpuTicks): CpuShares {
  const current = classes(now);
  const earlier = classes(before);
  const total = gain(current.total, earlier.total) || 1;
  const share = (ticks: number, was: number) => Math.min(1, gain(ticks, was) / total);
  return {
    id: now.id,
    online: true,
    absent: false,
    nice: share(current.nice, earlier.nice),
    user: share(current.user, earlier.user),
    system: share(now.system, before.system),
    irq: share(now.irq, before.irq),
    softirq: share(now.softirq, before.softirq),
    steal: share(now.steal, before.steal),
    guest: share(current.guest, earlier.guest),
    iowait: share(now.iowait, before.iowait),
  };
}

/** Memory in use by class: used + shared + buffers + cache + free = total, without zswap and ZFS. */
function buildMemory({ memory: m, arc }: HostReading): Pick<HostModel, 'memory' | 'swap'> {
  const reclaimable = m.free + m.cached + m.reclaimable + m.buffers;
  // Shmem is inside Cached, so it is not in `used`; lxcfs may report more Shmem than Cached.
  const used = gain(m.total, m.total >= reclaimable ? reclaimable : m.free);
  const shrinkable = arc === undefined ? 0 : gain(arc.sizeBytes, arc.minimumBytes);
  const available = m.available === undefined ? m.free : Math.min(m.available, m.total);
  return {
    memory: {
      total: m.total,
      used: gain(gain(used, m.zswap), shrinkable),
      shared: m.shared,
      compressed: m.zswap,
      buffers: m.buffers,
      cache: gain(m.cached + m.reclaimable, m.shared) + shrinkable,
      available: Math.min(available + shrinkable, m.total),
    },
    swap: buildSwap(m),
  };
}

/** Pages that zswap holds are taken from used swap, what exceeds that from the swap cache. */
function buildSwap(m: MeminfoReading): HostModel['swap'] {
  const used = gain(m.swapTotal, m.swapFree + m.swapCached);
  return {
    total: m.swapTotal,
    used: gain(used, m.zswapped),
    cache: gain(m.swapCached, gain(m.zswapped, used)),
    compressed: m.zswapped,
  };
}
