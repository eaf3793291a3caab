// Owns: the history file: tiers that agree, versions, one writer, kills, a full disk, clocks that jump.
// Knows nothing of: the command line.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { numberOf, openForReading } from '../src/store/history-db.ts';
import { historyAnswer } from '../src/store/history-query.ts';
import { foldRows } from '../src/store/history-row.ts';
import { historyAnswerSchema } from '../src/store/history-schema.ts';
import { createHistoryStore } from '../src/store/history-store.ts';
import { DEFAULT_LIMITS } from '../src/store/history-tables.ts';
import { createHistoryWriter } from '../src/store/history-writer.ts';
import { batch, row } from './support/history-rows.ts';
import { fixtureModel, processRow, reasonRow } from './support/view-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'nt-history-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `history-${files++}.db`);
/** A Monday, 00:00 UTC. */
const DAY = 1_795_996_800 - (1_795_996_800 % 86_400);

describe('the tiers', () => {
  const file = newFile();
  const store = createHistoryStore(file, DEFAULT_LIMITS);
  for (let minute = 0; minute < 26 * 60; minute++)
    store.write(batch(DAY + minute * 60 + 10, [row('curl', 100), row('nginx', 10)]));

  test('every tier that is complete holds the same bytes, and any range is answered exactly while fine tiers last', () => {
    assert.equal(numberOf(store.db, 'SELECT sum(sent) FROM day'), 24 * 60 * 110);
    assert.equal(numberOf(store.db, 'SELECT sum(sent) FROM hour WHERE ts < ?', DAY + 86_400), 24 * 60 * 110);
    assert.equal(numberOf(store.db, 'SELECT sum(sent) FROM minute WHERE ts < ?', DAY + 86_400), 24 * 60 * 110);
    const sinceMs = (DAY + 17 * 60) * 1000;
    const untilMs = (DAY + 25 * 3600 + 42 * 60) * 1000;
    const answer = historyAnswer(store.db, { sinceMs, untilMs, by: 'program', step: 0 });
    historyAnswerSchema.parse(answer);
    assert.deepEqual(
      answer.series.map(({ key, sentBytes }) => [key, sentBytes]),
      [
        ['curl', (25 * 60 + 25) * 100],
        ['nginx', (25 * 60 + 25) * 10],
      ],
    );
    for (const series of answer.series)
      assert.equal(
        series.points?.reduce((sum, [sent]) => sum + sent, 0),
        series.sentBytes,
      );
  });
  test('ten seconds are kept for an hour, and bytes are no part of two tiers of one answer', () => {
    const oldest = numberOf(store.db, 'SELECT min(ts) FROM ten_seconds');
    assert.ok(oldest >= DAY + 25 * 3600 - 60, String(oldest - DAY));
    assert.equal(numberOf(store.db, 'SELECT count(*) FROM minute'), 2 * 26 * 60 - 2);
  });
  test('a clock that goes back adds to the buckets of then, in every tier', () => {
    store.write(batch(DAY + 3600, [row('late', 7)], { mayDelete: false }));
    for (const table of ['ten_seconds', 'minute', 'hour', 'day']) {
      assert.equal(
        numberOf(store.db, `SELECT sum(sent) FROM ${table} JOIN owner ON owner.id = owner WHERE program = 'late'`),
        7,
        table,
      );
    }
    const whole = historyAnswer(store.db, { sinceMs: DAY * 1000, untilMs: (DAY + 86_400) * 1000, by: 'time' });
    assert.equal(whole.total.sentBytes, 24 * 60 * 110 + 7);
  });
  test('the other series are one, a filter leaves out what it does not name, and plain SQL sees the same', () => {
    const range = { sinceMs: DAY * 1000, untilMs: (DAY + 3600) * 1000 };
    const [first, other] = historyAnswer(store.db, { ...range, by: 'program', limit: 1 }).series;
    assert.deepEqual([first?.key, other?.key, other?.sentBytes], ['curl', 'other', 600]);
    const only = historyAnswer(store.db, { ...range, by: 'user', filter: { program: 'nginx' } });
    assert.equal(only.total.sentBytes, 600);
    const sql = `SELECT sum(sent_bytes) FROM history_minute WHERE program = 'nginx' AND utc < datetime(${DAY + 3600}, 'unixepoch')`;
    assert.equal(numberOf(openForReading(file), sql), 600);
  });
  test('the examples of the documentation run', () => {
    const text = readFileSync(new URL('../../../docs/history.md', import.meta.url), 'utf8');
    const examples = [...text.matchAll(/```sql\n([^`]*)```/g)].map((match) => match[1] ?? '');
    assert.equal(examples.length, 3);
    for (const sql of examples) assert.doesNotThrow(() => openForReading(file).prepare(sql).raw().all(), sql);
  });
  test('a second writer is refused with one sentence', () => {
    assert.throws(() => createHistoryStore(file, DEFAULT_LIMITS), /another nettrace writes its history to .*: stop it/);
    store.close();
    createHistoryStore(file, DEFAULT_LIMITS).close();
  });
});

test('files of other programs, of newer versions and what is no database are refused in one sentence', () => {
  const text = newFile();
  writeFileSync(text, 'this is not a database, and long enough to be looked at as one'.repeat(20));
  assert.throws(() => openForReading(text), /damaged or no SQLite file/);
  const newer = newFile();
  const store = createHistoryStore(newer, DEFAULT_LIMITS);
  store.db.exec('PRAGMA user_version = 99');
  store.close();
  assert.throws(() => createHistoryStore(newer, DEFAULT_LIMITS), /written by a newer nettrace/);
  assert.throws(() => openForReading(join(folder, 'nothing')), /no such file/);
  assert.equal(statSync(newer).mode & 0o777, 0o600);
});

test('a storm of remotes becomes few rows, and the sums stay', () => {
  const rows = Array.from({ length: 10_000 }, (_, at) =>
    row('scan', at + 1, { remote: `10.0.${at >> 8}.${at & 255}` }),
  );
  const folded = foldRows(rows, 100);
  assert.equal(folded.length, 101);
  assert.equal(
    folded.reduce((sum, { amounts }) => sum + amounts[0], 0),
    (10_000 * 10_001) / 2,
  );
});

test('the cap holds: the oldest of the finest tier go first', () => {
  const store = createHistoryStore(newFile(), { ...DEFAULT_LIMITS, mostBytes: 6 * 1024 * 1024 });
  const rows = Array.from({ length: 500 }, (_, at) => row(`p${at}`, 1000 + at));
  for (let n = 0; n < 240; n++) store.write(batch(DAY + n * 10, rows));
  assert.ok(numberOf(store.db, 'PRAGMA page_count') * 4096 <= 2 * 1024 * 1024);
  assert.ok(numberOf(store.db, 'SELECT min(ts) FROM ten_seconds') > DAY);
  const newest = numberOf(store.db, 'SELECT max(ts) FROM ten_seconds');
  assert.equal(newest, DAY + 2390);
  store.close();
});

test('killed at random moments, the file is whole and what was reported as written is there', async () => {
  const file = newFile();
  const program = fileURLToPath(new URL('./support/history-rows.js', import.meta.url));
  let reported = -1;
  for (let round = 0; round < Number(process.env['HISTORY_KILLS'] ?? 20); round++) {
    const child = spawn(process.execPath, [program, 'write-until-killed', file, String(reported + 1)]);
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    await once(child.stdout, 'data');
    const timer = setTimeout(() => child.kill('SIGKILL'), (round * 37) % 60);
    await once(child, 'close');
    clearTimeout(timer);
    reported = Number(text.trim().split('\n').at(-1));
    const db = openForReading(file);
    assert.deepEqual(db.prepare('PRAGMA integrity_check').raw().all(), [['ok']]);
    assert.ok(numberOf(db, 'SELECT max(ts) FROM ten_seconds') >= 1_800_000_000 + reported * 10);
    const counts = numberOf(db, 'SELECT count(*) FROM (SELECT ts FROM ten_seconds GROUP BY ts HAVING count(*) != 50)');
    assert.equal(counts, 0, 'a transaction is there as a whole or not at all');
    db.close();
  }
});

describe('the writer', () => {
  const clocks = { wall: DAY * 1000, monotonic: 0 };
  const pass = (ms: number) => {
    clocks.wall += ms;
    clocks.monotonic += ms;
  };
  const refresh = (sent: number) =>
    fixtureModel({ owners: [processRow(1, 10, 'root', '/usr/bin/curl -s', [0, 0, sent, 5 * sent])], flows: [] });
  const open = (file: string, more: object = {}) =>
    createHistoryWriter({ file, now: () => clocks.monotonic, wallClock: () => clocks.wall, onNote: () => {}, ...more });

  test('what was moved between two refreshes is kept; what was moved before is not, and a jump of the clock is told', async () => {
    const file = newFile();
    const from = clocks.wall;
    const writer = await open(file);
    writer.add(refresh(1000));
    for (let n = 1; n <= 30; n++) {
      pass(1000);
      writer.add(refresh(1000 + n * 10));
    }
    clocks.wall -= 3_600_000;
    pass(1000);
    writer.add(refresh(1400));
    await writer.stop();
    const db = openForReading(file);
    const answer = historyAnswer(db, { sinceMs: from - 86_400_000, untilMs: from + 60_000, by: 'program' });
    assert.deepEqual(
      answer.series.map(({ key, sentBytes, receivedBytes }) => [key, sentBytes, receivedBytes]),
      [['curl', 400, 2000]],
    );
    assert.deepEqual(
      answer.gaps.map(({ reason, text }) => [reason, text]),
      [['clock-back', 'the clock was set back by 3600 s']],
    );
    db.close();
  });
  test('bytes that were written without an owner and find one later are moved in every tier, also where nothing follows', async () => {
    const file = newFile();
    const from = clocks.wall;
    const writer = await open(file, { baseline: [] });
    const nobody = reasonRow(0, 'unattributed', 'pending', '', [0, 0, 700, 300]);
    writer.add(fixtureModel({ owners: [nobody], flows: [] }));
    pass(61_000);
    writer.add(fixtureModel({ owners: [nobody], flows: [] }));
    pass(6000);
    writer.add(refresh(700));
    pass(6000);
    writer.add(refresh(700));
    await writer.stop();
    const db = openForReading(file);
    const { series } = historyAnswer(db, { sinceMs: from, untilMs: clocks.wall + 10_000, by: 'program' });
    assert.deepEqual(
      series.map(({ key, sentBytes }) => [key, sentBytes]),
      [
        ['curl', 700],
        ['unattributed', 0],
      ],
    );
    db.close();
  });
  test('questions are answered while it writes; a restart after a while is a gap', async () => {
    const file = newFile();
    const first = await open(file);
    first.add(refresh(1));
    pass(6000);
    first.add(refresh(101));
    await first.stop();
    pass(120_000);
    const second = await open(file);
    second.add(refresh(1));
    pass(6000);
    second.add(refresh(2));
    await second.stop();
    const db = openForReading(file);
    const { gaps, total } = historyAnswer(db, { sinceMs: clocks.wall - 300_000, untilMs: clocks.wall, by: 'time' });
    assert.deepEqual([gaps.map(({ reason }) => reason), total.sentBytes], [['not-running'], 101]);
    db.close();
  });
  test('a full disk is waited out: nothing hangs, the backlog is bounded, what was given up is a gap', {
    skip: process.getuid?.() === 0 ? false : 'a small tmpfs needs root',
  }, async () => {
    const disk = join(folder, 'disk');
    execFileSync('sh', ['-c', `mkdir ${disk} && mount -t tmpfs -o size=2m tmpfs ${disk}`]);
    try {
      const notes: string[] = [];
      const writer = await open(join(disk, 'h.db'), {
        onNote: (_: string, text: string) => notes.push(text),
        mostWaiting: 3,
      });
      const start = clocks.wall;
      writer.add(refresh(0));
      try {
        execFileSync('sh', ['-c', `dd if=/dev/zero of=${disk}/filler bs=4k status=none 2>/dev/null`]);
      } catch {
        // it is full: that is what it is for
      }
      const many = (n: number) =>
        fixtureModel({
          owners: Array.from({ length: 3000 }, (_, at) =>
            processRow(at + 1, at + 10, 'root', `/bin/p${at}-${'x'.repeat(100)}`, [0, 0, 1 + n * 10, 0]),
          ),
          flows: [],
        });
      writer.add(many(0));
      for (let n = 1; n < 4; n++) {
        pass(11_000);
        writer.add(many(n));
      }
      while (notes.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.match(notes[0] ?? '', /no space left on the device; what is counted waits in memory/);
      for (let n = 4; n < 8; n++) {
        pass(11_000);
        writer.add(many(n));
      }
      rmSync(join(disk, 'filler'));
      execFileSync('mount', ['-o', 'remount,size=16m', disk]);
      while (notes.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.match(notes[1] ?? '', /is written again/);
      pass(11_000);
      writer.add(many(8));
      await writer.stop(5000);
      const db = openForReading(join(disk, 'h.db'));
      const { gaps } = historyAnswer(db, { sinceMs: start, untilMs: clocks.wall + 60_000, by: 'time' });
      // One for each run of batches that were given up: how many there are is up to the thread's pace.
      assert.deepEqual([...new Set(gaps.map(({ reason }) => reason))], ['not-written']);
      assert.deepEqual(db.prepare('PRAGMA integrity_check').raw().all(), [['ok']]);
      db.close();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
