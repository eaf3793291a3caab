// Owns: reading small kernel files into one reused buffer.
// Knows nothing of: what the files hold.
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

/** Reads below one root, e.g. `/proc`. Nothing here throws: what cannot be read is undefined or empty. */
export interface FileReader {
  /** Content of a file, one character a byte; undefined where it cannot be read. At most 4 MiB. */
  read(path: string): string | undefined;
  /** Target of a symbolic link. */
  link(path: string): string | undefined;
  /** Names in a folder. */
  list(path: string): readonly string[];
}

const FIRST_SIZE = 16 * 1024;
const LARGEST_SIZE = 4 * 1024 * 1024;

/** A reader for files below `root`; its buffer grows to the largest file and is kept. */
export function createFileReader(root: string): FileReader {
  let buffer = Buffer.allocUnsafe(FIRST_SIZE);

  function fill(fd: number): string {
    let length = 0;
    for (;;) {
      const got = readSync(fd, buffer, length, buffer.length - length, null);
      length += got;
      if (got === 0 || length === LARGEST_SIZE) return buffer.toString('latin1', 0, length);
      if (length === buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(buffer.length * 4, LARGEST_SIZE));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
    }
  }

  function read(path: string): string | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(`${root}/${path}`, 'r');
      return fill(fd);
    } catch {
      return undefined; // gone, forbidden or not of this kernel: the caller shows what is known
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  function link(path: string): string | undefined {
    try {
      return readlinkSync(`${root}/${path}`);
    } catch {
      return undefined;
    }
  }

  function list(path: string): readonly string[] {
    try {
      return readdirSync(`${root}/${path}`);
    } catch {
      return [];
    }
  }

  return { read, link, list };
}
