// Owns: the records of a feed (a recording, what a service sends to who is attached): framing, checksums, finding the next.
// Knows nothing of: what is in a body, files and sockets.
import { crc32 } from 'node:zlib';

/** `head` begins a feed; `key` can be read alone, `next` after the refresh before it; `end`: why no more comes. */
export type RecordKind = 'head' | 'key' | 'next' | 'end';

export interface FeedRecord {
  readonly kind: RecordKind;
  /** ms since 1970. */
  readonly timeMs: number;
  /** Bytes of the body once it is decompressed; the same as it has where it is not compressed, as a first head. */
  readonly rawBytes: number;
  readonly body: Uint8Array;
}

/** A record without its body. */
export interface RecordHeader {
  readonly kind: RecordKind;
  readonly timeMs: number;
  readonly rawBytes: number;
  readonly bodyBytes: number;
  readonly checksum: number;
}

/*
 * Little-endian: u32 magic, u32 kind, u32 bytes of the body, u32 bytes of it decompressed, f64 time, u32 CRC-32 of all
 * before and of the body (IEEE 802.3, as in gzip); then the body.
 */
export const HEADER_BYTES = 28;
const CHECKED_BYTES = 24;
const MAGIC = 0x3146544e; // "NTF1"
const KINDS: readonly RecordKind[] = ['head', 'key', 'next', 'end'];
/** Larger ones are damage: 200,000 flows and 100,000 sockets make 80 MB. */
const LARGEST = 512 * 1024 * 1024;

export function writeRecord({ kind, timeMs, rawBytes, body }: FeedRecord): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(KINDS.indexOf(kind), 4);
  bytes.writeUInt32LE(body.length, 8);
  bytes.writeUInt32LE(rawBytes, 12);
  bytes.writeDoubleLE(timeMs, 16);
  bytes.set(body, HEADER_BYTES);
  bytes.writeUInt32LE(checksumOf(bytes, body), CHECKED_BYTES);
  return bytes;
}

/** undefined where no record begins at `offset`, or not all of its header is there. */
export function readHeader(bytes: Buffer, offset: number): RecordHeader | undefined {
  if (offset + HEADER_BYTES > bytes.length || bytes.readUInt32LE(offset) !== MAGIC) return undefined;
  const kind = KINDS[bytes.readUInt32LE(offset + 4)];
  const bodyBytes = bytes.readUInt32LE(offset + 8);
  const rawBytes = bytes.readUInt32LE(offset + 12);
  const timeMs = bytes.readDoubleLE(offset + 16);
  if (kind === undefined || bodyBytes > LARGEST || rawBytes > LARGEST || !(Math.abs(timeMs) < 8.64e15))
    return undefined;
  return { kind, timeMs, rawBytes, bodyBytes, checksum: bytes.readUInt32LE(offset + CHECKED_BYTES) };
}

/** The record of a header and its body, `bytes` beginning with the header; undefined where the checksum says no. */
export function readRecord(bytes: Buffer): FeedRecord | undefined {
  const header = readHeader(bytes, 0);
  if (header === undefined || bytes.length < HEADER_BYTES + header.bodyBytes) return undefined;
  const body = bytes.subarray(HEADER_BYTES, HEADER_BYTES + header.bodyBytes);
  return checksumOf(bytes, body) === header.checksum ? { ...header, body } : undefined;
}

/** Where the next record may begin, from `offset` on; -1: nowhere in these bytes. */
export function findRecord(bytes: Buffer, offset: number): number {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  return bytes.indexOf(magic, offset);
}

/** A function that takes a stream's chunks and gives the records that are whole. Throws where it is no feed. */
export function createRecordSplitter(): (chunk: Buffer) => readonly FeedRecord[] {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let wanted = HEADER_BYTES;
  return (chunk) => {
    held.push(chunk);
    heldBytes += chunk.length;
    const records: FeedRecord[] = [];
    while (heldBytes >= wanted) {
      const bytes = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
      const header = readHeader(bytes, 0);
      if (header === undefined) throw new Error('not a feed of nettrace');
      wanted = HEADER_BYTES + header.bodyBytes;
      held = [bytes];
      if (heldBytes < wanted) break;
      const record = readRecord(bytes);
      if (record === undefined) throw new Error('a record is damaged');
      records.push(record);
      held = [bytes.subarray(wanted)];
      heldBytes -= wanted;
      wanted = HEADER_BYTES;
    }
    return records;
  };
}

function checksumOf(header: Buffer, body: Uint8Array): number {
  return crc32(body, crc32(header.subarray(0, CHECKED_BYTES)));
}
