// Owns: finding the records of a recording, also of one that is damaged or cut: where refreshes are, and where none can be.
// Knows nothing of: what is in a refresh.
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type FeedRecord, findRecord, HEADER_BYTES, type RecordHeader, readHeader, readRecord } from './feed-record.ts';
import { FeedError, type FeedHead, readHead } from './feed-refresh.ts';

export interface Place {
  readonly offset: number;
  readonly header: RecordHeader;
  /** Index of the key that it can be read from. */
  readonly key: number;
}

/** Something between two refreshes, or before the first one, that is no record. */
export interface Damage {
  /** Of the refresh before; undefined: there is none. */
  readonly sinceMs: number | undefined;
  /** Of the one after. */
  readonly untilMs: number;
}

export interface Scan {
  readonly head: FeedHead;
  /** When the recording began, ms since 1970. */
  readonly startMs: number;
  /** Whether the head is that of the beginning: else it was found further on. */
  readonly headIsFirst: boolean;
  readonly places: readonly Place[];
  readonly damages: readonly Damage[];
  /** What follows the last refresh and is none. */
  readonly cutBytes: number;
}

const SEARCH_BYTES = 1024 * 1024;
/** Headers are read in pieces of this size: a quiet host has many of them in each. */
const WINDOW_BYTES = 4096;
/** A refresh so much earlier or later than the one before is looked at whole, before its time is believed. */
const LONGEST_STEP_MS = 60_000;

/** @param what begins the sentence of a FeedError */
export async function scanFeed(file: FileHandle, what: string): Promise<Scan> {
  const { size } = await file.stat();
  const first = await readAt(file, 0, size);
  const found = first?.kind === 'head' ? first : await searchHead(file, size);
  if (found === undefined) {
    const hasKey = (await search(file, 0, size, 'key')) !== undefined;
    throw new FeedError(
      hasKey
        ? `the head of ${what}, which says what its figures mean, is damaged, and there is no other in it`
        : `${what} is not a recording of nettrace`,
    );
  }
  const head = readHead(found, what);
  return { head, startMs: found.timeMs, headIsFirst: found === first, ...(await findPlaces(file, size, found.timeMs)) };
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

async function findPlaces(file: FileHandle, size: number, startMs: number) {
  const places: Place[] = [];
  const damages: Damage[] = [];
  let key = -1;
  let offset = 0;
  let damagedAt: number | undefined;
  const headerAt = createHeaderReader(file);
  /** Bodies are read when they are asked for. A header that is wrong by one bit may hide all that follows it. */
  const isRecord = async (header: RecordHeader, end: number): Promise<boolean> => {
    const isFollowed = end === size || (end < size && headerAt(end) !== undefined);
    const step = Math.abs(header.timeMs - (places.at(-1)?.header.timeMs ?? startMs));
    const isRefresh = header.kind === 'key' || header.kind === 'next';
    if (isFollowed && isRefresh && step <= LONGEST_STEP_MS) return true;
    return (await readAt(file, offset, size)) !== undefined;
  };
  while (offset < size) {
    const header = headerAt(offset);
    const end = offset + HEADER_BYTES + (header?.bodyBytes ?? 0);
    if (header !== undefined && (await isRecord(header, end))) {
      if (header.kind === 'key') key = places.length;
      const isReadable = header.kind === 'key' || (header.kind === 'next' && key >= 0);
      // What it stands on was cut away.
      if (header.kind === 'next' && key < 0) damagedAt ??= offset;
      if (isReadable && damagedAt !== undefined) {
        damages.push({ sinceMs: places.at(-1)?.header.timeMs, untilMs: header.timeMs });
        damagedAt = undefined;
      }
      if (isReadable) places.push({ offset, header, key });
      offset = end;
      continue;
    }
    // Refreshes after damage can be read from the next key on.
    damagedAt ??= offset;
    key = -1;
    const next = await search(file, offset + 1, size, 'key');
    if (next === undefined) break;
    offset = next;
  }
  return { places, damages, cutBytes: damagedAt === undefined ? 0 : size - damagedAt };
}

async function searchHead(file: FileHandle, size: number): Promise<FeedRecord | undefined> {
  const offset = await search(file, 0, size, 'head');
  return offset === undefined ? undefined : readAt(file, offset, size);
}

/** The next record of a kind that is whole. */
async function search(file: FileHandle, start: number, size: number, kind: RecordHeader['kind']) {
  const bytes = Buffer.alloc(Math.min(SEARCH_BYTES + HEADER_BYTES, Math.max(0, size - start)));
  for (let at = start; at < size; at += SEARCH_BYTES) {
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    const part = bytes.subarray(0, bytesRead);
    for (let found = findRecord(part, 0); found >= 0 && found < SEARCH_BYTES; found = findRecord(part, found + 1)) {
      if (readHeader(part, found)?.kind !== kind) continue;
      if ((await readAt(file, at + found, size)) !== undefined) return at + found;
    }
  }
  return undefined;
}

/** The record at an offset; undefined where none is whole there. */
export async function readAt(file: FileHandle, offset: number, size: number): Promise<FeedRecord | undefined> {
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await file.read(header, 0, HEADER_BYTES, offset);
  const found = readHeader(header.subarray(0, bytesRead), 0);
  if (found === undefined || offset + HEADER_BYTES + found.bodyBytes > size) return undefined;
  const bytes = Buffer.alloc(HEADER_BYTES + found.bodyBytes);
  await file.read(bytes, 0, bytes.length, offset);
  return readRecord(bytes);
}
