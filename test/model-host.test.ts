// Tests: CPU shares, memory and swap by htop's formulas.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildHost, cpuShares } from '../src/model/host-model.ts';
import type { HostReading } from '../src/procfs/host.ts';
import type { MeminfoReading } from '../src/procfs/meminfo.ts';
import type { CpuTicks } from '../src/procfs/stat.ts';
import { HOST } from './support/sample-builder.ts';

const ZERO: CpuTicks = {
  id: 0,
  user: 0,
  nice: 0,
  system: 0,
  idle: 0,
  iowait: 0,
  irq: 0,
  softirq: 0,
  steal: 0,
  guest: 0,
  guestNice: 0,
};

test('the kernel counts guest time in user and nice; it is taken out once', () => {
  // One step of 130 ticks in which user holds 10 ticks of guest: htop shows 10, 30, 20, 20 of 120.
  const now = {
    ...ZERO,
    user: 40,
    nice: 10,
    system: 10,
    idle: 20,
    iowait: 10,
    irq: 5,
    softirq: 5,
    steal: 10,
    guest: 10,
  };
  const shares = cpuShares(now, ZERO);
  const total = 30 + 10 + 20 + 30 + 10 + 10;
  assert.equal(shares.user, 30 / total);
  assert.equal(shares.nice, 10 / total);
  assert.equal(shares.system + shares.irq + shares.softirq, 20 / total);
  assert.equal(shares.steal, 10 / total);
  assert.equal(shares.guest, 10 / total);
  assert.equal(shares.iowait, 10 / total);
});

test('guest_nice is inside nice', () => {
  const shares = cpuShares({ ...ZERO, nice: 50, guestNice: 20, idle: 50 }, ZERO);
  assert.equal(shares.nice, 0.3);
  assert.equal(shares.guest, 0.2);
});

test('waiting for I/O is idle time: it is in no share of use', () => {
  const shares = cpuShares({ ...ZERO, iowait: 100 }, ZERO);
  assert.equal(shares.iowait, 1);
  assert.equal(shares.user + shares.nice + shares.system + shares.irq + shares.softirq + shares.steal, 0);
});

test('counters that go back gain nothing, and no time at all divides by one', () => {
  const before = { ...ZERO, user: 10, iowait: 500, idle: 1000 };
  const shares = cpuShares({ ...ZERO, user: 20, iowait: 490, idle: 1000 }, before);
  assert.equal(shares.iowait, 0);
  assert.equal(shares.user, 1, '10 ticks over a saturated total of 1, limited to the whole');
  assert.equal(cpuShares(before, before).user, 0);
});

function reading(cpus: readonly CpuTicks[], existing: number, offline: readonly number[] = []): HostReading {
  return { ...HOST, stat: { cpus, procsRunning: 9 }, cpuList: { existing, offline, absent: [] } };
}

const busy = (id: number, ticks: number): CpuTicks => ({ ...ZERO, id, user: ticks, idle: 100 });

test('there are no shares before the second reading', () => {
  assert.equal(buildHost(reading([busy(0, 1)], 1), undefined).cpus, undefined);
});

test('CPUs are told apart by id: added, unplugged last, unplugged in the middle', () => {
  const all = reading([busy(0, 50), busy(1, 50), busy(2, 50)], 3);
  const middle = reading([busy(0, 150), busy(2, 50)], 3, [1]);
  const cpus = buildHost(middle, all).cpus;
  assert.deepEqual(
    cpus?.map((cpu) => [cpu.id, cpu.online, cpu.user]),
    [
      [0, true, 1],
      [1, false, 0],
      [2, true, 0],
    ],
  );
  assert.equal(buildHost(middle, all).cpuCount, 2);
  const added = buildHost(all, reading([busy(0, 50)], 1)).cpus;
  assert.deepEqual(
    added?.map((cpu) => [cpu.id, cpu.online, cpu.user]),
    [
      [0, true, 0],
      [1, true, 0],
      [2, true, 0],
    ],
  );
  assert.equal(buildHost(reading([busy(0, 60)], 1), all).cpus?.length, 1);
});

test('running tasks are at most one for each CPU online', () => {
  assert.equal(buildHost(reading([busy(0, 1), busy(1, 1)], 2), undefined).tasks.running, 2);
});

const KIB = 1024;

function memory(kib: Partial<Record<keyof MeminfoReading, number>>, arc?: HostReading['arc']) {
  const bytes = Object.fromEntries(Object.entries(kib).map(([name, size]) => [name, size * KIB]));
  const none: MeminfoReading = {
    total: 0,
    free: 0,
    available: undefined,
    buffers: 0,
    cached: 0,
    shared: 0,
    reclaimable: 0,
    swapTotal: 0,
    swapFree: 0,
    swapCached: 0,
    zswap: 0,
    zswapped: 0,
  };
  return buildHost({ ...HOST, memory: { ...none, ...bytes }, arc }, undefined);
}

const EXAMPLE = {
  total: 16_000_000,
  free: 4_000_000,
  cached: 5_000_000,
  reclaimable: 300_000,
  buffers: 500_000,
  shared: 700_000,
};

test('memory is divided as htop does and adds up to the total', () => {
  const m = memory(EXAMPLE).memory;
  assert.equal(m.used, 6_200_000 * KIB);
  assert.equal(m.cache, 4_600_000 * KIB);
  // The number in the bar, "6.58G" of the specification.
  assert.equal(((m.used + m.shared + m.compressed) / 2 ** 30).toFixed(2), '6.58');
  assert.equal(m.used + m.shared + m.buffers + m.cache + 4_000_000 * KIB, m.total);
});

test('available is the free memory where the kernel does not say, and never more than there is', () => {
  assert.equal(memory(EXAMPLE).memory.available, 4_000_000 * KIB);
  assert.equal(memory({ ...EXAMPLE, available: 99_000_000 }).memory.available, 16_000_000 * KIB);
});

test('every difference stops at zero, as with a container file system that mixes host and container', () => {
  const m = memory({ ...EXAMPLE, shared: 9_000_000 }).memory;
  assert.equal(m.cache, 0);
  const mixed = memory({ total: 1000, free: 400, cached: 5000 }).memory;
  assert.equal(mixed.used, 600 * KIB);
  assert.equal(memory({ total: 10, free: 400 }).memory.used, 0);
});

test('zswap is taken out of used memory and of used swap', () => {
  const swapped = { swapTotal: 4_000_000, swapFree: 3_000_000, swapCached: 100_000 };
  assert.deepEqual(memory({ ...EXAMPLE, ...swapped }).swap, {
    total: 4_000_000 * KIB,
    used: 900_000 * KIB,
    cache: 100_000 * KIB,
    compressed: 0,
  });
  const host = memory({ ...EXAMPLE, ...swapped, zswap: 200_000, zswapped: 950_000 });
  assert.equal(host.memory.used, 6_000_000 * KIB);
  assert.equal(host.memory.compressed, 200_000 * KIB);
  assert.equal(host.swap.used, 0);
  assert.equal(host.swap.cache, 50_000 * KIB);
});

test("what ZFS's cache can give back is cache, not used", () => {
  const arc = { sizeBytes: 3_000_000 * KIB, minimumBytes: 1_000_000 * KIB };
  const m = memory({ ...EXAMPLE, available: 5_000_000 }, arc).memory;
  assert.equal(m.used, 4_200_000 * KIB);
  assert.equal(m.cache, 6_600_000 * KIB);
  assert.equal(m.available, 7_000_000 * KIB);
});
