// Owns: finding the refreshes of a recording, also of one that is damaged or cut, and reading any of them.
// Knows nothing of: what is shown of them, and when.
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createFeedDecoder } from './feed-codec.ts';
import { type FeedRecord, findRecord, HEADER_BYTES, type RecordHeader, readHeader, readRecord } from './feed-record.ts';
import { FeedError, type FeedHead, readHead } from './feed-refresh.ts';

export interface FeedReader {
  readonly head: FeedHead;
  /** ms since 1970 of each refresh, in the order of the file. Never empty. */
  readonly timesMs: readonly number[];
  /** What is missing, a sentence without its full stop; undefined: nothing. */
  readonly note: string | undefined;
  /** The payload of a refresh; one after the other is the fastest. Rejects with FeedError where it is damaged. */
  read(index: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Place {
  readonly offset: number;
  readonly header: RecordHeader;
  /** Index of the key that it can be read from. */
  readonly key: number;
}

const SEARCH_BYTES = 1024 * 1024;
/** Headers are read in pieces of this size: a quiet host has many of them in each. */
const WINDOW_BYTES = 4096;

/** Takes the file, and closes it where it cannot be read. Rejects with FeedError, or a system error. */
export async function openFeed(file: FileHandle, what: string): Promise<FeedReader> {
  try {
    return await scan(file, what);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function scan(file: FileHandle, what: string): Promise<FeedReader> {
  const { size } = await file.stat();
  const first = await readAt(file, 0, size);
  if (first === undefined) throw new FeedError(`${what} is not a recording of nettrace`);
  const head = readHead(first, what);
  const { places, damaged, cutBytes } = await findPlaces(file, HEADER_BYTES + first.body.length, size);
  if (places.length === 0) throw new FeedError(`${what} holds no refresh yet`);
  const decoder = createFeedDecoder();
  let last = -1;
  /** By key: the first refresh that could not be read. Those after it stand on it. */
  const broken = new Map<number, number>();
  return {
    head,
    timesMs: places.map(({ header }) => header.timeMs),
    note: noteOf(damaged, cutBytes),
    async read(index) {
      const place = places[index];
      if (place === undefined) throw new RangeError('no such refresh');
      if (index >= (broken.get(place.key) ?? places.length)) throw damagedAt(place);
      let payload: Uint8Array | undefined;
      for (let i = last >= place.key && last < index ? last + 1 : place.key; i <= index; i++) {
        last = -1;
        const record = await readAt(file, places[i]?.offset ?? size, size);
        payload = record && (await decoder.decode(record).catch(() => undefined));
        if (payload === undefined) {
          broken.set(place.key, i);
          throw damagedAt(place);
        }
        last = i;
      }
      return payload as Uint8Array;
    },
    async close() {
      decoder.close();
      await file.close();
    },
  };
}

/** A function that gives the header at an offset. Without waiting: a day has 86,400 of them. */
function createHeaderReader({ fd }: FileHandle): (offset: number) => RecordHeader | undefined {
  const window = Buffer.alloc(WINDOW_BYTES);
  let start = 0;
  let length = 0;
  return (offset) => {
    if (offset < start || offset + HEADER_BYTES > start + length) {
      start = offset;
      length = readSync(fd, window, 0, WINDOW_BYTES, offset);
    }
    return readHeader(window.subarray(0, length), offset - start);
  };
}

async function findPlaces(file: FileHandle, start: number, size: number) {
  const places: Place[] = [];
  let damaged = 0;
  let key = -1;
  let offset = start;
  const headerAt = createHeaderReader(file);
  while (offset < size) {
    const found = headerAt(offset);
    const end = offset + HEADER_BYTES + (found?.bodyBytes ?? 0);
    if (found !== undefined && end <= size) {
      if (found.kind === 'key') key = places.length;
      if (found.kind === 'key' || (found.kind === 'next' && key >= 0)) places.push({ offset, header: found, key });
      offset = end;
      continue;
    }
    // Refreshes after damage can be read from the next key on.
    const next = await searchKey(file, offset + 1, size);
    if (next === undefined) break;
    damaged++;
    key = -1;
    offset = next;
  }
  return { places, damaged, cutBytes: size - Math.min(offset, size) };
}

/** The next key record that is whole. */
async function searchKey(file: FileHandle, start: number, size: number): Promise<number | undefined> {
  const bytes = Buffer.alloc(SEARCH_BYTES + HEADER_BYTES);
  for (let at = start; at < size; at += SEARCH_BYTES) {
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    const part = bytes.subarray(0, bytesRead);
    for (let found = findRecord(part, 0); found >= 0 && found < SEARCH_BYTES; found = findRecord(part, found + 1)) {
      if (readHeader(part, found)?.kind !== 'key') continue;
      if ((await readAt(file, at + found, size)) !== undefined) return at + found;
    }
  }
  return undefined;
}

async function readAt(file: FileHandle, offset: number, size: number): Promise<FeedRecord | undefined> {
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await file.read(header, 0, HEADER_BYTES, offset);
  const found = readHeader(header.subarray(0, bytesRead), 0);
  if (found === undefined || offset + HEADER_BYTES + found.bodyBytes > size) return undefined;
  const bytes = Buffer.alloc(HEADER_BYTES + found.bodyBytes);
  await file.read(bytes, 0, bytes.length, offset);
  return readRecord(bytes);
}

function damagedAt({ header }: Place): FeedError {
  return new FeedError(`the refresh of ${new Date(header.timeMs).toISOString()} is damaged`);
}

function noteOf(damaged: number, cutBytes: number): string | undefined {
  if (damaged > 0) {
    return `the recording is damaged in ${damaged === 1 ? 'one place' : `${damaged} places`}; what is there could not be read`;
  }
  return cutBytes > 0 ? 'the recording was cut off; it is read up to its last whole refresh' : undefined;
}
