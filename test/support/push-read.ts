// Owns: reading what is pushed: snappy, protobuf, and the values of an OTLP request by metric and labels.
// Knows nothing of: how requests are made and sent; it shares no code with the writers, only the table of metrics.
import { METRICS, type Metric } from '../../src/export/metric-table.ts';

/** One moment of all series. */
export interface Pushed {
  readonly timeMs: number;
  /** By name and labels as `/metrics` writes them: `name{a="b"}`. */
  readonly values: ReadonlyMap<string, number>;
  /** When each counter began, in ms. */
  readonly starts: ReadonlyMap<string, number>;
  readonly resource: ReadonlyMap<string, string>;
}

/** google/snappy, format_description.txt: literals and copies with an offset of two bytes. Throws on any other copy. */
export function snappyDecompress(input: Buffer): Buffer {
  const { value: length, next } = readVarint(input, 0);
  const output: number[] = [];
  let at = next;
  while (at < input.length) {
    const tag = input[at++] ?? 0;
    let count = (tag >> 2) + 1;
    if ((tag & 3) === 0) {
      const extra = count - 60;
      if (extra > 0) count = input.readUIntLE(at, extra) + 1;
      if (extra > 0) at += extra;
      for (let i = 0; i < count; i++) output.push(input[at++] ?? 0);
    } else {
      if ((tag & 3) !== 2) throw new Error(`a copy of kind ${tag & 3}`);
      const offset = input.readUInt16LE(at);
      at += 2;
      for (let i = 0; i < count; i++) output.push(output[output.length - offset] ?? Number.NaN);
    }
  }
  if (output.length !== length) throw new Error(`${output.length} bytes instead of ${length}`);
  return Buffer.from(output);
}

/** opentelemetry-proto, metrics/v1: ResourceMetrics = 1, ScopeMetrics = 2, Metric = 2; Metric: name = 1, gauge = 5, sum = 7. */
export function readOtlp(body: Buffer): Pushed {
  let timeMs = 0;
  const values = new Map<string, number>();
  const starts = new Map<string, number>();
  const [resourceMetrics = Buffer.alloc(0)] = all(fieldsOf(body), 1);
  const fields = fieldsOf(resourceMetrics);
  const resource = new Map(all(fields, 1).flatMap((one) => all(fieldsOf(one), 1).map(attributeOf)));
  for (const metric of all(fields, 2).flatMap((scope) => all(fieldsOf(scope), 2).map(fieldsOf))) {
    for (const point of [...all(metric, 5), ...all(metric, 7)].flatMap((data) =>
      all(fieldsOf(data), 1).map(fieldsOf),
    )) {
      timeMs = Number(numberOf(point, 3) / 1_000_000n);
      const series = seriesText(textOf(metric, 1), new Map(all(point, 7).map(attributeOf)));
      values.set(series, doubleOf(point, 4));
      if (point.has(2)) starts.set(series, Number(numberOf(point, 2) / 1_000_000n));
    }
  }
  return { timeMs, values, starts, resource };
}

/** The lines of `/metrics` without comments. */
export function readMetricsText(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** Empty labels are not sent, since they are the same as none. */
function seriesText(name: string, labels: ReadonlyMap<string, string>): string {
  const metric = (METRICS as Readonly<Record<string, Metric>>)[name];
  // As the text format has it: a backslash, a quotation mark and a line feed with a backslash before them.
  const escaped = (value: string) => value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
  const pairs = (metric?.labels ?? []).map((label) => `${label}="${escaped(labels.get(label) ?? '')}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Varints and fixed numbers as bigint, the rest as bytes, by field number (protobuf.dev, encoding). */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    at = tag.next;
    let value: bigint | Buffer;
    if ((tag.value & 7) === 0) {
      const number = readVarint(bytes, at);
      value = BigInt(number.value);
      at = number.next;
    } else if ((tag.value & 7) === 1) {
      value = bytes.readBigUInt64LE(at);
      at += 8;
    } else if ((tag.value & 7) === 2) {
      const length = readVarint(bytes, at);
      value = bytes.subarray(length.next, length.next + length.value);
      at = length.next + length.value;
    } else throw new Error(`wire type ${tag.value & 7}`);
    const key = Math.floor(tag.value / 8);
    fields.set(key, [...(fields.get(key) ?? []), value]);
  }
  return fields;
}

function readVarint(bytes: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = from, factor = 1; ; at++, factor *= 128) {
    const byte = bytes.readUInt8(at);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, next: at + 1 };
  }
}

const all = (fields: Fields, key: number): readonly Buffer[] =>
  (fields.get(key) ?? []).filter((value): value is Buffer => Buffer.isBuffer(value));
const textOf = (fields: Fields, key: number): string => all(fields, key)[0]?.toString() ?? '';

function attributeOf(pair: Buffer): readonly [string, string] {
  const fields = fieldsOf(pair);
  return [textOf(fields, 1), textOf(fieldsOf(all(fields, 2)[0] ?? Buffer.alloc(0)), 1)];
}

function doubleOf(fields: Fields, key: number): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(numberOf(fields, key));
  return bytes.readDoubleLE();
}

function numberOf(fields: Fields, key: number): bigint {
  const number = fields.get(key)?.[0];
  if (typeof number !== 'bigint') throw new Error(`no number in field ${key}`);
  return number;
}
