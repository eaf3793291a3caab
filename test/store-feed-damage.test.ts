// Tests: recordings as files: what is read is what was written, and what damage, a torn end and hostile bytes leave of it.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createModelBuilder } from '../src/model/build-model.ts';
import type { Sample } from '../src/model/sample.ts';
import { SCHEMA } from '../src/native/schema.ts';
import { withoutFlows } from '../src/native/snapshot-cut.ts';
import { type FeedReader, openFeed } from '../src/store/feed-reader.ts';
import { HEADER_BYTES, readHeader, writeRecord } from '../src/store/feed-record.ts';
import { FeedError, unpackSample, writeHead } from '../src/store/feed-refresh.ts';
import { createFeedWriter } from '../src/store/feed-writer.ts';
import { LABELS, sampleOf } from './support/sample-builder.ts';
import { snapshotOf } from './support/snapshot-builder.ts';
import { seededRandom } from './tui-random.ts';

const START_MS = 1_700_000_000_000;
const HEAD = { version: '1.2.3', labels: LABELS, intervalMs: 1000 };
const PARENT = { startTicks: 1, name: 'sh', commandLine: 'sh', program: 'sh' };
const folder = mkdtempSync(join(tmpdir(), 'nettrace-feed-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `${files++}.ntr`);

/** Owners, flows and texts that come, move and go, the same for the same seed. */
function samplesOf(count: number, seed: number): readonly Sample[] {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: count }, (_, at) => {
    const owners = Array.from({ length: below(9) }, (_, id) => ({
      id,
      kind: 'process',
      pid: 100 + id,
      name: `name ${below(5)} \u00e4`,
      commandLine: `a\0b${below(3)}`,
    }));
    const accounts = owners.map(({ id }) => ({ owner: id, receivedBytes: at * 1000 + below(999), sentBytes: at }));
    const flows = Array.from({ length: below(7) }, (_, id) => ({
      id,
      owner: below(Math.max(1, owners.length)),
      protocol: 6,
      localAddress: '10.0.0.1',
      remoteAddress: `2001:db8::${id + 1}`,
      remotePort: below(65_536),
      receivedBytes: below(2 ** 31) * 2 ** 21,
    }));
    const meta = [{ realtimeMs: START_MS + at * 1000, monotonicMs: 5000 + at * 1000, state: 'running' }];
    const interfaces = [{ slot: 0, name: 'eth0', receivedBytes: at * 2000 }];
    const withFlows = below(2) === 1;
    const cpu = { atMs: at * 1000, cpuMs: at * 10 };
    const usage = { state: 'S', threads: 1 + below(9), rssBytes: below(2 ** 30), cpu, cpuBefore: undefined };
    const reading = { usage: below(5) === 0 ? undefined : usage, cgroup: '0::/system.slice/ssh.service' };
    return sampleOf(
      { meta, interfaces, owners, accounts, ...(withFlows ? { flows } : {}) },
      {
        withFlows,
        processes: new Map(owners.map(({ id }) => [id, reading])),
        self: { cpuMs: at, rssBytes: 2 ** 20 },
      },
    );
  });
}

async function fileOf(samples: readonly Sample[]): Promise<string> {
  const path = newPath();
  const writer = await createFeedWriter(openSync(path, 'wx', 0o600), HEAD, START_MS);
  for (const sample of samples) await writer.add(sample);
  await writer.close();
  return path;
}

const openAt = async (path: string): Promise<FeedReader> => openFeed(await open(path, 'r'), 'it');

async function openBytes(bytes: Uint8Array): Promise<FeedReader> {
  const path = newPath();
  writeFileSync(path, bytes);
  return openAt(path);
}

/** Where each record begins, and the end of the file. */
function startsOf(bytes: Buffer): readonly number[] {
  const starts = [0];
  for (let at = 0; at < bytes.length; starts.push(at)) at += HEADER_BYTES + (readHeader(bytes, at)?.bodyBytes ?? 1e9);
  return starts;
}

