// Tests: reading a fabricated /proc and /sys.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseCpuRanges } from '../src/procfs/cpu-groups.ts';
import { createFileReader } from '../src/procfs/file-reader.ts';
import { createHostReader, type HostReading } from '../src/procfs/host.ts';
import { statLine } from './support/process-files.ts';

/** A folder with these files that goes away with the test. */
function tree(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'nettrace-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function read(root: string): HostReading {
  return createHostReader({ proc: join(root, 'proc'), sys: join(root, 'sys') })();
}

const cpu = (id: number) => `cpu${id} 1 2 3 4\n`;
const folder = (id: number, online?: string) =>
  online === undefined
    ? { [`sys/devices/system/cpu/cpu${id}/topology/core_id`]: '0\n' }
    : { [`sys/devices/system/cpu/cpu${id}/online`]: online };

test('the files of a host make one reading', (t) => {
  const host = read(
    tree(t, {
      'proc/stat': `cpu  1 2 3 4\n${cpu(0)}procs_running 2\n`,
      'proc/meminfo': 'MemTotal: 1000 kB\n',
      'proc/loadavg': '0.10 0.20 0.30 1/50 77\n',
      'proc/uptime': '99.5 1.0\n',
      'proc/sys/kernel/hostname': 'web-1\n',
    }),
  );
  assert.equal(host.hostname, 'web-1');
  assert.equal(host.uptimeSeconds, 99.5);
  assert.equal(host.memory.total, 1_024_000);
  assert.equal(host.loadavg.total, 50);
  assert.equal(host.stat.procsRunning, 2);
  assert.deepEqual(host.cpuList, { existing: 1, offline: [], absent: [] });
  assert.equal(host.arc, undefined);
});

test('a host without any of the files is read as zeros', () => {
  const host = read('/nonexistent');
  assert.equal(host.hostname, '');
  assert.deepEqual(host.stat.cpus, []);
  assert.equal(host.memory.total, 0);
  assert.deepEqual(host.cpuList, { existing: 0, offline: [], absent: [] });
});

test('CPUs unplugged at the end and in the middle, and ids with gaps, are offline', (t) => {
  const root = tree(t, {
    'proc/stat': cpu(0) + cpu(2),
    ...folder(0),
    ...folder(1, '0\n'),
    ...folder(2, '1\n'),
    ...folder(3, '0\n'),
    ...folder(6, '0\n'),
    'sys/devices/system/cpu/cpufreq/x': '',
    'sys/devices/system/cpu/cpuidle/x': '',
  });
  assert.deepEqual(read(root).cpuList, { existing: 7, offline: [1, 3, 4, 5, 6], absent: [4, 5] });
});

test('a CPU that is added shows in the next reading', (t) => {
  const root = tree(t, { 'proc/stat': cpu(0), ...folder(0) });
  const next = createHostReader({ proc: join(root, 'proc'), sys: join(root, 'sys') });
  assert.equal(next().cpuList.existing, 1);
  writeFileSync(join(root, 'proc/stat'), cpu(0) + cpu(1));
  mkdirSync(join(root, 'sys/devices/system/cpu/cpu1'));
  const host = next();
  assert.deepEqual(host.cpuList, { existing: 2, offline: [], absent: [] });
  assert.equal(host.stat.cpus.length, 2);
});

test("ZFS's cache is the host's: it is not read in a pid namespace of its own", (t) => {
  const arc = { 'proc/spl/kstat/zfs/arcstats': 'c_min 4 10\nsize 4 50\n', 'proc/self/ns/x': '' };
  const host = tree(t, arc);
  symlinkSync('pid:[4026531836]', join(host, 'proc/self/ns/pid'));
  assert.deepEqual(read(host).arc, { sizeBytes: 50, minimumBytes: 10 });
  const container = tree(t, arc);
  symlinkSync('pid:[4026532999]', join(container, 'proc/self/ns/pid'));
  assert.equal(read(container).arc, undefined);
  const overlay = tree(t, { ...arc, 'proc/1/mounts': 'overlay / overlay rw 0 0\n' });
  assert.equal(read(overlay).arc, undefined);
});

test('pressure is what some task waited for in the last 10 s, and unknown on a kernel that does not tell', (t) => {
  const psi = 'some avg10=1.25 avg60=0.00 avg300=0.00 total=5\nfull avg10=9.99 avg60=0.00 avg300=0.00 total=5\n';
  const root = tree(t, { 'proc/pressure/cpu': psi, 'proc/pressure/io': psi.replace('1.25', '100.00') });
  assert.deepEqual(read(root).pressure, { cpu: 1.25, memory: undefined, io: 100 });
  assert.equal(read(tree(t, { 'proc/pressure/cpu': '' })).pressure, undefined);
});

