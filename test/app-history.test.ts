// Owns: what `nettrace history` prints: times that the clocks show twice, the columns of its CSV.
// Knows nothing of: the words of its command line.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runHistory } from '../src/app/history/history.ts';
import type { HistoryRequest } from '../src/app/history/request.ts';
import type { World } from '../src/app/world.ts';
import { createHistoryStore } from '../src/store/history-store.ts';
import { DEFAULT_LIMITS } from '../src/store/history-tables.ts';
import { batch, row } from './support/history-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'nt-history-'));
const file = join(folder, 'history.db');
const zone = process.env['TZ'];
/** 02:00 in Berlin, an hour before the clocks are set back to 02:00. */
const TWICE = Date.UTC(2026, 9, 25) / 1000;

before(() => {
  process.env['TZ'] = 'Europe/Berlin';
  const store = createHistoryStore(file, DEFAULT_LIMITS);
  const gap = { reason: 'not-running', text: 'nettrace was not running' } as const;
  const gaps = [{ ...gap, sinceMs: (TWICE + 1800) * 1000, untilMs: (TWICE + 5400) * 1000 }];
  for (let hour = -2; hour < 4; hour++) {
    store.write(batch(TWICE + hour * 3600, [row('a "b"', 100 + hour)], hour === 2 ? { gaps } : {}));
  }
  store.close();
});
after(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  rmSync(folder, { recursive: true });
});

async function print(request: Partial<HistoryRequest>): Promise<string> {
  const parts: string[] = [];
  const stdout = { write: async (part: string) => parts.push(part) };
  const now = (TWICE + 4 * 3600) * 1000;
  const world = { wallClock: () => now, env: {}, credentials: { geteuid: () => 1000 }, stdout } as unknown as World;
  const range = { since: '2026-10-25T01:00+02:00', until: '2026-10-25T04:00+01:00' };
  await runHistory(world, { file, ...range, by: 'time', limit: 20, format: 'text', ...request });
  return parts.join('');
}

test('of the hour that comes twice each line says which one it is; other lines have no offset', async () => {
  const lines = (await print({})).split('\n');
  assert.equal(lines[0], '2026-10-25 01:00:00 to 2026-10-25 04:00:00');
  const counted = lines.filter((line) => line.startsWith('2026') && / #+$/.test(line));
  const times = counted.map((line) => line.slice(0, 26).trim());
  assert.deepEqual(times, [
    '2026-10-25 01:00:00',
    '2026-10-25 02:00:00 +02:00',
    '2026-10-25 02:00:00 +01:00',
    '2026-10-25 03:00:00',
  ]);
  const gap = '2026-10-25 02:30:00 +02:00 to 2026-10-25 02:30:00 +01:00: nettrace was not running';
  assert.equal(lines.at(-2), gap);
});

test('times of the CSV have their offset, and no two are the same', async () => {
  const [head, ...lines] = (await print({ format: 'csv' })).trim().split('\n');
  assert.equal(head, 'time,sent_bytes,received_bytes');
  assert.deepEqual(
    lines.filter((line) => !/,(0,0|,)$/.test(line)),
    [
      '2026-10-25T01:00:00+02:00,99,198',
      '2026-10-25T02:00:00+02:00,100,200',
      '2026-10-25T02:00:00+01:00,101,202',
      '2026-10-25T03:00:00+01:00,102,204',
    ],
  );
  const times = lines.map((line) => Date.parse(line.split(',')[0] ?? ''));
  assert.ok(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0)));
});

test('rows of the CSV have payload, packets and what was sent again', async () => {
  const columns = 'sent_payload_bytes,received_payload_bytes,sent_packets,received_packets,retransmitted_bytes';
  assert.equal(
    await print({ format: 'csv', by: 'program' }),
    `program,sent_bytes,received_bytes,${columns}\n"a ""b""",402,804,402,402,4,8,0\n`,
  );
});

test('what is before the first line of the file is left out and told, and time that nobody counted is no zero', async () => {
  const begin = '2026-10-25 00:00:00';
  const range = { since: '2026-10-20', until: '2026-10-25T04:00+01:00', step: 1800 };
  const lines = (await print(range)).split('\n');
  assert.equal(lines[3]?.slice(0, 19), begin);
  assert.ok(lines.includes(`${begin}: the history begins`), lines.join('\n'));
  // From 02:30 to 02:30 an hour later.
  assert.match(lines.find((line) => line.startsWith('2026-10-25 02:30:00 +02:00')) ?? '', /\+02:00 +- +- +-$/);
  assert.match(lines.find((line) => line.startsWith('2026-10-25 01:30:00')) ?? '', / 0 +0 +0 %$/);
  const csv = (await print({ ...range, format: 'csv' })).split('\n');
  assert.equal(csv[1], '2026-10-25T00:00:00+02:00,98,196');
  assert.ok(csv.includes('2026-10-25T02:30:00+02:00,,'));
  assert.ok(csv.includes('2026-10-25T01:30:00+02:00,0,0'));
  const json = JSON.parse(await print({ ...range, format: 'json' }));
  assert.equal(json.begins, '2026-10-24T22:00:00.000Z');
  assert.equal(JSON.parse(await print({ format: 'json', since: '2026-10-25T01:00+02:00' })).begins, null);
});

test('a line by time is as long as it is asked to be', async () => {
  const count = async (step: number) => (await print({ step, format: 'csv' })).trim().split('\n').length - 1;
  assert.deepEqual([await count(3600), await count(1800), await count(600)], [4, 8, 24]);
});
