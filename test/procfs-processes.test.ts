// Owns: what processes use, read from an invented /proc and from the real one.
// Knows nothing of: shares of time and columns.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProcessReader, type ProcessRequest } from '../src/procfs/process-reader.ts';
import { parseProcessStat } from '../src/procfs/process-stat.ts';
import { statLine, temporaryFolder, writeProcess } from './support/process-files.ts';

const request = (id: number, pid: number, startTicks = 100, exited = false): ProcessRequest => ({
  id,
  pid,
  startTicks,
  exited,
});

test('the fields of a stat line are those of proc_pid_stat(5), whatever the process calls itself', () => {
  const expected = {
    state: 'R',
    isKernelThread: false,
    threads: 7,
    cpuTicks: 901,
    startTicks: 4711,
    rssPages: 250,
  };
  for (const name of ['app', 'a) S 1 (b', '', 'two words', 'line\nbreak', ') R 0']) {
    const line = statLine({ pid: 9, name, state: 'R', ticks: 901, threads: 7, startTicks: 4711, rssPages: 250 });
    assert.deepEqual(parseProcessStat(Buffer.from(line)), expected, name);
  }
  assert.equal(parseProcessStat(Buffer.from(statLine({ pid: 2, flags: 0x208040 })))?.isKernelThread, true);
});

test('a stat line that is cut off before the resident set is not believed', () => {
  const line = statLine({ pid: 9, rssPages: 250 });
  const end = line.indexOf(' 250 ') + ' 250'.length;
  for (let length = 0; length < end - 3; length++) {
    assert.equal(parseProcessStat(Buffer.from(line), length), undefined, line.slice(0, length));
  }
  assert.equal(parseProcessStat(Buffer.from('9 (x) S a b c d e f g h i j k l m n o p q r s t u v w')), undefined);
});

test('a second reading has the CPU time of the first beside its own', (t) => {
  const root = temporaryFolder(t);
  let now = 1000;
  const reader = createProcessReader(root, () => now);
  t.after(() => reader.close());
  writeProcess(root, { pid: 9, ticks: 500, threads: 3, rssPages: 25, state: 'R' }, '0::/system.slice/a.service\n');
  const first = reader.read([request(7, 9)]).get(7);
  assert.equal(first?.cgroup, '0::/system.slice/a.service\n');
  assert.deepEqual(first?.usage, {
    state: 'R',
    threads: 3,
    rssBytes: 25 * 4096,
    cpu: { atMs: 1000, cpuMs: 5000 },
    cpuBefore: undefined,
  });
  now = 2000;
  writeProcess(root, { pid: 9, ticks: 550 });
  const second = reader.read([request(7, 9)]).get(7)?.usage;
  assert.deepEqual(second?.cpu, { atMs: 2000, cpuMs: 5500 });
  assert.deepEqual(second?.cpuBefore, { atMs: 1000, cpuMs: 5000 });
});

test('a pid that another process has by now is not read for the one that had it', (t) => {
  const root = temporaryFolder(t);
  const reader = createProcessReader(root, () => 0);
  t.after(() => reader.close());
  writeProcess(root, { pid: 9, startTicks: 100 }, '0::/old.service\n');
  assert.equal(reader.read([request(1, 9, 100)]).get(1)?.usage?.threads, 1);
  writeProcess(root, { pid: 9, startTicks: 200, threads: 4 }, '0::/new.service\n');
  const both = reader.read([request(1, 9, 100), request(2, 9, 200)]);
  assert.equal(both.get(1)?.usage, undefined);
  assert.equal(both.get(1)?.cgroup, '0::/old.service\n', 'where it belonged is remembered');
  assert.equal(both.get(2)?.usage?.threads, 4);
  assert.equal(both.get(2)?.cgroup, '0::/new.service\n');
});

test('a process that was never seen alive has neither usage nor a cgroup, and one that ended keeps its cgroup', (t) => {
  const root = temporaryFolder(t);
  const reader = createProcessReader(root, () => 0);
  t.after(() => reader.close());
  writeProcess(root, { pid: 9, startTicks: 200 }, '0::/other.service\n');
  assert.deepEqual(reader.read([request(1, 9, 100)]).get(1), { usage: undefined, cgroup: '' });
  writeProcess(root, { pid: 10 }, '0::/mine.service\n');
  reader.read([request(2, 10)]);
  rmSync(join(root, '10'), { recursive: true });
  assert.deepEqual(reader.read([request(2, 10, 100, true)]).get(2), { usage: undefined, cgroup: '0::/mine.service\n' });
});

test('a move to another cgroup is noticed after some readings', (t) => {
  const root = temporaryFolder(t);
  const reader = createProcessReader(root, () => 0);
  t.after(() => reader.close());
  writeProcess(root, { pid: 9 }, '0::/a.service\n');
  reader.read([request(1, 9)]);
  writeProcess(root, { pid: 9 }, '0::/b.service\n');
  for (let i = 0; i < 15; i++) reader.read([request(1, 9)]);
  assert.equal(reader.read([request(1, 9)]).get(1)?.cgroup, '0::/b.service\n');
});

test('of more processes than are read at once each has its turn', (t) => {
  const root = temporaryFolder(t);
  let now = 0;
  const reader = createProcessReader(root, () => now);
  t.after(() => reader.close());
  const pids = Array.from({ length: 700 }, (_, i) => i + 1);
  for (const pid of pids) writeProcess(root, { pid });
  const wanted = pids.map((pid) => request(pid, pid));
  const readAt = () => new Map([...reader.read(wanted)].map(([id, { usage }]) => [id, usage?.cpu.atMs]));
  assert.equal([...readAt().values()].filter((at) => at === undefined).length, 100);
  now = 1;
  const second = readAt();
  assert.equal([...second.values()].filter((at) => at === undefined).length, 0);
  assert.equal([...second.values()].filter((at) => at === 1).length, 600);
});

test('descriptors are given back: of processes that are not asked for any more, that ended, and at the end', (t) => {
  const root = temporaryFolder(t);
  const reader = createProcessReader(root, () => 0);
  const held = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
      } catch {
        return false; // the one that lists the folder
      }
    }).length;
  for (const pid of [1, 2, 3]) writeProcess(root, { pid });
  reader.read([request(1, 1), request(2, 2), request(3, 3)]);
  assert.equal(held(), 3);
  reader.read([request(1, 1), request(2, 2, 100, true)]);
  assert.equal(held(), 1);
  reader.close();
  assert.equal(held(), 0);
});

test('a real process is read as the kernel tells of it, and not any more once it has ended', async (t) => {
  const child = spawn('cat', [], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  // Its memory is counted once it runs: 'spawn' comes before its program is mapped.
  child.stdin.write('x');
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const startTicks = parseProcessStat(readFileSync(`/proc/${pid}/stat`))?.startTicks ?? 0;
  const reader = createProcessReader('/proc', () => performance.now());
  t.after(() => reader.close());
  const { usage, cgroup } = reader.read([request(1, pid, startTicks)]).get(1) ?? {};
  assert.equal(usage?.threads, 1);
  assert.ok((usage?.rssBytes ?? 0) > 0);
  assert.equal(cgroup, readFileSync(`/proc/${pid}/cgroup`, 'latin1'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(reader.read([request(1, pid, startTicks)]).get(1)?.usage, undefined);
});
