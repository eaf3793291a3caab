// Owns: a stream of bytes as lines of text.
// Knows nothing of: what is in them.

/** A function that takes chunks and calls back with each whole line. One longer than `limit` bytes ends in an error. */
export function createLineReader(limit: number, line: (text: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      const text = Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      start = end + 1;
      if (text !== '') line(text);
    }
    length += chunk.length - start;
    if (length > limit) throw new Error('a line is too long');
    if (start < chunk.length) parts.push(chunk.subarray(start));
  };
}
