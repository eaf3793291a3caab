// Owns: making the file of a recording, with the rights of whoever asked for it.
// Knows nothing of: what is written to it.
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { sanitize } from '../../base/sanitize.ts';
import { type Credentials, type InvokingUser, withRightsOf } from '../invoking-user.ts';
import { describeErrno, UserError } from '../user-error.ts';

export interface RecordingFile {
  readonly fd: number;
  /** Takes it away again: nothing was recorded. */
  readonly discard: () => void;
}

/** A new file of whoever asked. Throws UserError; a file that is there stays as it is. */
export function openRecording(path: string, user: InvokingUser | undefined, credentials: Credentials): RecordingFile {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  try {
    const fd = withRightsOf(user, credentials, () => openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    const discard = () => {
      closeSync(fd);
      withRightsOf(user, credentials, () => unlinkSync(path));
    };
    return { fd, discard };
  } catch (error) {
    const shown = sanitize(path, 200);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UserError(`${shown} is there already: remove it, or name another file for the recording`);
    }
    const who = user ? ` (opened with the rights of ${sanitize(user.name)}, who called sudo)` : '';
    throw new UserError(`cannot write ${shown}: ${describeErrno(error)}${who}`);
  }
}
