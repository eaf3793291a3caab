// Owns: opening the files that a user names: no symbolic link is followed, no foreign owner trusted, nothing but a file.
// Knows nothing of: what is in them.
import { closeSync, constants, fchownSync, fstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { InvokingUser } from './invoking-user.ts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** include/uapi/asm-generic/fcntl.h; node has no name for it. */
const O_PATH = 0o10000000;
const LARGEST_TEXT = 1024 * 1024;

/** Why a file that can be opened is still not used; `code` as in a system error. */
function refuse(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/** Which files are trusted; nothing given: any. */
export interface Trust {
  /** Only a file of one of these uids that nobody else can write. */
  readonly owners?: readonly number[];
  /** Only if no part of the path is a symbolic link. */
  readonly exact?: boolean;
}

/** Reads a small text file. Throws a system error; EOWNER, ENOTFILE and EFBIG are our own codes. */
export function readTextFile(path: string, trust: Trust): string {
  // Non-blocking: a FIFO in the place of the file must not stop the start.
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw refuse('ENOTFILE', 'not a regular file');
    if (status.size > LARGEST_TEXT) throw refuse('EFBIG', 'larger than 1 MiB');
    if (!isTrusted(fd, path, status, trust)) throw refuse('EOWNER', 'not trusted');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Asked of the open file, so that nobody can exchange it in between. */
function isTrusted(fd: number, path: string, { uid, mode }: Stats, { owners, exact }: Trust): boolean {
  if (owners && (!owners.includes(uid) || (mode & 0o022) !== 0)) return false;
  return exact !== true || readlinkSync(`/proc/self/fd/${fd}`) === path;
}

/** A file that lines are appended to, and that can be opened anew after it was renamed (log rotation). */
export interface AppendFile {
  readonly fd: number;
  /** The same name in the same folder as at first. Throws a system error; the old file stays in use then. */
  reopen(): void;
  close(): void;
}

/**
 * Opens or creates (0600) a file for appending. Call it with the rights of the user who named it; reopen() may then run
 * as root, since the folder is held open and a new file is given to that user.
 */
export function openAppendFile(path: string, owner: InvokingUser | undefined): AppendFile {
  const folder = openSync(dirname(resolve(path)), O_DIRECTORY | O_PATH);
  const open = () => openRegular(`/proc/self/fd/${folder}/${basename(path)}`);
  let fd = openOrClose(open, folder);
  return {
    get fd() {
      return fd;
    },
    reopen() {
      const next = open();
      const status = fstatSync(next);
      if (owner && status.uid === 0 && status.size === 0) fchownSync(next, owner.uid, owner.gid);
      closeSync(fd);
      fd = next;
    },
    close() {
      closeSync(fd);
      closeSync(folder);
    },
  };
}

function openRegular(path: string): number {
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const status = fstatSync(fd);
  // A second name could be a file of somebody else that this name was linked to.
  if (status.isFile() && status.nlink === 1) return fd;
  closeSync(fd);
  throw refuse('ENOTFILE', 'not a regular file of its own');
}

function openOrClose(open: () => number, folder: number): number {
  try {
    return open();
  } catch (error) {
    closeSync(folder);
    throw error;
  }
}