/** What a model is, without the functions that it has. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Map ? [...part] : part)));
}

test('models made from a recording are those that were made while it was recorded, rates and flows too', async () => {
  for (const seed of [1, 2]) {
    const samples = samplesOf(62, seed);
    const reader = await openAt(await fileOf(samples));
    deepEqual([reader.note, reader.timesMs.length, reader.head.version], [undefined, 62, '1.2.3']);
    const [live, played] = [createModelBuilder(), createModelBuilder()];
    for (const [at, sample] of samples.entries()) {
      const model = played(unpackSample(await reader.read(at), reader.head.labels, undefined));
      deepEqual(plain(model), plain(live(sample)));
    }
    await reader.close();
  }
});

test('any refresh can be read in any order, and is the same each time', async () => {
  const reader = await openAt(await fileOf(samplesOf(130, 4)));
  const inOrder: Buffer[] = [];
  for (let at = 0; at < 130; at++) inOrder.push(Buffer.from(await reader.read(at)));
  for (const at of [129, 0, 60, 59, 61, 61, 128, 2, 119, 120])
    ok(Buffer.from(await reader.read(at)).equals(inOrder[at] as Buffer));
  await reader.close();
});

test('a recording that is cut at any byte of its last two records is read up to the last whole one, and says so', async () => {
  const path = await fileOf(samplesOf(4, 5));
  const bytes = readFileSync(path);
  const starts = startsOf(bytes);
  // The last one is a copy of the head.
  for (let length = starts.at(-4) ?? 0; length < bytes.length; length++) {
    const reader = await openBytes(bytes.subarray(0, length));
    const whole = Math.min(4, starts.filter((start) => start <= length).length - 2);
    equal(reader.timesMs.length, whole);
    equal(reader.note === undefined, starts.includes(length));
    if (reader.note !== undefined) match(reader.note, /cut off/);
    ok((await reader.read(whole - 1)).length > 0);
    await reader.close();
  }
});

/** A key is every tenth refresh. */
const GROUP = 10;

/** That what can be read is as it was written, and which refreshes, by their second, these are. */
async function survivors(bad: Buffer, written: readonly Buffer[], what: string) {
  const reader = await openBytes(bad);
  const good: number[] = [];
  for (const [at, timeMs] of reader.timesMs.entries()) {
    const read = await reader.read(at).catch((error: unknown) => error);
    if (!(read instanceof Uint8Array)) {
      ok(read instanceof FeedError, `${what}: ${String(read)}`);
      continue;
    }
    const second = (timeMs - START_MS) / 1000;
    ok(written[second]?.equals(read), `${what}: refresh ${second} is another`);
    good.push(second);
  }
  await reader.close();
  return { good, note: reader.note, head: reader.head };
}

async function written(count: number, seed: number) {
  const bytes = readFileSync(await fileOf(samplesOf(count, seed)));
  const reader = await openBytes(bytes);
  const payloads: Buffer[] = [];
  for (let at = 0; at < count; at++) payloads.push(Buffer.from(await reader.read(at)));
  await reader.close();
  return { bytes, payloads };
}

test('a byte that is wrong, wherever it is, costs ten refreshes at most, shows none wrong, and is told', async () => {
  const { bytes, payloads } = await written(24, 6);
  const starts = startsOf(bytes);
  const { below } = seededRandom(6);
  const inHeaders = starts.slice(0, 14).flatMap((start) => Array.from({ length: HEADER_BYTES }, (_, at) => start + at));
  const anywhere = Array.from({ length: 200 }, () => below(bytes.length));
  for (const at of [...inHeaders, ...anywhere]) {
    const bad = Buffer.from(bytes);
    bad[at] = (bad[at] ?? 0) ^ (1 << below(8));
    const what = `byte ${at}`;
    const { good, note, head } = await survivors(bad, payloads, what);
    equal(head.version, '1.2.3');
    const lost = payloads.flatMap((_, second) => (good.includes(second) ? [] : [second]));
    ok(lost.length <= GROUP, `${what}: ${lost}`);
    ok(
      lost.every((second) => Math.floor(second / GROUP) === Math.floor((lost[0] ?? 0) / GROUP)),
      `${what}: ${lost}`,
    );
    const isInHead = at < (starts[1] ?? 0);
    if (isInHead) match(note ?? '', /^the recording has lost its head, of which it has a copy$/, what);
    // What is in the body of a refresh is seen when that is read.
    if (isInHead) equal(lost.length, 0, what);
  }
});

