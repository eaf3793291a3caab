// Owns: when what is counted between two refreshes is put down: in which bucket, and how soon.
// Knows nothing of: tiers and questions; those are in store-history.test.ts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { numberOf, openForReading } from '../src/store/history-db.ts';
import { splitSpan } from '../src/store/history-split.ts';
import { createHistoryWriter, type HistoryWriter } from '../src/store/history-writer.ts';
import { fixtureModel, processRow, reasonRow } from './support/view-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'nt-history-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `history-${files++}.db`);
/** A full hour. */
const START = 1_795_996_800;

/** A writer on clocks of its own: `pass` moves both, a test sets `wall` alone. */
function createClocks(startMs: number) {
  const clocks = { wall: startMs, monotonic: 0 };
  return {
    clocks,
    pass(ms: number) {
      clocks.wall += ms;
      clocks.monotonic += ms;
    },
    open: (file: string, more: object = {}) =>
      createHistoryWriter({ file, now: () => clocks.monotonic, wallClock: () => clocks.wall, onNote() {}, ...more }),
  };
}

/** One program that has sent so many bytes in all, and received thrice as many. */
function sentSoFar(sent: number) {
  return fixtureModel({ owners: [processRow(1, 10, 'root', '/usr/bin/curl -s', [0, 0, sent, 3 * sent])], flows: [] });
}

/** A batch is sent when the one before it is written, and a question is answered in its turn. */
async function written(writer: HistoryWriter, batches = 3): Promise<void> {
  for (let n = 0; n < batches; n++) await writer.ask({ sinceMs: 0, untilMs: 0, by: 'time' });
}

