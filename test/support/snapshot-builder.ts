// Owns: snapshot buffers for tests, built from plain rows in the layout that src/native/snapshot-view.ts reads.
// Knows nothing of: the addon and what a test wants to show.
import {
  CAPTURE_KINDS,
  type ColumnType,
  ENGINE_STATES,
  INTERFACE_STATES,
  MATCH_QUALITIES,
  NAME_SOURCES,
  OWNER_KINDS,
  OWNERSHIPS,
  SCHEMA,
  SCHEMA_VERSION,
  type Schema,
  type TableName,
} from '../../src/native/schema.ts';
import { type SnapshotView, viewSnapshot } from '../../src/native/snapshot-view.ts';

/** What a test may write for a column: numbers, text or raw bytes, `1.2.3.4` or `fe80::1`, a label for a closed list. */
type Value<C extends ColumnType> = C extends 'str'
  ? string | Uint8Array
  : C extends 'ip'
    ? string | Uint8Array
    : C extends 'u8'
      ? number | string
      : number;

/** One row; columns left out are 0 or empty. */
export type RowOf<T extends TableName> = { readonly [C in keyof Schema[T]]?: Value<Schema[T][C] & ColumnType> };

/** The rows of a snapshot; tables left out are empty, except that `meta` always has its one row. */
export type SnapshotRows = { readonly [T in TableName]?: readonly RowOf<T>[] };

const MAGIC = 0x3153544e;
const WIDTHS: Readonly<Record<ColumnType, number>> = { f64: 8, u32: 4, u16: 2, u8: 1, str: 4, ip: 16 };
/** Columns that may be written as a label of their list. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  'meta.state': ENGINE_STATES,
  'meta.ownership': OWNERSHIPS,
  'interfaces.state': INTERFACE_STATES,
  'interfaces.capture': CAPTURE_KINDS,
  'owners.kind': OWNER_KINDS,
  'names.source': NAME_SOURCES,
  'flows.quality': MATCH_QUALITIES,
  'flows.initiator': ['unknown', 'local', 'remote'],
};

/** A snapshot buffer as the addon would hand it over. Throws on a label or address that does not exist. */
export function buildSnapshot(rows: SnapshotRows): ArrayBuffer {
  const names = Object.keys(SCHEMA) as TableName[];
  const strings = new StringTable();
  const tables = names.map((name) => encodeTable(name, tableRows(name, rows), strings));
  const text = strings.encode();
  const start = 16 + (names.length + 1) * 8;
  const total = tables.reduce((sum, table) => sum + table.bytes.length, start) + text.bytes.length;
  const buffer = new ArrayBuffer(total);
  const out = new Uint8Array(buffer);
  const words = new DataView(buffer);
  [MAGIC, SCHEMA_VERSION, names.length, total].forEach((word, i) => {
    words.setUint32(i * 4, word, true);
  });
  let offset = start;
  [...tables, text].forEach((part, i) => {
    words.setUint32(16 + i * 8, part.rows, true);
    words.setUint32(20 + i * 8, offset, true);
    out.set(part.bytes, offset);
    offset += part.bytes.length;
  });
  return buffer;
}

/** The view of such a buffer. */
export function snapshotOf(rows: SnapshotRows): SnapshotView {
  return viewSnapshot(buildSnapshot(rows));
}

type PlainRow = Readonly<Record<string, number | string | Uint8Array>>;

function tableRows(name: TableName, rows: SnapshotRows): readonly PlainRow[] {
  const given = (rows[name] ?? []) as readonly PlainRow[];
  return name === 'meta' && given.length === 0 ? [{}] : given;
}

function encodeTable(table: string, rows: readonly PlainRow[], strings: StringTable) {
  const columns: Readonly<Record<string, ColumnType>> = SCHEMA[table as TableName];
  const sizes = Object.values(columns).map((type) => Math.ceil((rows.length * WIDTHS[type]) / 8) * 8);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const words = new DataView(bytes.buffer);
  let offset = 0;
  Object.entries(columns).forEach(([column, type], i) => {
    rows.forEach((row, at) => {
      writeValue(words, offset + at * WIDTHS[type], type, `${table}.${column}`, row[column], strings);
    });
    offset += sizes[i] ?? 0;
  });
  return { rows: rows.length, bytes };
}

function writeValue(
  words: DataView,
  at: number,
  type: ColumnType,
  column: string,
  value: number | string | Uint8Array | undefined,
  strings: StringTable,
): void {
  switch (type) {
    case 'f64':
      words.setFloat64(at, Number(value ?? 0), true);
      break;
    case 'u32':
      words.setUint32(at, Number(value ?? 0), true);
      break;
    case 'u16':
      words.setUint16(at, Number(value ?? 0), true);
      break;
    case 'u8':
      words.setUint8(at, typeof value === 'string' ? labelValue(column, value) : Number(value ?? 0));
      break;
    case 'str':
      words.setUint32(at, strings.intern((value ?? '') as string | Uint8Array), true);
      break;
    case 'ip':
      new Uint8Array(words.buffer, at, 16).set(addressBytes((value ?? '::') as string | Uint8Array));
  }
}

function labelValue(column: string, label: string): number {
  const value = LABELS[column]?.indexOf(label) ?? -1;
  if (value < 0) throw new Error(`${column} has no label ${label}`);
  return value;
}

/** 16 bytes of an address in text form, IPv4 as ::ffff:a.b.c.d. */
export function addressBytes(address: string | Uint8Array): Uint8Array {
  if (typeof address !== 'string') return address;
  const bytes = new Uint8Array(16);
  if (!address.includes(':')) {
    bytes.set([0xff, 0xff, ...address.split('.').map(Number)], 10);
    return bytes;
  }
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  groups.forEach((group, i) => {
    bytes[i * 2] = Number.parseInt(group, 16) >> 8;
    bytes[i * 2 + 1] = Number.parseInt(group, 16) & 0xff;
  });
  return bytes;
}

/** Interned strings; index 0 is the empty one. */
class StringTable {
  readonly #indices = new Map<string, number>([['', 0]]);
  readonly #strings: Uint8Array[] = [new Uint8Array(0)];

  intern(value: string | Uint8Array): number {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    const key = Buffer.from(bytes).toString('latin1');
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.#strings.push(bytes) - 1;
      this.#indices.set(key, index);
    }
    return index;
  }

  /** End offsets, then the bytes. */
  encode(): { readonly rows: number; readonly bytes: Uint8Array } {
    const size = this.#strings.reduce((sum, bytes) => sum + bytes.length, 0);
    const out = new Uint8Array(this.#strings.length * 4 + size);
    const words = new DataView(out.buffer);
    let end = 0;
    this.#strings.forEach((bytes, i) => {
      out.set(bytes, this.#strings.length * 4 + end);
      end += bytes.length;
      words.setUint32(i * 4, end, true);
    });
    return { rows: this.#strings.length, bytes: out };
  }
}
