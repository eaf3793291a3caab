// Owns: a history file that is deleted, moved or replaced while it is written.
// Knows nothing of: the service.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openForReading } from '../src/store/history-db.ts';
import { createHistoryWriter } from '../src/store/history-writer.ts';
import { fixtureModel, processRow } from './support/view-model.ts';

const root = mkdtempSync(join(tmpdir(), 'nt-history-'));
after(() => rmSync(root, { recursive: true }));
let folders = 0;
/** A full hour, in ms. */
const START = 1_795_996_800_000;

/** A writer whose program sends what a test says, in a refresh of ten seconds each. */
async function startWriter(wall = START) {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return writeIn(folder, wall);
}

async function writeIn(folder: string, wall: number) {
  const file = join(folder, 'history.db');
  const [clock, notes] = [{ wall }, [] as string[]];
  let heard = () => {};
  let total = 0;
  const writer = await createHistoryWriter({
    ...{ file, now: () => clock.wall - wall, wallClock: () => clock.wall, baseline: [] },
    onNote(level, text) {
      notes.push(`${level}: ${text.replaceAll(file, 'FILE')}`);
      heard();
    },
  });
  return {
    ...{ folder, file, clock, notes, stop: writer.stop },
    note: () =>
      new Promise<void>((resolve) => {
        heard = resolve;
      }),
    /** Resolves when it was written, or could not be: an answer comes after the batch that was sent before. */
    async send(bytes: number) {
      clock.wall += 10_000;
      total += bytes;
      const owners = [processRow(1, 10, 'root', '/usr/bin/curl', [0, 0, total, 0])];
      writer.add(fixtureModel({ owners, flows: [] }));
      for (let n = 0; n < 3; n++) await writer.ask({ sinceMs: 0, untilMs: 0, by: 'time' }).catch(() => {});
    },
  };
}

function content(file: string) {
  const db = openForReading(file);
  const all = (sql: string) => db.prepare(sql).raw().all();
  try {
    assert.deepEqual(all('PRAGMA integrity_check'), [['ok']]);
    return {
      sent: all(`SELECT ts - ${START / 1000}, sum(sent) FROM ten_seconds GROUP BY ts`),
      gaps: all(`SELECT since_ms - ${START}, until_ms - ${START}, reason FROM gap ORDER BY id`),
    };
  } finally {
    db.close();
  }
}

const SAID = 'warn: the history FILE was deleted or replaced: it was opened again';
const AGAIN = [
  [20, 3],
  [30, 4],
];
/** A file of which nothing is left says from when on it should have more. */
const GONE = [[0, 20_000, 'not-written']];

for (const [what, suffixes] of [
  ['with everything beside it', ['', '-wal', '-shm', '-lock', '-ballast']],
  ['alone: the log that is left of it is not applied to the new one', ['']],
] as const) {
  test(`a file that is deleted ${what} is made anew, said once, and what it lacks is a gap`, async () => {
    const { file, notes, send, stop } = await startWriter();
    await send(1);
    await send(2);
    for (const suffix of suffixes) rmSync(`${file}${suffix}`, { force: true });
    await send(3);
    await send(4);
    await stop();
    assert.deepEqual(content(file), { sent: AGAIN, gaps: GONE });
    assert.deepEqual(notes, [SAID]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });
}

test('a file that is moved away is whole where it is then', async () => {
  const { folder, file, send, stop } = await startWriter();
  await send(1);
  await send(2);
  renameSync(file, join(folder, 'kept.db'));
  await send(3);
  await send(4);
  await stop();
  assert.deepEqual(content(join(folder, 'kept.db')).sent, [
    [0, 1],
    [10, 2],
  ]);
  assert.deepEqual(content(file).sent, AGAIN);
});

test('a copy of before that takes its place goes on, with a gap from where the copy ends', async () => {
  const before = await startWriter();
  await before.send(1);
  await before.stop();
  const { file, notes, send, stop } = await writeIn(before.folder, before.clock.wall);
  const copy = join(before.folder, 'copy.db');
  copyFileSync(file, copy);
  await send(2);
  renameSync(copy, file);
  await send(3);
  await send(4);
  await stop();
  assert.deepEqual(content(file), { sent: [[0, 1], ...AGAIN], gaps: [[10_000, 20_000, 'not-written']] });
  assert.deepEqual(notes, [SAID]);
});

test('while it cannot be made anew, rows wait in memory: nothing is lost once it can', async () => {
  const { folder, file, notes, note, send, stop } = await startWriter();
  await send(1);
  await send(2);
  rmSync(folder, { recursive: true });
  await send(3);
  await send(4);
  const again = note();
  mkdirSync(folder);
  await again;
  await stop(5000);
  assert.deepEqual(content(file), { sent: AGAIN, gaps: GONE });
  const failed = 'error: the history FILE-lock: there is no such file or folder; what is counted waits in memory';
  assert.deepEqual(
    notes.map((text) => text.replace('FILE: ', 'FILE-lock: ')),
    [failed, SAID],
  );
});

for (const suffix of ['-wal', '-shm']) {
  test(`only its ${suffix} is deleted: said once, and all that it had is in the file, with what comes after`, async () => {
    const { file, notes, send, stop } = await startWriter();
    await send(1);
    await send(2);
    rmSync(`${file}${suffix}`);
    await send(3);
    await send(4);
    // As after a kill: what has no name any more is nowhere.
    const kept = join(root, `kept${suffix}.db`);
    copyFileSync(file, kept);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${kept}-wal`);
    const sent = [[0, 1], [10, 2], ...AGAIN];
    assert.deepEqual(content(kept), { sent, gaps: [] });
    assert.deepEqual(notes, ['warn: FILE-wal was deleted or replaced: what it had is in the history FILE now']);
    await send(5);
    await stop();
    assert.deepEqual(content(file), { sent: [...sent, [40, 5]], gaps: [] });
    assert.equal(notes.length, 1);
  });
}

test('an old log that takes the place of the one that is written is not applied to the file', async () => {
  const { file, notes, send, stop } = await startWriter();
  await send(1);
  copyFileSync(`${file}-wal`, join(root, 'old-wal'));
  await send(2);
  renameSync(join(root, 'old-wal'), `${file}-wal`);
  await send(3);
  await send(4);
  await stop();
  assert.deepEqual(content(file), { sent: [[0, 1], [10, 2], ...AGAIN], gaps: [] });
  assert.equal(notes.length, 1);
});

test('while somebody reads, a deleted log is emptied into the file as far as that goes, and mended afterwards', async () => {
  const { file, notes, send, stop } = await startWriter();
  await send(1);
  const reader = openForReading(file);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM gap').raw().all();
  await send(2);
  rmSync(`${file}-wal`);
  await send(3);
  reader.exec('COMMIT');
  reader.close();
  await send(4);
  await stop();
  assert.deepEqual(content(file), { sent: [[0, 1], [10, 2], ...AGAIN], gaps: [] });
  assert.equal(notes.length, 1);
});
