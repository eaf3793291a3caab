// Owns: the token's file: making it, and refusing one that others can read.
// Knows nothing of: what the token opens.
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { sanitize } from '../../base/sanitize.ts';
import { describeErrno, UserError } from '../user-error.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
/** 256 bits; what is shorter in a file was typed by somebody. */
const TOKEN_BYTES = 32;
const LEAST_LENGTH = 20;

export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The token in the file, which is made with mode 0600 when missing. Throws UserError. */
export function readOrMakeToken(path: string): string {
  try {
    return readToken(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asUserError(path, error);
  }
  const token = randomToken();
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    writeSync(fd, `${token}\n`);
    closeSync(fd);
  } catch (error) {
    throw asUserError(path, error);
  }
  return token;
}

/** Throws UserError, or a system error where there is no file. */
export function readToken(path: string): string {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw new UserError(`the token file ${sanitize(path, 200)} is no regular file`);
    if ((status.mode & 0o077) !== 0) {
      throw new UserError(`others can read the token file ${sanitize(path, 200)}: run "chmod 600" on it`);
    }
    const token = readFileSync(fd, 'latin1').trim();
    if (!/^[\w.~+/=-]+$/.test(token) || token.length < LEAST_LENGTH || token.length > 512) {
      throw new UserError(
        `the token file ${sanitize(path, 200)} must hold one token of 20 to 512 letters and digits; remove it and a new one is made`,
      );
    }
    return token;
  } finally {
    closeSync(fd);
  }
}

function asUserError(path: string, error: unknown): unknown {
  if (error instanceof UserError) return error;
  return new UserError(`the token file ${sanitize(path, 200)} cannot be used: ${describeErrno(error)}`);
}
