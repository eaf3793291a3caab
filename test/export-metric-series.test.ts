// Tests: what readers of metrics learn of series that come and go: each byte once, however late and irregular they read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReaders } from '../src/export/metric-readers.ts';
import type { Sample } from '../src/export/metric-table.ts';
import { createMetrics, type Metrics } from '../src/export/metrics.ts';
import { otlpBody } from '../src/export/otlp.ts';
import type { Model, OwnerRow } from '../src/model/model.ts';
import { readOtlp } from './support/push-read.ts';
import { fixtureModel } from './support/view-model.ts';
import { seededRandom } from './tui-random.ts';

const MODEL = fixtureModel();
const TEMPLATE = MODEL.owners.find((row) => row.kind === 'process' && row.pid !== undefined) as OwnerRow;
const A = { name: 'a', returns: true };
const START_MS = 1_700_000_000_000;
const LIMITS = { programs: 100, cells: 380, idleMs: 300_000 };

/** A process that has sent so many bytes over eth0. */
function process(id: number, name: string, sentBytes: number, ended = false): OwnerRow {
  const packets = { sentPackets: sentBytes > 0 ? 1 : 0, receivedPackets: 0 };
  const share = { name: 'eth0', sentBytes, receivedBytes: 0, ...packets, sentRate: 0, receivedRate: 0 };
  const interfaces = [{ ...share, mirrored: false, repeated: false }];
  return { ...TEMPLATE, id, pid: ended ? undefined : id + 1000, name, user: 'root', unit: undefined, interfaces };
}

const ended = (sentBytes: number) => process(3, 'exited processes', sentBytes, true);

function refresh(metrics: Metrics, seconds: number, ...owners: readonly OwnerRow[]): void {
  metrics.add({ ...MODEL, timeMs: START_MS + seconds * 1000, elapsedMs: seconds * 1000, owners } as Model);
}

function sentBy(samples: readonly Sample[], program: string): number | undefined {
  return samples.find(
    ({ metric, labels }) =>
      metric === 'nettrace_program_bytes_total' && labels[0] === program && labels.at(-1) === 'sent',
  )?.value;
}

/**
 * What a server of metrics holds a series' increase to be: from the first value on, and from 0 where it fell.
 * @param seldom it comes more seldom than others wait
 */
function createServer(name: string, metrics: Metrics, seldom = false) {
  const last = new Map<string, number>();
  const gained = new Map<string, number>();
  return {
    read() {
      for (const { metric, labels, value } of metrics.samples({}, seldom ? { name } : undefined)) {
        if (metric !== 'nettrace_program_bytes_total') continue;
        const key = labels.join('/');
        const before = last.get(key);
        const gain = before === undefined ? 0 : value < before ? value : value - before;
        last.set(key, value);
        gained.set(labels[0] ?? '', (gained.get(labels[0] ?? '') ?? 0) + gain);
      }
      metrics.markRead({ name, returns: true }, metrics.refresh());
    },
    gained: (program: string) => gained.get(program),
    all: () => [...gained.values()].reduce((sum, value) => sum + value, 0),
  };
}

test('a program that lives shorter than a scrape is read at 0 first, then with all its bytes', () => {
  const metrics = createMetrics({ version: '1.0' });
  const server = createServer('a', metrics);
  refresh(metrics, 1);
  server.read();
  refresh(metrics, 2, process(10, 'burst', 30_000_000));
  refresh(metrics, 3, process(10, 'burst', 40_000_000));
  assert.equal(sentBy(metrics.samples(), 'burst'), 0);
  refresh(metrics, 5, ended(40_000_000));
  server.read();
  assert.equal(server.gained('burst'), 0);
  refresh(metrics, 6, ended(40_000_000));
  assert.equal(sentBy(metrics.samples(), 'burst'), 40_000_000);
  server.read();
  assert.equal(server.gained('burst'), 40_000_000);
  assert.equal(server.all(), 40_000_000);
});

test('a new series waits for every reader, however often one of them reads', () => {
  const metrics = createMetrics({ version: '1.0' });
  const [often, seldom] = [createServer('often', metrics), createServer('seldom', metrics)];
  for (let second = 1; second <= 61; second++) {
    refresh(metrics, second);
    often.read();
    if (second % 30 === 1) seldom.read();
  }
  for (let second = 62; second <= 121; second++) {
    refresh(metrics, second, process(10, 'burst', 5000));
    assert.equal(sentBy(metrics.samples(), 'burst'), second <= 91 ? 0 : 5000, `at ${second} s`);
    often.read();
    if (second % 30 === 1) seldom.read();
  }
  assert.equal(often.gained('burst'), 5000);
  assert.equal(seldom.gained('burst'), 5000);
});

