// Owns: reading any refresh of a recording.
// Knows nothing of: how records are found, what is shown of them, and when.
import type { FileHandle } from 'node:fs/promises';
import { createFeedDecoder } from './feed-codec.ts';
import { damageText, lostText } from './feed-damage.ts';
import { FeedError, type FeedHead } from './feed-refresh.ts';
import { readAt, scanFeed } from './feed-scan.ts';

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

/** Takes the file, and closes it where it cannot be read. Rejects with FeedError, or a system error. */
export async function openFeed(file: FileHandle, what: string): Promise<FeedReader> {
  try {
    return await open(file, what);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function open(file: FileHandle, what: string): Promise<FeedReader> {
  const { size } = await file.stat();
  const scan = await scanFeed(file, what);
  const { head, places } = scan;
  if (places.length === 0) throw new FeedError(`${what} holds no refresh yet`);
  const decoder = createFeedDecoder();
  let last = -1;
  /** By key: the first refresh that could not be read. Those after it stand on it. */
  const broken = new Map<number, number>();
  return {
    head,
    timesMs: places.map(({ header }) => header.timeMs),
    note: damageText(scan),
    async read(index) {
      const place = places[index];
      if (place === undefined) throw new RangeError('no such refresh');
      const damaged = () => new FeedError(lostText([place.header.timeMs]));
      if (index >= (broken.get(place.key) ?? places.length)) throw damaged();
      let payload: Uint8Array | undefined;
      for (let i = last >= place.key && last < index ? last + 1 : place.key; i <= index; i++) {
        last = -1;
        const record = await readAt(file, places[i]?.offset ?? size, size);
        payload = record && (await decoder.decode(record).catch(() => undefined));
        if (payload === undefined) {
          broken.set(place.key, i);
          throw damaged();
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
