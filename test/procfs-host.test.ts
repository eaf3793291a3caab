// Tests: reading a fabricated /proc and /sys.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFileReader } from '../src/procfs/file-reader.ts';
import { createHostReader, type HostReading } from '../src/procfs/host.ts';

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
  assert.deepEqual(host.cpuList, { existing: 1, offline: [] });
  assert.equal(host.arc, undefined);
});

test('a host without any of the files is read as zeros', () => {
  const host = read('/nonexistent');
  assert.equal(host.hostname, '');
  assert.deepEqual(host.stat.cpus, []);
  assert.equal(host.memory.total, 0);
  assert.deepEqual(host.cpuList, { existing: 0, offline: [] });
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
  assert.deepEqual(read(root).cpuList, { existing: 7, offline: [1, 3, 4, 5, 6] });
});

test('a CPU that is added shows in the next reading', (t) => {
  const root = tree(t, { 'proc/stat': cpu(0), ...folder(0) });
  const next = createHostReader({ proc: join(root, 'proc'), sys: join(root, 'sys') });
  assert.equal(next().cpuList.existing, 1);
  writeFileSync(join(root, 'proc/stat'), cpu(0) + cpu(1));
  mkdirSync(join(root, 'sys/devices/system/cpu/cpu1'));
  const host = next();
  assert.deepEqual(host.cpuList, { existing: 2, offline: [] });
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