test('who was given the text of the refresh before has not read what came with this one', () => {
  const metrics = createMetrics({ version: '1.0' });
  refresh(metrics, 1);
  metrics.markRead(A, 1);
  refresh(metrics, 2, process(10, 'burst', 5000));
  metrics.markRead(A, 1);
  refresh(metrics, 3, process(10, 'burst', 5000));
  assert.equal(sentBy(metrics.samples(), 'burst'), 0);
  // The text of a collector before this one.
  metrics.markRead(A, 4711);
  refresh(metrics, 4, process(10, 'burst', 5000));
  assert.equal(sentBy(metrics.samples(), 'burst'), 0);
  metrics.markRead(A, 3);
  refresh(metrics, 5, process(10, 'burst', 5000));
  assert.equal(sentBy(metrics.samples(), 'burst'), 5000);
});

test('after a start the first reader reads 0, but nobody is told hours later of bytes as if they were new', () => {
  const early = createMetrics({ version: '1.0' });
  refresh(early, 1, process(10, 'burst', 5000));
  refresh(early, 60, process(10, 'burst', 6000));
  assert.equal(sentBy(early.samples(), 'burst'), 0);
  const late = createMetrics({ version: '1.0' });
  for (const second of [1, 131]) refresh(late, second, process(10, 'burst', 5000));
  assert.equal(sentBy(late.samples(), 'burst'), 5000);
  const server = createServer('a', late);
  server.read();
  assert.equal(server.gained('burst'), 0);
});

test('who looked once delays others no longer than these are waited for, and a server that is gone two intervals', () => {
  const readers = createReaders();
  const [regular, once, server] = [
    { name: 'regular', returns: true },
    { name: 'once', returns: false },
    { name: 'new', returns: true },
  ];
  for (let second = 0; second <= 60; second += 15) readers.read(regular, second, second * 1000);
  readers.read(once, 60, 61_000);
  for (const second of [75, 90]) readers.read(regular, second, second * 1000);
  assert.equal(readers.readByAll(91_000), 60);
  assert.equal(readers.readByAll(91_001), 90);
  for (const second of [91, 105, 120, 135, 150, 165, 180, 195, 210])
    readers.read(second === 91 ? server : regular, second, second * 1000);
  assert.equal(readers.readByAll(221_000), 91, 'a server that came once may come each two minutes');
  assert.equal(readers.readByAll(221_001), 210);
  readers.read(server, 230, 230_000);
  assert.equal(readers.readByAll(240_000), 210);
  assert.equal(readers.readByAll(240_001), 210, 'waiting for those who are late keeps nobody from anything');
  assert.equal(readers.readByAll(340_000), 210);
  assert.equal(readers.readByAll(340_001), Number.POSITIVE_INFINITY, 'nobody waits for who comes after 139 s');
});

test('who reads each five minutes is told of every byte of programs that live for seconds, and keeps nobody waiting', () => {
  for (const withFast of [false, true]) {
    const metrics = createMetrics({ version: '1.0' });
    const slow = createServer('slow', metrics, true);
    const fast = createServer('fast', metrics);
    let [gone, told] = [0, 0];
    for (let second = 1; second <= 3000; second++) {
      // One of ten seconds each minute, until the last reading but two.
      const lives = second % 60 < 10 && second < 2300;
      if (lives) told = gone + 5000;
      else gone = told;
      const name = `p${Math.floor(second / 60)}`;
      refresh(metrics, second, ended(gone), ...(lives ? [process(second - (second % 60), name, 5000)] : []));
      if (second % 60 === 40 && second < 2300 && withFast && second > 180) {
        assert.equal(
          sentBy(metrics.samples(), name),
          5000,
          `shown within two readings of the fast one, at ${second} s`,
        );
      }
      if (withFast && second % 15 === 1) fast.read();
      if (second % 300 === 1) slow.read();
    }
    // Of the first reading nobody learns what was before.
    assert.equal(slow.all(), told, withFast ? 'with a fast one' : 'alone');
    if (withFast) assert.equal(fast.all(), told);
  }
});

test('who has not come for eleven minutes is forgotten: series end without it', () => {
  const metrics = createMetrics({ version: '1.0' });
  const [slow, fast] = [createServer('slow', metrics, true), createServer('fast', metrics)];
  for (let second = 1; second <= 1500; second++) {
    refresh(metrics, second, process(10, 'burst', second > 320 ? 5000 : 0));
    if (second % 15 === 1) fast.read();
    if (second === 1 || second === 301) slow.read();
    if (second === 900) assert.equal(sentBy(metrics.samples(), 'burst'), 5000);
  }
  assert.equal(sentBy(metrics.samples(), 'burst'), undefined);
});

test('the memory for readers is bounded, and a crowd of them pushes out who read longest ago', () => {
  const readers = createReaders();
  for (let i = 1; i <= 40; i++) readers.read({ name: `reader ${i}`, returns: true }, i, i);
  assert.equal(readers.readByAll(50), 25);
});

test('a program that lost its series and comes back begins at 0 again, and its first interval counts', () => {
  const metrics = createMetrics({ version: '1.0' });
  const server = createServer('a', metrics);
  for (let second = 1; second <= 400; second += 10) {
    refresh(metrics, second, process(10, 'backup', second === 1 ? 0 : 1000));
    server.read();
  }
  assert.equal(sentBy(metrics.samples(), 'backup'), undefined);
  for (let second = 401; second <= 421; second += 10) {
    refresh(metrics, second, process(10, 'backup', 1000), process(11, 'backup', 70_000));
    server.read();
  }
  assert.equal(server.gained('backup'), 71_000);
});

