// Owns: the socket to which the live program attaches: every refresh to every client, compressed once for all of them.
// Knows nothing of: what is counted. A client that does not read misses refreshes and costs bounded memory.
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Sample } from '../../model/sample.ts';
import { withoutFlows } from '../../native/snapshot-cut.ts';
import { createFeedEncoder } from '../../store/feed-codec.ts';
import { writeRecord } from '../../store/feed-record.ts';
import { type FeedHead, packSample, writeHead } from '../../store/feed-refresh.ts';
import { describeErrno } from '../user-error.ts';

export interface FeedServer {
  /** Whether there is a client. */
  readonly attached: () => boolean;
  /** Whether a client shows connections. */
  readonly wantsFlows: () => boolean;
  readonly add: (sample: Sample) => void;
  readonly stop: () => void;
}

/** The head of what a service sends. */
export interface ServiceHead extends FeedHead {
  /** What the collector before this one did not count, a sentence, where there was one. */
  readonly gap?: string | undefined;
}

/** What a client may say. */
export const FLOWS_ON = 'flows on\n';
export const FLOWS_OFF = 'flows off\n';

/** A terminal each: more than people have. A client costs a descriptor and what it has not read. */
export const MOST_CLIENTS = 64;
/** What may lie unread for one client, and for all of them; a client above its share gets nothing until it has read all. */
const MOST_UNREAD = 8 * 1024 * 1024;
const MOST_UNREAD_OF_ALL = 64 * 1024 * 1024;
/** One that has missed so many refreshes in a row, a stopped terminal, is let go where another wants its place. */
const MISSED_TO_GO = 10;
const KEY_EVERY = 60;
/** Clients say two words; more is none. */
const LONGEST_WORD = 64;

interface Client {
  readonly socket: Socket;
  /** Has what a `next` refresh stands on. */
  inStep: boolean;
  /** Refreshes in a row that it was too far behind to get. */
  missed: number;
  flows: boolean;
}

/** Never rejects: a service to which nobody can attach counts all the same, and says so. */
export async function startFeedServer(
  path: string | undefined,
  head: ServiceHead,
  parts: { readonly wallClock: () => number; readonly say: (text: string) => void },
): Promise<FeedServer> {
  if (path === undefined) return { attached: () => false, wantsFlows: () => false, add: () => {}, stop: () => {} };
  const clients = new Set<Client>();
  const server = createServer((socket) => welcome(socket, clients, head, parts.wallClock()));
  server.on('error', () => {});
  try {
    await listen(server, path);
  } catch (error) {
    parts.say(`nobody can attach: ${path}: ${(error as { readonly taken?: string }).taken ?? describeErrno(error)}`);
  }
  const encoder = createFeedEncoder();
  let sinceKey = 0;
  let busy = false;
  const send = async (sample: Sample) => {
    const share = Math.min(MOST_UNREAD, MOST_UNREAD_OF_ALL / clients.size);
    const ready = [...clients].filter(({ socket, inStep }) => socket.writableLength <= (inStep ? share : 0));
    for (const client of clients) {
      const isReady = ready.includes(client);
      client.missed = isReady ? 0 : client.missed + 1;
      if (!isReady) client.inStep = false;
    }
    if (ready.length === 0) return;
    const key = sinceKey === 0 || ready.some(({ inStep }) => !inStep);
    const timeMs = sample.snapshot.meta.realtimeMs[0] ?? 0;
    const record = await encoder.encode(packSample(asWanted(sample, ready)), timeMs, key);
    sinceKey = key ? 1 : (sinceKey + 1) % KEY_EVERY;
    // Others that are in step have missed this one.
    for (const client of clients) client.inStep = ready.includes(client);
    for (const { socket } of ready) socket.write(record);
  };
  return {
    attached: () => clients.size > 0,
    wantsFlows: () => [...clients].some(({ flows }) => flows),
    add(sample) {
      if (clients.size === 0 || busy) return;
      busy = true;
      send(sample)
        .catch((error: unknown) => parts.say(`a refresh was not sent to who is attached: ${describeErrno(error)}`))
        .finally(() => {
          busy = false;
        });
    },
    stop() {
      server.close();
      for (const { socket } of clients) socket.destroy();
      encoder.close();
    },
  };
}

/** Connections are read for others, too: the history, readers of the page. */
function asWanted(sample: Sample, clients: readonly Client[]): Sample {
  if (!sample.withFlows || clients.some(({ flows }) => flows)) return sample;
  return { ...sample, withFlows: false, snapshot: withoutFlows(sample.snapshot) };
}

/** The one that has not read for longest. It comes back by itself when it reads again. */
function letGo(clients: Set<Client>): void {
  const [last] = [...clients].sort((a, b) => b.missed - a.missed);
  if (last === undefined || last.missed < MISSED_TO_GO) return;
  clients.delete(last);
  last.socket.destroy();
}

function welcome(socket: Socket, clients: Set<Client>, head: ServiceHead, timeMs: number): void {
  socket.on('error', () => {});
  if (clients.size >= MOST_CLIENTS) letGo(clients);
  if (clients.size >= MOST_CLIENTS) {
    const body = Buffer.from(`${MOST_CLIENTS} are attached already, and no more can be`);
    socket.end(writeRecord({ kind: 'end', timeMs, rawBytes: body.length, body }));
    return;
  }
  const client: Client = { socket, inStep: false, missed: 0, flows: false };
  clients.add(client);
  socket.on('close', () => clients.delete(client));
  let word = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    word += text;
    for (let end = word.indexOf('\n'); end >= 0; end = word.indexOf('\n')) {
      const said = word.slice(0, end + 1);
      word = word.slice(end + 1);
      if (said === FLOWS_ON || said === FLOWS_OFF) client.flows = said === FLOWS_ON;
    }
    if (word.length > LONGEST_WORD) socket.destroy();
  });
  socket.write(writeHead(head, timeMs));
}

/** A socket that nobody listens to any more is taken away; one that somebody does is left, and so is what is none. */
async function listen(server: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (await answers(path)) throw Object.assign(new Error(), { taken: 'another service has this socket' });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() === false) throw Object.assign(new Error(), { taken: 'there is something else of this name' });
  if (found !== undefined) unlinkSync(path);
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, () => resolve());
    });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.on('connect', () => end(true)).on('error', () => end(false));
  });
}
