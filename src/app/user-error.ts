// Owns: a failure that is told to the user in one sentence, and the kinds that exit codes are made from.
// Knows nothing of: exit codes, streams, and who throws it.

/**
 * `start`: nothing was done, the request cannot be met (wrong option, device, filter, file, rights).
 * `running`: the work began and could not be finished (output or input failed on the way).
 */
export type FailureKind = 'start' | 'running';

/** The message is one clean sentence without a full stop that says what is wrong and what to do. */
export class UserError extends Error {
  readonly kind: FailureKind;

  constructor(message: string, kind: FailureKind = 'start', options?: ErrorOptions) {
    super(message, options);
    this.name = 'UserError';
    this.kind = kind;
  }
}

/** A clause for an errno of a file operation. */
export function describeErrno(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  return CLAUSES[code] ?? code;
}

const CLAUSES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or directory',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'it is a symbolic link',
  ENXIO: 'it is a pipe or device that nobody reads',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file is too large',
  EIO: 'input/output error',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
};