function read<T>(file: string, work: (db: ReturnType<typeof openForReading>) => T): T {
  const db = openForReading(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function buckets(file: string, table = 'ten_seconds'): [number, number][] {
  const sql = `SELECT ts - ${START}, sum(sent) FROM ${table} GROUP BY ts ORDER BY ts`;
  return read(file, (db) => db.prepare(sql).raw().all() as [number, number][]);
}

describe('a steady load is the same in every bucket, wherever its refreshes fall', () => {
  for (const [delayMs, phaseMs] of [
    [1000, 300],
    [1000, 0],
    [700, 40],
    [5000, 2300],
    [7000, 6999],
    [25_000, 4321],
  ] as const) {
    test(`a refresh every ${delayMs} ms, ${phaseMs} ms after the edge`, async () => {
      const began = (START - 300) * 1000 + phaseMs;
      const { clocks, pass, open } = createClocks(began);
      const file = newFile();
      const writer = await open(file);
      // Not a whole number of bytes in any interval: 12,345.67 bytes a second.
      const load = () => sentSoFar(Math.floor((clocks.wall - began) * 12.34567));
      const first = load();
      writer.add(first);
      while (clocks.wall < (START + 300) * 1000) {
        pass(delayMs);
        writer.add(load());
      }
      const moved = (load().owners[0]?.sentBytes ?? 0) - (first.owners[0]?.sentBytes ?? 0);
      await writer.stop(60_000);
      const whole = buckets(file).filter(([ts]) => ts > -300 && ts < 290);
      assert.equal(whole.length, 58);
      const wrong = whole.filter(([, sent]) => Math.abs(sent - 123_456.7) > 3);
      assert.deepEqual(wrong, []);
      assert.equal(
        buckets(file).reduce((sum, [, sent]) => sum + sent, 0),
        moved,
        'exact to the byte',
      );
      const minute = buckets(file, 'minute').find(([ts]) => ts === -60);
      assert.ok(Math.abs((minute?.[1] ?? 0) - 740_740.2) <= 3, String(minute));
      const beforeTheHour = buckets(file).filter(([ts]) => ts < 0);
      assert.deepEqual(buckets(file, 'hour'), [[-3600, beforeTheHour.reduce((sum, [, sent]) => sum + sent, 0)]]);
    });
  }
});

test('what came before the refresh that crosses an edge stays in its own bucket', async () => {
  const { pass, open } = createClocks(START * 1000 + 5000);
  const file = newFile();
  const writer = await open(file, { baseline: [] });
  pass(4000);
  writer.add(sentSoFar(1000));
  pass(2000);
  writer.add(sentSoFar(1301));
  await writer.stop();
  assert.deepEqual(buckets(file), [
    [0, 1150],
    [10, 151],
  ]);
});

test('the first refresh is not put before the start, nor the first one after a jump of the clock before the jump', async () => {
  const { clocks, pass, open } = createClocks(START * 1000 + 10_100);
  const file = newFile();
  const writer = await open(file, { baseline: [] });
  pass(700);
  writer.add(sentSoFar(1000));
  pass(1000);
  writer.add(sentSoFar(1100));
  clocks.wall += 28_000;
  pass(1000);
  writer.add(sentSoFar(1150));
  await writer.stop();
  assert.deepEqual(buckets(file), [
    [10, 1100],
    [40, 50],
  ]);
});

test('bytes that find their owner in a refresh that crosses an edge leave both parts of it', async () => {
  const { pass, open } = createClocks(START * 1000 + 8000);
  const file = newFile();
  const writer = await open(file, { baseline: [] });
  const nobody = (sent: number) => reasonRow(0, 'unattributed', 'pending', '', [0, 0, sent, 0]);
  pass(1000);
  writer.add(fixtureModel({ owners: [nobody(701)], flows: [] }));
  pass(3000);
  writer.add(sentSoFar(1000));
  await writer.stop();
  const sql = 'SELECT program, sum(sent) FROM ten_seconds JOIN owner ON owner.id = owner GROUP BY program';
  assert.deepEqual(
    read(file, (db) => db.prepare(sql).raw().all()),
    [
      ['curl', 1000],
      ['unattributed', 0],
    ],
  );
});

test('nothing older than ten seconds is lost with a process that is killed, however its refreshes fall', async () => {
  for (const delayMs of [1000, 2300, 3000, 4900, 5000]) {
    const { clocks, pass, open } = createClocks(START * 1000 + 7100);
    const file = newFile();
    const writer = await open(file);
    const load = () => sentSoFar(clocks.wall - START * 1000);
    writer.add(load());
    for (let n = 0; n < 20; n++) {
      pass(delayMs);
      writer.add(load());
      await written(writer);
      const inFile = read(file, (db) => numberOf(db, 'SELECT sum(sent) FROM ten_seconds'));
      // One byte a millisecond: what is missing just before the next refresh.
      const missing = clocks.wall - START * 1000 - 7100 - inFile + delayMs;
      assert.ok(missing <= 10_000, `${missing} ms at a refresh every ${delayMs} ms`);
    }
    await writer.stop();
  }
});

test('a span is cut at every edge; a very long one at sixty at most, and its parts are all of it', () => {
  assert.deepEqual(splitSpan(8000, 28_000), [
    { untilMs: 10_000, shareOfRest: 0.1 },
    { untilMs: 20_000, shareOfRest: 10 / 18 },
    { untilMs: 28_000, shareOfRest: 1 },
  ]);
  assert.deepEqual(splitSpan(11_000, 19_000), [{ untilMs: 19_000, shareOfRest: 1 }]);
  const long = splitSpan(5000, 7_205_000);
  assert.ok(long.length <= 62, String(long.length));
  assert.deepEqual(long.at(-1), { untilMs: 7_205_000, shareOfRest: 1 });
  assert.ok(long.every(({ untilMs }, at) => untilMs > (long[at - 1]?.untilMs ?? 5000)));
});

test('after a kill a gap begins ten seconds earlier at most, also where nothing was moved', async () => {
  const { clocks, pass, open } = createClocks(START * 1000 + 300);
  const file = newFile();
  const writer = await open(file);
  for (let n = 0; n < 40; n++) {
    pass(1000);
    writer.add(sentSoFar(0));
    await written(writer);
    if (n < 10) continue;
    const lastWrite = read(file, (db) => numberOf(db, "SELECT value FROM meta WHERE key = 'last_write_ms'"));
    assert.ok(clocks.wall + 1000 - lastWrite <= 7000, `${clocks.wall - lastWrite} ms ago`);
  }
  await writer.stop();
});

describe('the time between two writers', () => {
  const gapsOf = (file: string) =>
    read(file, (db) => db.prepare('SELECT since_ms, until_ms, reason FROM gap ORDER BY id').raw().all());

  for (const awayMs of [1, 1900, 2600, 14_000, 20_000, 90_000]) {
    test(`${awayMs} ms are a gap, which is told with the first refresh`, async () => {
      const { clocks, pass, open } = createClocks(START * 1000 + 4000);
      const file = newFile();
      const first = await open(file);
      first.add(sentSoFar(0));
      pass(1000);
      first.add(sentSoFar(100));
      const since = clocks.wall;
      await first.stop();
      pass(awayMs);
      const second = await open(file, { baseline: [] });
      const until = clocks.wall;
      pass(1000);
      second.add(sentSoFar(100));
      const range = { sinceMs: START * 1000, untilMs: clocks.wall };
      await written(second);
      const { gaps } = await second.ask({ ...range, by: 'time' });
      assert.deepEqual(gaps, [
        {
          since: new Date(since).toISOString(),
          until: new Date(until).toISOString(),
          reason: 'not-running',
          text: 'nettrace was not running',
        },
      ]);
      for (let n = 0; n < 5; n++) {
        pass(10_000);
        second.add(sentSoFar(100));
      }
      await second.stop();
      assert.deepEqual(gapsOf(file), [[since, until, 'not-running']], 'time between two refreshes is no gap');
    });
  }

  test('it begins with the last refresh, ends where counting begins, and a writer that counts nothing does not hide it', async () => {
    const { clocks, pass, open } = createClocks(START * 1000);
    const file = newFile();
    const first = await open(file);
    first.add(sentSoFar(0));
    const since = clocks.wall;
    pass(4000);
    await first.stop();
    pass(3000);
    const second = await open(file);
    pass(500);
    await second.stop();
    const third = await open(file);
    pass(2000);
    // Without a baseline it is only what to compare with.
    third.add(sentSoFar(100));
    await third.stop();
    assert.deepEqual(gapsOf(file), [[since, clocks.wall, 'not-running']]);
  });

  test('a clock that was set back meanwhile makes no gap that ends before it begins', async () => {
    const { clocks, pass, open } = createClocks(START * 1000);
    const file = newFile();
    const first = await open(file);
    pass(1000);
    first.add(sentSoFar(0));
    await first.stop();
    clocks.wall -= 3_600_000;
    const second = await open(file, { baseline: [] });
    pass(1000);
    second.add(sentSoFar(0));
    await second.stop();
    assert.deepEqual(gapsOf(file), [[(START - 3599) * 1000, (START + 1) * 1000, 'clock-back']]);
  });
});
