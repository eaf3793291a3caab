// Owns: messages of Protocol Buffers as bytes, as far as metrics need them (protobuf.dev, Encoding).
// Knows nothing of: which messages there are.

export interface ProtobufWriter {
  /** A nested message: `write` writes its fields. */
  message(field: number, write: (writer: ProtobufWriter) => void): void;
  /** UTF-8; an empty one is written too. */
  text(field: number, value: string): void;
  double(field: number, value: number): void;
  /** Not negative, exact to 2^53: int64, uint64, bool, enum. */
  varint(field: number, value: number): void;
  /** Nanoseconds of a time in ms. */
  nanos(field: number, ms: number): void;
}

const [VARINT, FIXED64, BYTES] = [0, 1, 2];

/** The message that `write` describes. */
export function encodeProtobuf(write: (writer: ProtobufWriter) => void): Buffer {
  let bytes = Buffer.allocUnsafe(4096);
  let end = 0;
  const reserve = (count: number): void => {
    if (end + count <= bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (end + count));
    bytes.copy(larger, 0, 0, end);
    bytes = larger;
  };
  const number = (value: number): void => {
    reserve(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[end++] = (rest % 0x80) | 0x80;
    bytes[end++] = rest;
  };
  const tag = (field: number, type: number): void => number(field * 8 + type);
  const writer: ProtobufWriter = {
    message(field, inner) {
      tag(field, BYTES);
      // The length goes before the content, and is known after it: most messages are short, one byte is kept free.
      reserve(1);
      const start = ++end;
      inner(writer);
      const length = end - start;
      if (length < 0x80) {
        bytes[start - 1] = length;
        return;
      }
      const content = Buffer.from(bytes.subarray(start, end));
      end = start - 1;
      number(length);
      reserve(length);
      end += content.copy(bytes, end);
    },
    text(field, value) {
      tag(field, BYTES);
      const length = Buffer.byteLength(value);
      number(length);
      reserve(length);
      end += bytes.write(value, end);
    },
    double(field, value) {
      tag(field, FIXED64);
      reserve(8);
      end = bytes.writeDoubleLE(value, end);
    },
    varint(field, value) {
      tag(field, VARINT);
      number(value);
    },
    nanos(field, ms) {
      tag(field, FIXED64);
      reserve(8);
      end = bytes.writeBigUInt64LE(BigInt(Math.max(0, Math.round(ms * 1000))) * 1000n, end);
    },
  };
  write(writer);
  return bytes.subarray(0, end);
}