test('a head that is cut away or overwritten is read from its copy, and so is the rest, in a short recording too', async () => {
  for (const count of [3, 25]) {
    const { bytes, payloads } = await written(count, 9);
    const first = startsOf(bytes)[1] ?? 0;
    for (const [what, bad] of [
      ['cut away', bytes.subarray(100)],
      ['all of it', bytes.subarray(first)],
      ['zeros', Buffer.concat([Buffer.alloc(first), bytes.subarray(first)])],
      ['text', Buffer.concat([Buffer.from('hello'), bytes.subarray(5)])],
    ] as const) {
      const { good, note } = await survivors(Buffer.from(bad), payloads, what);
      deepEqual([good.length, note], [count, 'the recording has lost its head, of which it has a copy'], what);
    }
  }
  const { bytes, payloads } = await written(25, 9);
  const { good, note } = await survivors(bytes.subarray(startsOf(bytes)[4] ?? 0), payloads, 'with refreshes');
  equal(good.length, 15);
  match(note ?? '', /^the recording has lost its head, of which it has a copy; it is damaged in one place: what was/);
  await rejects(openBytes(bytes.subarray(first(bytes), startsOf(bytes)[4])), /the head of it, .* is damaged/);
});

const first = (bytes: Buffer): number => startsOf(bytes)[1] ?? 0;

test('holes of any size cost what was in them and the rest of two groups; all else is read', async () => {
  const { bytes, payloads } = await written(60, 11);
  const starts = startsOf(bytes).slice(0, -1);
  const { below } = seededRandom(11);
  for (let round = 0; round < 60; round++) {
    const bad = Buffer.from(bytes);
    const from = below(bytes.length);
    const to = Math.min(bytes.length, from + below(bytes.length / 4));
    for (let at = from; at < to; at++) bad[at] = round % 2 === 0 ? 0 : below(256);
    const what = `from ${from} to ${to}`;
    const { good, note } = await survivors(bad, payloads, what);
    const struck = starts.filter((start, at) => start < to && (starts[at + 1] ?? bytes.length) > from).length;
    ok(payloads.length - good.length < struck + 2 * GROUP, `${what}: ${good}`);
    if (struck > 2) match(note ?? '', /^the recording .*(is lost|damaged at its end|of which it has a copy)/, what);
  }
});

test('a file that was torn at any place is read up to there', async () => {
  const { bytes, payloads } = await written(23, 12);
  const starts = startsOf(bytes);
  for (let length = starts[2] ?? 0; length < bytes.length; length += 97) {
    const { good } = await survivors(bytes.subarray(0, length), payloads, `cut at ${length}`);
    const whole = starts.filter((start) => start <= length).length - 2;
    ok(good.length >= whole - 1 && good.length <= whole, `${good.length} of ${whole}`);
  }
});

test('zeros that a crash of the machine leaves at the end are a cut', async () => {
  const bytes = readFileSync(await fileOf(samplesOf(5, 7)));
  const reader = await openBytes(Buffer.concat([bytes, Buffer.alloc(5000)]));
  match(reader.note ?? '', /^the recording was cut off or is damaged at its end: it is read up to .*:24$/);
  equal(reader.timesMs.length, 5);
  await reader.close();
});

test('what is no recording, one without a refresh and one of another version are each one sentence', async () => {
  await rejects(openBytes(Buffer.from('GIF89a')), /^Error: it is not a recording of nettrace$/);
  await rejects(openBytes(Buffer.alloc(0)), /it is not a recording of nettrace/);
  await rejects(openBytes(writeHead(HEAD, START_MS)), /it holds no refresh yet/);
  const body = Buffer.from(JSON.stringify({ format: 1, schema: { ...SCHEMA, flows: {} }, ...HEAD }));
  const other = writeRecord({ kind: 'head', timeMs: START_MS, rawBytes: body.length, body });
  await rejects(openBytes(other), /it was made by nettrace 1\.2\.3/);
});