test('processes, their further threads and kernel threads are told apart, and none is read twice', (t) => {
  const files = (loadavg: string) => ({
    'proc/loadavg': loadavg,
    'proc/1/stat': statLine({ pid: 1, threads: 1 }),
    'proc/2/stat': statLine({ pid: 2, flags: 0x208040 }),
    'proc/77/stat': statLine({ pid: 77, threads: 5 }),
    'proc/78/other': 'a process that ended while it was looked at',
  });
  const root = tree(t, files('0 0 0 1/9 78'));
  const next = createHostReader({ proc: join(root, 'proc'), sys: join(root, 'sys') });
  assert.deepEqual(next().census, { processes: 3, kernelThreads: 1, userThreads: 5 });
  writeFileSync(join(root, 'proc/2/stat'), statLine({ pid: 2 }));
  writeFileSync(join(root, 'proc/loadavg'), '0 0 0 1/9 79');
  assert.equal(next().census?.kernelThreads, 1, 'what a pid is does not change');
  rmSync(join(root, 'proc/2'), { recursive: true });
  assert.equal(next().census?.kernelThreads, 1, 'nobody looks while no task began or ended');
  writeFileSync(join(root, 'proc/loadavg'), '0 0 0 1/8 79');
  assert.deepEqual(next().census, { processes: 3, kernelThreads: 0, userThreads: 5 });
  const inside = tree(t, { ...files('0 0 0 1/900 78'), 'proc/self/ns/x': '' });
  symlinkSync('pid:[4026532999]', join(inside, 'proc/self/ns/pid'));
  assert.equal(read(inside).census?.userThreads, undefined, 'the kernel counts the threads of the whole host');
});

test('in a container the tightest limit counts, its own or of a group above, with what that group uses', (t) => {
  const group = 'sys/fs/cgroup/kubepods/pod1/c1';
  const files = {
    'proc/self/cgroup': '0::/kubepods/pod1/c1\n',
    'proc/1/mounts': 'overlay / overlay rw 0 0\n',
    'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
    [`${group}/memory.max`]: 'max\n',
    [`${group}/memory.current`]: '1000\n',
    [`${group}/memory.swap.max`]: '0\n',
    [`${group}/memory.swap.current`]: '0\n',
    [`${group}/cpu.max`]: '150000 100000\n',
    'sys/fs/cgroup/kubepods/pod1/memory.max': '536870912\n',
    'sys/fs/cgroup/kubepods/pod1/memory.current': '400000000\n',
    'sys/fs/cgroup/kubepods/pod1/cpu.max': 'max 100000\n',
    'sys/fs/cgroup/kubepods/cpu.max': '400000 100000\n',
  };
  assert.deepEqual(read(tree(t, files)).limits, {
    memoryMax: 536_870_912,
    memoryCurrent: 400_000_000,
    swapMax: 0,
    swapCurrent: 0,
    cpus: 1.5,
  });
  const { 'proc/1/mounts': _, ...host } = files;
  assert.equal(read(tree(t, host)).limits, undefined, 'on the host itself they are of no interest');
  assert.equal(read(tree(t, { ...files, 'proc/self/cgroup': '4:memory:/docker/x\n' })).limits, undefined);
  // With a cgroup namespace the own group is the root of what is mounted.
  const own = tree(t, {
    'proc/self/cgroup': '0::/\n',
    'proc/1/mounts': 'overlay / overlay rw 0 0\n',
    'sys/fs/cgroup/cgroup.controllers': '',
    'sys/fs/cgroup/memory.max': '1048576\n',
    'sys/fs/cgroup/memory.current': '4096\n',
  });
  assert.equal(read(own).limits?.memoryMax, 1_048_576);
  assert.equal(read(own).limits?.memoryCurrent, 4096);
});

test('NUMA nodes and cores with several threads are known; one node alone is none', (t) => {
  const node = (id: number, cpus: string) => ({ [`sys/devices/system/node/node${id}/cpulist`]: `${cpus}\n` });
  const siblings = (id: number, cpus: string) => ({
    [`sys/devices/system/cpu/cpu${id}/topology/thread_siblings_list`]: `${cpus}\n`,
  });
  const cpus = { 'proc/stat': cpu(0) + cpu(1) + cpu(2) + cpu(3) };
  const two = { ...siblings(0, '0,2'), ...siblings(1, '1,3'), ...siblings(2, '0,2'), ...siblings(3, '1,3') };
  assert.deepEqual(read(tree(t, { ...cpus, ...node(0, '0,2'), ...node(1, '1,3'), ...two })).cpuGroups, {
    nodes: [
      { id: 0, cpus: [0, 2] },
      { id: 1, cpus: [1, 3] },
    ],
    siblings: [
      [0, 2],
      [1, 3],
    ],
  });
  const single = { ...cpus, ...node(0, '0-3'), ...siblings(0, '0') };
  assert.deepEqual(read(tree(t, single)).cpuGroups, { nodes: [], siblings: [] });
  assert.deepEqual(parseCpuRanges('0-2,8,10-11\n'), [0, 1, 2, 8, 10, 11]);
  assert.deepEqual(parseCpuRanges('x,3-1,99999,-'), []);
});

test('a file larger than the buffer is read whole, and a small one after it has nothing of it', (t) => {
  const reader = createFileReader(tree(t, { large: 'x'.repeat(200_000), small: 'ab', empty: '' }));
  assert.equal(reader.read('large')?.length, 200_000);
  assert.equal(reader.read('small'), 'ab');
  assert.equal(reader.read('empty'), '');
  assert.equal(reader.read('missing'), undefined);
  assert.equal(reader.read('.'), undefined);
});

test('a file without an end is cut', () => {
  assert.equal(createFileReader('/dev').read('zero')?.length, 4 * 1024 * 1024);
});

test('the host that runs this test is read in full', () => {
  const host = createHostReader({ proc: '/proc', sys: '/sys' })();
  assert.ok(host.stat.cpus.length >= 1);
  assert.ok(host.cpuList.existing >= host.stat.cpus.length);
  assert.ok(host.memory.total > host.memory.free);
  assert.ok(host.uptimeSeconds > 0);
  assert.ok(host.loadavg.total > 0);
  assert.notEqual(host.hostname, '');
});
