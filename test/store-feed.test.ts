// Tests: recordings: what goes in comes out, also where the file was cut, damaged or made by another version.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createPlayer, placeAt } from '../src/app/recording/player.ts';
import { createJsonLines } from '../src/export/json-lines.ts';
import { buildModel } from '../src/model/build-model.ts';
import type { Sample } from '../src/model/sample.ts';
import { withTexts } from '../src/native/snapshot-texts.ts';
import { openFeed } from '../src/store/feed-reader.ts';
import { createRecordSplitter, HEADER_BYTES, readHeader } from '../src/store/feed-record.ts';
import { unpackSample } from '../src/store/feed-refresh.ts';
import { createFeedWriter } from '../src/store/feed-writer.ts';
import { LABELS, sampleOf } from './support/sample-builder.ts';
import { BEFORE, NOW } from './support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'nettrace-feed-'));
after(() => rmSync(folder, { recursive: true }));

const HEAD = { version: '0.1.0', labels: LABELS, intervalMs: 1000 };
const START = Date.UTC(2026, 10, 26, 12);
const COUNT = 70;
const CONNECTIONS = { connections: true };

/** A refresh a second; every other one is the busy one of the fixtures. */
function sampleAt(index: number): Sample {
  const [meta] = NOW.meta ?? [];
  const rows = index % 2 === 0 ? BEFORE : NOW;
  const times = { monotonicMs: 1000 * (index + 1), realtimeMs: START + 1000 * index };
  return sampleOf(
    { ...rows, meta: [{ ...meta, ...times }] },
    { processes: new Map([[7, { usage: undefined, cgroup: `/${index}` }]]) },
  );
}

const jsonOf = (sample: Sample, before?: Sample) => createJsonLines(CONNECTIONS)(buildModel(sample, before));

async function record(name: string, count: number): Promise<string> {
  const path = join(folder, name);
  const writer = await createFeedWriter(openSync(path, 'wx'), HEAD, START);
  for (let i = 0; i < count; i++) await writer.add(sampleAt(i));
  equal(writer.refreshes, count);
  await writer.close();
  return path;
}

const openPath = async (path: string) => openFeed(await open(path), path);
const read = async (reader: Awaited<ReturnType<typeof openPath>>, index: number) =>
  unpackSample(await reader.read(index), LABELS, undefined);

/** Where each record begins. */
function recordsOf(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    starts.push(at);
    at += HEADER_BYTES + (readHeader(bytes, at)?.bodyBytes ?? Number.POSITIVE_INFINITY);
  }
  return starts;
}

