// Owns: reading the columnar snapshot buffer: typed arrays over it, strings decoded only where asked.
// Knows nothing of: rates, screens, and what the columns mean.
import { sanitize } from '../base/sanitize.ts';
import { type ColumnName, type ColumnType, SCHEMA, SCHEMA_VERSION, type Schema, type TableName } from './schema.ts';

const MAGIC = 0x3153544e; // "NTS1"
const WIDTHS: Readonly<Record<ColumnType, number>> = { f64: 8, u32: 4, u16: 2, u8: 1, str: 4, ip: 16 };

type Column<T extends ColumnType> = T extends 'f64'
  ? Float64Array
  : T extends 'u32' | 'str'
    ? Uint32Array
    : T extends 'u16'
      ? Uint16Array
      : Uint8Array;

/** One table: `rows` and a typed array for each column (`ip`: 16 bytes a row). */
export type TableView<T extends TableName> = { readonly rows: number } & {
  readonly [C in ColumnName<T>]: Column<Schema[T][C] & ColumnType>;
};

/** A snapshot; the arrays are views of its buffer and stay valid as long as it is held. */
export type SnapshotView = { readonly [T in TableName]: TableView<T> } & {
  /** All of it, as the engine gave it. */
  readonly buffer: ArrayBuffer;
  /** Sanitised text of a `str` value. */
  text(index: number): string;
  /** Raw bytes of a `str` value, for text with inner structure (a command line's NULs). */
  bytes(index: number): Uint8Array;
  /** Whether a `str` value is these bytes; looks without making a view of it. */
  isBytes(index: number, bytes: Uint8Array): boolean;
};

/*
 * Layout, little-endian: u32 magic, version, tables, total bytes; then for each table u32 rows, u32 offset; one more
 * such pair for the strings. A table is its columns one after the other, each at a multiple of 8 bytes. The strings
 * are u32 end offsets, one a string, and then their bytes.
 */
/** Wraps a snapshot buffer. Throws if it is not one of this schema version. */
export function viewSnapshot(buffer: ArrayBuffer): SnapshotView {
  const header = new Uint32Array(buffer, 0, 4);
  const names = Object.keys(SCHEMA) as TableName[];
  if (header[0] !== MAGIC || header[1] !== SCHEMA_VERSION || header[2] !== names.length) {
    throw new Error('not a snapshot of this version');
  }
  const directory = new Uint32Array(buffer, 16, (names.length + 1) * 2);
  const tables: Record<string, unknown> = {};
  names.forEach((name, i) => {
    tables[name] = viewTable(buffer, SCHEMA[name], directory[i * 2] ?? 0, directory[i * 2 + 1] ?? 0);
  });
  const strings = viewStrings(buffer, directory[names.length * 2] ?? 0, directory[names.length * 2 + 1] ?? 0);
  return { buffer, ...tables, ...strings } as unknown as SnapshotView;
}

/** From entries, since an object whose properties are set one by one by computed names becomes a slow dictionary. */
function viewTable(buffer: ArrayBuffer, columns: Readonly<Record<string, ColumnType>>, rows: number, start: number) {
  let offset = start;
  const views = Object.entries(columns).map(([column, type]) => {
    const view = viewColumn(buffer, type, offset, rows);
    offset += Math.ceil((rows * WIDTHS[type]) / 8) * 8;
    return [column, view] as const;
  });
  return Object.fromEntries<unknown>([['rows', rows], ...views]);
}

function viewColumn(buffer: ArrayBuffer, type: ColumnType, offset: number, rows: number) {
  switch (type) {
    case 'f64':
      return new Float64Array(buffer, offset, rows);
    case 'u32':
    case 'str':
      return new Uint32Array(buffer, offset, rows);
    case 'u16':
      return new Uint16Array(buffer, offset, rows);
    case 'u8':
      return new Uint8Array(buffer, offset, rows);
    case 'ip':
      return new Uint8Array(buffer, offset, rows * 16);
  }
}

function viewStrings(buffer: ArrayBuffer, count: number, start: number) {
  const ends = new Uint32Array(buffer, start, count);
  const base = start + count * 4;
  const decoded = new Map<number, string>();
  const bytes = (index: number): Uint8Array => {
    const from = index === 0 ? 0 : (ends[index - 1] ?? 0);
    return new Uint8Array(buffer, base + from, (ends[index] ?? from) - from);
  };
  const all = new Uint8Array(buffer, base);
  const isBytes = (index: number, other: Uint8Array): boolean => {
    const from = index === 0 ? 0 : (ends[index - 1] ?? 0);
    if ((ends[index] ?? from) - from !== other.length) return false;
    for (let at = 0; at < other.length; at++) if (all[from + at] !== other[at]) return false;
    return true;
  };
  const text = (index: number): string => {
    let value = decoded.get(index);
    if (value === undefined) {
      value = sanitize(bytes(index));
      decoded.set(index, value);
    }
    return value;
  };
  return { text, bytes, isBytes };
}
