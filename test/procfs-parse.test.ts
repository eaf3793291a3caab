// Tests: the parsers of single files of /proc, on whole, short and hostile text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArcstats } from '../src/procfs/arcstats.ts';
import { parseLoadavg, parseUptime } from '../src/procfs/loadavg.ts';
import { parseMeminfo } from '../src/procfs/meminfo.ts';
import { parseStat } from '../src/procfs/stat.ts';

const STAT = `cpu  6961 0 6939 254905 880 0 282 146 0 0
cpu0 2959 1 2386 129518 48 2 21 81 3 4
cpu3 4001 0 4553 125387 831
intr 12345 0 0 9
ctxt 99
procs_running 3
procs_blocked 0
`;

test('CPUs are read by id, the sum line is not one of them, missing fields are 0', () => {
  const { cpus, procsRunning } = parseStat(STAT);
  assert.deepEqual(
    cpus.map((cpu) => cpu.id),
    [0, 3],
  );
  assert.deepEqual(cpus[0], {
    id: 0,
    user: 2959,
    nice: 1,
    system: 2386,
    idle: 129_518,
    iowait: 48,
    irq: 2,
    softirq: 21,
    steal: 81,
    guest: 3,
    guestNice: 4,
  });
  assert.equal(cpus[1]?.iowait, 831);
  assert.equal(cpus[1]?.steal, 0);
  assert.equal(procsRunning, 3);
});

test('fields of kernels to come are not in the way', () => {
  assert.equal(parseStat('cpu0 1 2 3 4 5 6 7 8 9 10 11 12\n').cpus[0]?.guestNice, 10);
});

test('memory is read in bytes', () => {
  const memory = parseMeminfo(
    'MemTotal:       24684096 kB\nMemFree: 5 kB\nSReclaimable:     7 kB\nHugePages_Total:       9\n',
  );
  assert.equal(memory.total, 24_684_096 * 1024);
  assert.equal(memory.reclaimable, 7 * 1024);
  assert.equal(memory.available, undefined);
  assert.equal(memory.zswap, 0);
});

test('load and tasks are read', () => {
  assert.deepEqual(parseLoadavg('3.50 1.25 0.75 2/99 20214\n'), {
    load: [3.5, 1.25, 0.75],
    running: 2,
    total: 99,
    lastPid: 20214,
  });
  assert.deepEqual(parseLoadavg('3.50 1.25 0.75'), { load: [3.5, 1.25, 0.75], running: 0, total: 0, lastPid: 0 });
});

test('uptime is read in seconds', () => {
  assert.equal(parseUptime('1354.67 2549.05\n'), 1354.67);
});

test("the size of ZFS's cache is read, and its absence is told apart from 0", () => {
  const text =
    '13 1 0x01 123 33456 1\nname type data\nc_min                4    1000\nsize                 4    5000\n';
  assert.deepEqual(parseArcstats(text), { sizeBytes: 5000, minimumBytes: 1000 });
  assert.equal(parseArcstats('hits 4 1\n'), undefined);
});

const HOSTILE = [
  '',
  '\0',
  'cpu',
  'cpu0',
  'cpu0 -1 x',
  'cpu99999999999999999999 1 2',
  'cpu9999 1 2',
  'cpu0 1e999 NaN',
  `cpu0 ${'9'.repeat(400)}`,
  'procs_running -4',
  'procs_running 99999999999999999999999',
  'MemTotal: -5 kB',
  `MemTotal: ${'9'.repeat(400)} kB`,
  'MemTotal: 0x10 kB',
  'MemTotal:',
  '__proto__: 5 kB',
  '-1.0 2 3 4/5',
  'nan inf 1e9 -/-',
  `${'9'.repeat(400)}.1`,
  'size 4 -1',
  'size 4',
  '\u001b[2J: 1 kB',
  ' '.repeat(100_000),
  `MemTotal:${' '.repeat(100_000)}x`,
  `cpu0${' 1'.repeat(50_000)}x`,
];

test('content that makes no sense is no number other than 0 to the largest integer', () => {
  for (const text of HOSTILE) {
    for (const parse of [parseStat, parseMeminfo, parseLoadavg, parseUptime, parseArcstats]) {
      assertSane(parse(text), `${parse.name} ${JSON.stringify(text.slice(0, 40))}`);
    }
  }
});

function assertSane(value: unknown, what: string): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value) && value >= 0, what);
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) assertSane(part, what);
}
