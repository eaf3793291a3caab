// Owns: writing a file that a key asks for while nettrace runs: a new one, or keys of the configuration file.
// Knows nothing of: whose rights it has. It is done by another process, since ids belong to all threads of this one.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setKeys } from '../config/config-text.ts';
import { describeErrno } from '../user-error.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const LARGEST_CONFIG = 1024 * 1024;

/** `new`: a file that is not there yet; `keys`: these keys of a TOML file, in place of what they were. */
export type WriteRequest =
  | { readonly kind: 'new'; readonly path: string; readonly text: string }
  | { readonly kind: 'keys'; readonly path: string; readonly keys: Readonly<Record<string, string | boolean>> };

/** The clause that says why it failed; undefined where it was written. */
export function write(request: WriteRequest): string | undefined {
  try {
    if (request.kind === 'new') writeNew(request.path, request.text);
    else replaceKeys(request.path, request.keys);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EEXIST' ? 'it is there already' : describeErrno(error);
  }
}

class Refusal extends Error {}

/** O_EXCL follows no link, and overwrites nothing (open(2)). */
function writeNew(path: string, text: string): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeAll(fd, text);
    fsyncSync(fd);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** The new file takes the place of the old one at once: a reader sees one of the two, whole. */
function replaceKeys(path: string, keys: Readonly<Record<string, string | boolean>>): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkFolder(folder);
  const text = setKeys(readOwn(path), keys);
  const temporary = join(folder, `.${basename(path)}.${process.pid}`);
  writeNew(temporary, text);
  try {
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  syncFolder(folder);
}

function checkFolder(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
    throw new Refusal('its folder belongs to somebody else, or somebody else may write there');
  }
}

/** Empty where there is no file yet. */
function readOwn(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size, uid, nlink } = fstatSync(fd);
    const isFile = fstatSync(fd).isFile();
    if (!isFile || nlink !== 1 || uid !== process.geteuid?.())
      throw new Refusal('it is not a regular file of your own');
    if (size > LARGEST_CONFIG) throw new Refusal('it is larger than 1 MiB');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
