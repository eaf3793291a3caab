// Tests: the socket that people attach to: many clients at once, the one too many, and one that has stopped reading.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { MOST_CLIENTS, startFeedServer } from '../src/app/serve/feed-server.ts';
import type { Sample } from '../src/model/sample.ts';
import { createRecordSplitter, type FeedRecord } from '../src/store/feed-record.ts';
import { LABELS, sampleOf } from './support/sample-builder.ts';
import { NOW } from './support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'nettrace-attach-'));
after(() => rmSync(folder, { recursive: true }));
const HEAD = { version: '0.1.0', labels: LABELS, intervalMs: 1000 };

interface Client {
  readonly socket: Socket;
  /** Kinds of the records that came. */
  readonly kinds: FeedRecord['kind'][];
  /** The record at a place, once it is there. Rejects if the connection ends before. */
  readonly record: (place: number) => Promise<FeedRecord>;
}

async function attach(path: string): Promise<Client> {
  const socket = createConnection(path);
  const split = createRecordSplitter();
  const records: FeedRecord[] = [];
  const kinds: FeedRecord['kind'][] = [];
  socket.on('data', (chunk: Buffer) => {
    for (const record of split(chunk)) {
      records.push(record);
      kinds.push(record.kind);
      socket.emit('record');
    }
  });
  await once(socket, 'connect');
  return {
    socket,
    kinds,
    async record(place) {
      while (records[place] === undefined) await once(socket, 'record');
      return records[place];
    },
  };
}

/** A refresh with so many bytes, and a third more, that cannot be made smaller than that. */
function sampleWith(index: number, bytes: number): Sample {
  const [meta] = NOW.meta ?? [];
  const text = createHash('shake256', { outputLength: bytes }).update(String(index)).digest('base64');
  return sampleOf(
    { ...NOW, meta: [{ ...meta, monotonicMs: 1000 * (index + 1), realtimeMs: 1_795_996_800_000 + 1000 * index }] },
    { processes: new Map([[7, { usage: undefined, cgroup: `/${text}` }]]) },
  );
}

describe('a service that many attach to', () => {
  const said: string[] = [];
  const open = async (name: string) => {
    const path = join(folder, name);
    return { path, server: await startFeedServer(path, HEAD, { wallClock: () => 0, say: (text) => said.push(text) }) };
  };
  const all = (clients: readonly Client[], place: number) => Promise.all(clients.map((client) => client.record(place)));

  test('sends every refresh to as many as there may be, refuses the next in a sentence, and has room when one leaves', async () => {
    const { path, server } = await open('many');
    const clients = await Promise.all(Array.from({ length: MOST_CLIENTS }, () => attach(path)));
    await all(clients, 0);
    for (let i = 0; i < 3; i++) {
      server.add(sampleWith(i, 100));
      await all(clients, i + 1);
    }
    for (const { kinds } of clients) deepEqual(kinds, ['head', 'key', 'next', 'next']);
    const late = await attach(path);
    const refusal = await late.record(0);
    equal(refusal.kind, 'end');
    match(Buffer.from(refusal.body).toString(), /^64 are attached already/);
    const [leaving, ...staying] = clients;
    leaving?.socket.end();
    await once(leaving?.socket as Socket, 'close');
    const next = await attach(path);
    equal((await next.record(0)).kind, 'head');
    server.add(sampleWith(3, 100));
    // Those who stay can go on from what the new one has to begin with.
    equal((await next.record(1)).kind, 'key');
    for (const record of await all(staying, 4)) equal(record.kind, 'key');
    server.stop();
    deepEqual(said, []);
  });

  test('lets one go that has stopped reading when another wants its place, and not before', {
    timeout: 60_000,
  }, async () => {
    const { path, server } = await open('stopped');
    const stopped = await attach(path);
    await stopped.record(0);
    stopped.socket.pause();
    const clients = await Promise.all(Array.from({ length: MOST_CLIENTS - 1 }, () => attach(path)));
    await all(clients, 0);
    let refreshes = 0;
    const refresh = async () => {
      server.add(sampleWith(refreshes, 200_000));
      refreshes++;
      await all(clients, refreshes);
    };
    // A share is a MiB, and the kernel takes some, too: a refresh is 200 kB.
    for (let i = 0; i < 12; i++) await refresh();
    const early = await attach(path);
    equal((await early.record(0)).kind, 'end');
    for (let i = 0; i < 14; i++) await refresh();
    const next = await attach(path);
    equal((await next.record(0)).kind, 'head');
    await refresh();
    equal((await next.record(1)).kind, 'key');
    stopped.socket.resume();
    await once(stopped.socket, 'close');
    ok(stopped.kinds.length < refreshes, `${stopped.kinds.length} of ${refreshes}`);
    server.stop();
    deepEqual(said, []);
  });
});

test('a file that has the name of the socket is left as it is, and it is said that nobody can attach', async () => {
  const path = join(folder, 'file.sock');
  writeFileSync(path, 'somebody needs this');
  const said: string[] = [];
  const server = await startFeedServer(path, HEAD, { wallClock: () => 0, say: (text) => said.push(text) });
  server.stop();
  deepEqual(said, [`nobody can attach: ${path}: there is something else of this name`]);
  equal(readFileSync(path, 'utf8'), 'somebody needs this');
});