test('a recording that somebody made up brings no control character to a terminal, neither in texts nor in its head', async () => {
  const evil = '\u001b]0;x\u0007';
  const body = Buffer.from(JSON.stringify({ format: 99, schema: SCHEMA, ...HEAD, version: evil }));
  const refused = await openBytes(writeRecord({ kind: 'head', timeMs: 0, rawBytes: body.length, body })).catch(String);
  ok(!String(refused).includes('\u001b'), String(refused));
  const [sample] = samplesOf(1, 8) as [Sample];
  const labels = { ...LABELS, reasons: LABELS.reasons.map((label) => ({ ...label, text: evil })) };
  const path = newPath();
  const writer = await createFeedWriter(openSync(path, 'wx'), { ...HEAD, labels }, START_MS);
  const routes = { rows: undefined, count: evil } as unknown as NonNullable<Sample['routes']>;
  await writer.add({ ...sample, routes, host: { ...sample.host, hostname: evil } });
  await writer.close();
  const reader = await openAt(path);
  const read = unpackSample(await reader.read(0), reader.head.labels, undefined);
  await reader.close();
  const model = createModelBuilder()(read);
  ok(!JSON.stringify([model.host, model.routes, model.owners, read.labels]).includes('\\u001b'));
});

test('bytes that are whole but hold no sample are refused, and nothing else goes wrong', async () => {
  const { createFeedEncoder } = await import('../src/store/feed-codec.ts');
  const payloads = [
    Buffer.alloc(0),
    Buffer.from('x'),
    Buffer.alloc(8, 255),
    Buffer.concat([Buffer.from([2, 0, 0, 0, 1, 0, 0, 0]), Buffer.from('{}')]),
    Buffer.concat([Buffer.from([4, 0, 0, 0, 1, 0, 0, 0]), Buffer.from('null'), Buffer.alloc(400)]),
  ];
  for (const payload of payloads) {
    const encoder = createFeedEncoder();
    const record = await encoder.encode(payload, START_MS, true);
    encoder.close();
    const reader = await openBytes(Buffer.concat([writeHead(HEAD, START_MS), record]));
    const read = async () => createModelBuilder()(unpackSample(await reader.read(0), reader.head.labels, undefined));
    await rejects(read(), FeedError, payload.toString('latin1'));
    await reader.close();
  }
});

test('a recording has the parents of the processes that it shows, since nobody can be asked about them later', async () => {
  const parents = new Map([40, 4, 1].map((pid, at, all) => [pid, { ...PARENT, pid, parentPid: all[at + 1] ?? 0 }]));
  const owners = [
    { id: 1, kind: 'process', pid: 400, parentPid: 40 },
    { id: 2, kind: 'process', pid: 401, parentPid: 400 },
    { id: 3, kind: 'process', pid: 402, parentPid: 77, exited: 1 },
  ];
  const reader = await openAt(await fileOf([sampleOf({ owners }, { ancestorOf: (pid) => parents.get(pid) })]));
  const { ancestorOf } = unpackSample(await reader.read(0), LABELS, undefined);
  await reader.close();
  deepEqual(
    [40, 4, 1, 77, 400].map((pid) => ancestorOf?.(pid)?.pid),
    [40, 4, 1, undefined, undefined],
  );
});

test('a snapshot without its flows is the one that would have been taken without them', () => {
  const rows = {
    interfaces: [{ slot: 0, name: 'eth0' }],
    owners: [{ id: 3, name: 'ssh', commandLine: 'ssh\0host' }],
    faults: [{ code: 'x', text: 'y' }],
  };
  const flows = Array.from({ length: 5 }, (_, id) => ({ id, owner: 3, remoteAddress: '10.0.0.1', name: 0 }));
  const cut = withoutFlows(snapshotOf({ ...rows, flows }));
  ok(Buffer.from(cut.buffer).equals(Buffer.from(snapshotOf(rows).buffer)));
});
