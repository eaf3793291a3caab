// Owns: compression in Snappy's raw format (google/snappy, format_description.txt), which remote write demands.
// Knows nothing of: what is compressed.

/** Matches do not reach further back than a block, so an offset has two bytes. */
const BLOCK = 65_536;
const HASH_BITS = 14;
const LEAST_MATCH = 4;
const LONGEST_COPY = 64;

export function snappyCompress(input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(32 + input.length + Math.ceil(input.length / 6));
  const table = new Int32Array(1 << HASH_BITS);
  let end = 0;
  const literal = (from: number, to: number): void => {
    const count = to - from - 1;
    if (count < 0) return;
    if (count < 60) output[end++] = count << 2;
    else if (count < 256) {
      output[end++] = 60 << 2;
      output[end++] = count;
    } else {
      output[end++] = 61 << 2;
      end = output.writeUInt16LE(count, end);
    }
    end += input.copy(output, end, from, to);
  };
  const copy = (offset: number, length: number): void => {
    for (let rest = length; rest > 0; rest -= LONGEST_COPY) {
      output[end++] = ((Math.min(rest, LONGEST_COPY) - 1) << 2) | 2;
      end = output.writeUInt16LE(offset, end);
    }
  };
  let length = input.length;
  for (; length >= 0x80; length = Math.floor(length / 0x80)) output[end++] = (length % 0x80) | 0x80;
  output[end++] = length;
  for (let start = 0; start < input.length; start += BLOCK) {
    const stop = Math.min(input.length, start + BLOCK);
    table.fill(-1);
    let at = start;
    let pending = start;
    while (at + LEAST_MATCH <= stop) {
      const word = input.readUInt32LE(at);
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
      const match = table[slot] ?? -1;
      table[slot] = at;
      if (match < 0 || input.readUInt32LE(match) !== word) {
        at++;
        continue;
      }
      let same = LEAST_MATCH;
      while (at + same < stop && input[match + same] === input[at + same]) same++;
      literal(pending, at);
      copy(at - match, same);
      at += same;
      pending = at;
    }
    literal(pending, stop);
  }
  return output.subarray(0, end);
}