describe('a recording', () => {
  let path = '';
  let bytes = Buffer.alloc(0);
  before(async () => {
    path = await record('whole', COUNT);
    bytes = readFileSync(path);
  });
  const variant = (name: string, change: (copy: Buffer) => Buffer) => {
    const place = join(folder, name);
    writeFileSync(place, change(Buffer.from(bytes)));
    return openPath(place);
  };

  test('gives every refresh back as it was, in any order, with what processes use', async () => {
    const reader = await openPath(path);
    equal(reader.timesMs.length, COUNT);
    equal(reader.note, undefined);
    for (const index of [0, 1, 2, 69, 5, 6, 61, 60, 59, 69]) {
      const sample = await read(reader, index);
      equal(jsonOf(sample), jsonOf(sampleAt(index)), `refresh ${index}`);
      equal(sample.processes?.get(7)?.cgroup, `/${index}`);
    }
    await reader.close();
  });

  test('says nothing twice: a refresh like the one before the last costs a fraction of the first', () => {
    const starts = recordsOf(bytes);
    const sizeOf = (refresh: number) => (starts[refresh + 2] ?? bytes.length) - (starts[refresh + 1] ?? 0);
    ok(sizeOf(30) * 5 < sizeOf(0), `${sizeOf(30)} after ${sizeOf(0)}`);
  });

  test('cut at any byte of its last two refreshes it is read up to the last whole one, and says so', async () => {
    const starts = recordsOf(bytes);
    // The last one is a copy of the head.
    const [first = 0, last = 0, copy = 0] = starts.slice(-3);
    for (let end = first + 1; end < copy; end += 7) {
      const reader = await variant('cut', (whole) => whole.subarray(0, end));
      equal(reader.timesMs.length, end < last ? COUNT - 2 : COUNT - 1);
      if (end !== last) match(reader.note ?? '', /was cut off/);
      await reader.close();
    }
  });

  test('a flipped bit costs the refreshes up to the next key, and none of them is shown wrong', async () => {
    const starts = recordsOf(bytes);
    // The head, ten refreshes, its copy, the refresh of second 10, that of second 12.
    const struck = starts[14] ?? 0;
    for (const where of [struck, struck + 9, struck + HEADER_BYTES + 3]) {
      const reader = await variant('flipped', (copy) => {
        copy[where] = (copy[where] ?? 0) ^ 4;
        return copy;
      });
      for (const second of [9, 20]) {
        const place = reader.timesMs.indexOf(START + second * 1000);
        equal(jsonOf(await read(reader, place)), jsonOf(sampleAt(second)));
      }
      if (reader.timesMs.length === COUNT) await rejects(reader.read(14), /is damaged/);
      else
        match(reader.note ?? '', /^the recording is damaged in one place: what was between .*:11 and .*:20 is lost$/);
      await reader.close();
    }
  });

  test('what is no recording, has no refresh yet, or holds other figures is refused in a sentence', async () => {
    await rejects(
      variant('other', () => Buffer.from('root:x:0:0')),
      /other is not a recording of nettrace/,
    );
    await rejects(
      variant('empty', () => Buffer.alloc(0)),
      /empty is not a recording/,
    );
    await rejects(
      variant('young', (copy) => copy.subarray(0, recordsOf(bytes)[1])),
      /holds no refresh yet/,
    );
  });

  test('arrives over a stream in pieces of any size, and damage in it ends it', () => {
    const split = createRecordSplitter();
    let records = 0;
    for (let at = 0; at < bytes.length; at += 997) records += split(bytes.subarray(at, at + 997)).length;
    equal(records, COUNT + 3);
    const damaged = Buffer.from(bytes);
    damaged[HEADER_BYTES + 5] = 0;
    let failure = '';
    try {
      createRecordSplitter()(damaged);
    } catch (error) {
      failure = (error as Error).message;
    }
    equal(failure, 'a record is damaged');
  });

  test('played, each moment has the rates it had live, also after a jump back', async () => {
    const reader = await openPath(path);
    const waits: (() => void)[] = [];
    const clock = {
      now: () => 0,
      sleep: (_: number, wake: AbortSignal) =>
        new Promise<void>((resolve) => {
          waits.push(resolve);
          wake.addEventListener('abort', () => resolve());
        }),
    };
    const player = await createPlayer(reader, { names: undefined, clock, start: 3, speed: 1 });
    const stop = new AbortController();
    let changes: () => void = () => {};
    const change = () => new Promise<void>((resolve) => (changes = resolve));
    const run = player.run(() => changes(), stop.signal);
    const shows = (index: number) =>
      equal(createJsonLines(CONNECTIONS)(player.model()), jsonOf(sampleAt(index), sampleAt(index - 1)));
    shows(3);
    let next = change();
    waits.pop()?.();
    await next;
    equal(player.index(), 4);
    shows(4);
    next = change();
    player.move({ seconds: 60 });
    await next;
    equal(player.index(), 64);
    shows(64);
    next = change();
    player.hold(true);
    await next;
    next = change();
    player.move({ refreshes: -1 });
    await next;
    deepEqual([player.index(), player.held()], [63, true]);
    shows(63);
    stop.abort();
    await run;
    await reader.close();
  });
});

test('the refresh at a moment is the last one before it, and going back the first one after', () => {
  const times = [1000, 2000, 5000];
  deepEqual(
    [0, 1000, 4999, 5000, 9000].map((time) => placeAt(times, time, false)),
    [0, 0, 1, 2, 2],
  );
  deepEqual(
    [0, 1500, 9000].map((time) => placeAt(times, time, true)),
    [0, 1, 2],
  );
});

test('a text that is taken out of a snapshot is in none of its bytes, and all others stay', () => {
  const { snapshot } = sampleAt(1);
  const lines = [...snapshot.owners.commandLine];
  const changed = withTexts(snapshot, lines, () => new Uint8Array(0));
  const [secret] = lines.map((index) => Buffer.from(snapshot.bytes(index))).filter(({ length }) => length > 8);
  ok(secret !== undefined && Buffer.from(snapshot.buffer).includes(secret));
  equal(Buffer.from(changed.buffer).includes(secret), false);
  deepEqual(
    [...changed.owners.name].map((index) => changed.text(index)),
    [...snapshot.owners.name].map((index) => snapshot.text(index)),
  );
  equal(changed.text(lines.find((index) => index !== 0) ?? 0), '');
});
