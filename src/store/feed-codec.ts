// Owns: compressing refreshes one after the other, each with those before it at hand: what did not change costs nothing.
// Knows nothing of: what a refresh holds, and where records go.
import {
  type BrotliCompress,
  type BrotliDecompress,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
} from 'node:zlib';
import { type FeedRecord, writeRecord } from './feed-record.ts';

export interface FeedEncoder {
  /** One refresh as a record. Calls must be awaited one after the other. `key`: readable without those before. */
  encode(payload: Uint8Array, timeMs: number, key: boolean): Promise<Buffer>;
  close(): void;
}

export interface FeedDecoder {
  /** The payload of a record; `next` only after the one before. Rejects where the bytes are no such thing. */
  decode(record: FeedRecord): Promise<Uint8Array>;
  close(): void;
}

/** A window of 4 MB: two refreshes of a busy host. Above quality 4 a refresh costs many times more for a few per cent. */
const WINDOW_BITS = 22;
const QUALITY = 4;

export function createFeedEncoder(): FeedEncoder {
  let stream: BrotliCompress | undefined;
  let parts: Buffer[] = [];
  const begin = () => {
    stream?.close();
    parts = [];
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = constants;
    const params = { [BROTLI_PARAM_QUALITY]: QUALITY, [BROTLI_PARAM_LGWIN]: WINDOW_BITS };
    return createBrotliCompress({ params }).on('data', (part: Buffer) => parts.push(part));
  };
  return {
    async encode(payload, timeMs, key) {
      const first = key || stream === undefined;
      const current = first ? begin() : (stream as BrotliCompress);
      stream = current;
      await new Promise<void>((resolve, reject) => {
        current.once('error', reject);
        current.write(payload);
        current.flush(constants.BROTLI_OPERATION_FLUSH, () => {
          current.off('error', reject);
          resolve();
        });
      });
      const body = Buffer.concat(parts);
      parts = [];
      return writeRecord({ kind: first ? 'key' : 'next', timeMs, rawBytes: payload.length, body });
    },
    close() {
      stream?.close();
      stream = undefined;
    },
  };
}

export function createFeedDecoder(): FeedDecoder {
  let stream: BrotliDecompress | undefined;
  return {
    async decode(record) {
      if (record.kind === 'key') {
        stream?.close();
        stream = createBrotliDecompress();
      }
      const current = stream;
      if (current === undefined) throw new Error('a refresh without the one before it');
      // An own buffer, aligned: the columns of a snapshot are views of it.
      const payload = new Uint8Array(record.rawBytes);
      await fill(current, record.body, payload);
      return payload;
    },
    close() {
      stream?.close();
      stream = undefined;
    },
  };
}

function fill(stream: BrotliDecompress, body: Uint8Array, payload: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const end = (error?: Error) => {
      stream.off('data', take).off('error', end).off('close', gone);
      if (error === undefined) resolve();
      else reject(error);
    };
    const gone = () => end(new Error('the feed was closed'));
    const take = (part: Buffer) => {
      if (length + part.length > payload.length) return end(new Error('a refresh is longer than it says'));
      payload.set(part, length);
      length += part.length;
      if (length === payload.length) end();
    };
    stream.on('data', take).on('error', end).on('close', gone);
    if (payload.length === 0) return end();
    // All that the encoder had flushed comes out of this; less is damage.
    stream.write(body, () => {
      if (length < payload.length) setImmediate(() => length < payload.length && end(new Error('a refresh is cut')));
    });
  });
}
