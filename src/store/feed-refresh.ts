// Owns: a sample as bytes and back, and the head of a feed: what is the same for all of its refreshes.
// Knows nothing of: compression, files and sockets.
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { isUnsafe, sanitize } from '../base/sanitize.ts';
import type { Carry } from '../model/carry.ts';
import type { Sample, SampleLabels, SampleNames } from '../model/sample.ts';
import { SCHEMA } from '../native/schema.ts';
import { type SnapshotView, viewSnapshot } from '../native/snapshot-view.ts';
import type { Ancestor } from '../procfs/ancestors.ts';
import { type FeedRecord, writeRecord } from './feed-record.ts';

/** Plain values, as JSON keeps them. */
export interface FeedHead {
  /** Of nettrace. */
  readonly version: string;
  readonly labels: SampleLabels;
  /** Between two refreshes, as it was asked for. */
  readonly intervalMs: number;
  /** What an engine before this one had counted, of a service whose collector was started again. */
  readonly carry?: Carry | undefined;
}

/** Grows with every change that older programs cannot read. */
const FORMAT = 1;
/** Some 11 kB are usual. */
const LONGEST_HEAD = 4 * 1024 * 1024;

/** A file or a service that cannot be understood; the message is a sentence without its full stop. */
export class FeedError extends Error {}

export function writeHead(head: FeedHead, timeMs: number): Buffer {
  const body = headJson(head);
  return writeRecord({ kind: 'head', timeMs, rawBytes: body.length, body });
}

/** For where the first one is damaged: compressed, and with its time. */
export function writeHeadCopy(head: FeedHead, timeMs: number): Buffer {
  const json = headJson(head);
  return writeRecord({ kind: 'head', timeMs, rawBytes: json.length, body: brotliCompressSync(json) });
}

function headJson(head: FeedHead): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, schema: SCHEMA, ...head }));
}

/** Throws FeedError. `what` begins its sentence. */
export function readHead(record: FeedRecord, what: string): FeedHead {
  const head = parseJson(headBody(record)) as
    | (FeedHead & { readonly format: number; readonly schema: unknown })
    | undefined;
  if (record.kind !== 'head' || head === undefined) throw new FeedError(`${what} is not a recording of nettrace`);
  if (head.format !== FORMAT || JSON.stringify(head.schema) !== JSON.stringify(SCHEMA)) {
    throw new FeedError(
      `${what} was made by nettrace ${sanitize(String(head.version), 40)}, which keeps other figures: use that one`,
    );
  }
  return head;
}

function headBody({ body, rawBytes }: FeedRecord): Uint8Array {
  if (body.length === rawBytes) return body;
  try {
    return brotliDecompressSync(body, { maxOutputLength: LONGEST_HEAD });
  } catch {
    return new Uint8Array();
  }
}

/*
 * u32 bytes of the JSON, u32 1 where the snapshot has its flows; the JSON, spaces up to a multiple of 8; the snapshot.
 */
const PREFIX_BYTES = 8;

export function packSample({ snapshot, withFlows, ...sample }: Sample): Uint8Array {
  const { host, queues, protocols, routes, self } = sample;
  const processes = sample.processes === undefined ? undefined : [...sample.processes];
  const ancestors = ancestorsOf(snapshot, sample.ancestorOf);
  const text = Buffer.from(JSON.stringify({ host, processes, ancestors, queues, protocols, routes, self }));
  const start = align(PREFIX_BYTES + text.length);
  const bytes = Buffer.alloc(start + snapshot.buffer.byteLength, ' ');
  bytes.writeUInt32LE(text.length, 0);
  bytes.writeUInt32LE(withFlows ? 1 : 0, 4);
  bytes.set(text, PREFIX_BYTES);
  bytes.set(new Uint8Array(snapshot.buffer), start);
  return bytes;
}

/** @param payload with a buffer of its own, which the sample keeps. Throws FeedError where it holds no sample. */
export function unpackSample(payload: Uint8Array, labels: SampleLabels, names: SampleNames | undefined): Sample {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const length = payload.byteLength < PREFIX_BYTES ? 0 : view.getUint32(0, true);
  const parts = parseJson(payload.subarray(PREFIX_BYTES, PREFIX_BYTES + length)) as SampleParts | undefined;
  const snapshot = parts === undefined ? undefined : snapshotAt(payload, align(PREFIX_BYTES + length));
  if (parts === undefined || snapshot === undefined) throw new FeedError('a refresh cannot be understood');
  const { processes, ancestors, ...rest } = parts;
  const withFlows = view.getUint32(4, true) === 1;
  const read = processes === undefined ? {} : { processes: new Map(processes) };
  const asked = ancestors === undefined ? {} : { ancestorOf: answersOf(ancestors) };
  return { snapshot, withFlows, labels, names, ...rest, ...read, ...asked };
}

/** Up to the first process, each once: who looks later cannot ask. */
function ancestorsOf({ owners }: SnapshotView, ask: Sample['ancestorOf']): readonly Ancestor[] | undefined {
  if (ask === undefined) return undefined;
  const found = new Map<number, Ancestor | undefined>();
  const shown = new Set(owners.pid);
  for (let row = 0; row < owners.rows; row++) {
    if (owners.exited[row] === 1) continue;
    for (let pid = owners.parentPid[row] ?? 0; pid > 0 && !shown.has(pid) && !found.has(pid); ) {
      const ancestor = ask(pid);
      found.set(pid, ancestor);
      pid = ancestor?.parentPid ?? 0;
    }
  }
  return [...found.values()].filter((ancestor) => ancestor !== undefined);
}

function answersOf(ancestors: readonly Ancestor[]): (pid: number) => Ancestor | undefined {
  const known = new Map(ancestors.map((ancestor) => [ancestor.pid, ancestor]));
  return (pid) => known.get(pid);
}

type ProcessMap = NonNullable<Sample['processes']>;
type SampleParts = Pick<Sample, 'host' | 'queues' | 'protocols' | 'routes' | 'self'> & {
  readonly ancestors?: readonly Ancestor[];
  readonly processes?: readonly (readonly [number, ProcessMap extends ReadonlyMap<number, infer V> ? V : never])[];
};

function snapshotAt(payload: Uint8Array, start: number): SnapshotView | undefined {
  try {
    return viewSnapshot(payload.slice(start).buffer);
  } catch {
    return undefined;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Kept as they are read, one character a byte: the model makes them safe. */
const RAW: readonly string[] = ['hostname', 'cgroup'];

/** Anybody may have made a recording: its texts are foreign, whatever the program that wrote one would have done. */
function makeSafe(value: unknown): unknown {
  if (typeof value === 'string') return isUnsafe(value) ? sanitize(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  const parts = value as Record<string, unknown>;
  for (const key of Object.keys(parts)) if (!RAW.includes(key)) parts[key] = makeSafe(parts[key]);
  return value;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return makeSafe(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')));
  } catch {
    return undefined;
  }
}