test('a program that makes room for a busy one keeps its series until its last bytes have been read', () => {
  const metrics = createMetrics({ version: '1.0', limits: { ...LIMITS, programs: 1 } });
  const server = createServer('a', metrics);
  refresh(metrics, 1, process(10, 'first', 100));
  server.read();
  refresh(metrics, 2, process(10, 'first', 100));
  refresh(metrics, 3, process(10, 'first', 900), process(11, 'second', 9000));
  refresh(metrics, 4, process(10, 'first', 950), process(11, 'second', 9500));
  const last = metrics.samples();
  // From the moment when its place is another's on, its bytes are with the others, as those of who waits for it.
  assert.equal(sentBy(last, 'first'), 100);
  assert.equal(sentBy(last, 'second'), undefined);
  assert.equal(last.find(({ metric }) => metric === 'nettrace_program_series_left_out')?.value, 2);
  server.read();
  refresh(metrics, 5, process(10, 'first', 950), process(11, 'second', 10_000));
  for (let second = 6; second < 9; second++) {
    server.read();
    refresh(metrics, second, process(10, 'first', 950), process(11, 'second', 10_000));
  }
  assert.equal(server.gained('first'), 100);
  assert.equal(server.gained('second'), 500);
  assert.equal(server.gained('other'), 850 + 9500);
});

test('a program that makes room does not take it again within the same refresh, which would look like a fall', () => {
  const metrics = createMetrics({ version: '1.0', limits: { ...LIMITS, programs: 1 } });
  refresh(metrics, 1, process(10, 'first', 100));
  metrics.markRead(A, 1);
  refresh(metrics, 2, process(10, 'first', 100));
  refresh(metrics, 3, process(10, 'first', 100), process(11, 'second', 9000));
  metrics.markRead(A, 3);
  refresh(metrics, 4, process(10, 'first', 500), process(11, 'second', 9000));
  assert.equal(sentBy(metrics.samples(), 'first'), undefined);
});

test('whoever comes, goes, makes room and returns: three readers learn of every byte, once', () => {
  const random = seededRandom(5);
  const metrics = createMetrics({ version: '1.0', limits: { programs: 8, cells: 12, idleMs: 60_000 } });
  const servers = ['a', 'b', 'c'].map((name) => createServer(name, metrics));
  const intervals = [2, 5, 13];
  const due = [1, 1, 1];
  let alive: { id: number; name: string; moved: number }[] = [];
  let [next, gone] = [100, 0];
  let shown = new Map<string, number>();
  for (let second = 1; second <= 3000; second++) {
    const quiet = second > 2900;
    if (!quiet && random.below(3) === 0) alive.push({ id: next, name: `p${next++ % 40}`, moved: 0 });
    if (!quiet) for (const each of alive) if (random.below(2) === 0) each.moved += random.below(2 ** random.below(20));
    refresh(metrics, second, ended(gone), ...alive.map(({ id, name, moved }) => process(id, name, moved)));
    const now = new Map(
      metrics
        .samples()
        .flatMap(({ metric, labels, value }) =>
          metric.endsWith('bytes_total') ? [[`${metric} ${labels}`, value]] : [],
        ),
    );
    for (const [key, value] of shown) assert.ok((now.get(key) ?? value) >= value, `${key} fell at ${second} s`);
    shown = now;
    // The first reading is that of all: what is counted before a reader's first one is not told to it.
    for (const [i, server] of servers.entries()) {
      if (second < (due[i] ?? 0)) continue;
      server.read();
      due[i] = second + (intervals[i] ?? 1) + random.below(3) - 1;
    }
    const dying = quiet ? [] : alive.filter(() => random.below(8) === 0);
    for (const { moved } of dying) gone += moved;
    alive = alive.filter((each) => !dying.includes(each));
  }
  const told = gone + alive.reduce((sum, { moved }) => sum + moved, 0);
  assert.ok(told > 1e6);
  assert.deepEqual(
    servers.map((server) => server.all()),
    [told, told, told],
  );
});

test('OTLP says of each counter when it began: those of a later program with the refresh before its first bytes', () => {
  const metrics = createMetrics({ version: '1.0' });
  refresh(metrics, 1, process(10, 'early', 10));
  refresh(metrics, 2, process(10, 'early', 10));
  refresh(metrics, 3, process(10, 'early', 10), process(11, 'late', 20));
  const { starts } = readOtlp(otlpBody(metrics.samples(), START_MS + 3500, START_MS, {}));
  const start = (program: string) =>
    [...starts].find(([series]) => series.startsWith(`nettrace_program_bytes_total{program="${program}"`))?.[1];
  assert.equal(start('early'), START_MS);
  assert.equal(start('late'), START_MS + 2000);
  assert.equal(starts.get('nettrace_traffic_bytes_total{direction="sent"}'), START_MS);
  assert.equal(starts.has('nettrace_host_load1'), false, 'a gauge has no start');
});
