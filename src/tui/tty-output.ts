// Owns: writing to a terminal that may be slow or stopped without ever blocking this thread.
// Knows nothing of: what the bytes mean. Node's own stdout blocks on a terminal, so it is not used.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { TerminalOutput, TerminalSize, WriteResult } from './terminal-world.ts';

/** At most 40 * 5 ms for the bytes that give the terminal back. */
const LAST_TRIES = 40;
const LAST_PAUSE_MS = 5;

/**
 * @param fd a terminal, normally 1. It is opened a second time, so that O_NONBLOCK (a flag of the open file, which the
 *   shell shares) stays ours. Where that is not allowed (a terminal of another user) writes go to `fd` and may block.
 * @param readSize size as the driver knows it
 */
export function createTtyOutput(fd: number, readSize: () => TerminalSize): TerminalOutput {
  const own = reopen(fd);
  let closed = false;
  let pending: Uint8Array = new Uint8Array(0);

  const flush = (): WriteResult => {
    while (pending.length > 0) {
      const written = writeSome(own ?? fd, pending);
      if (written < 0) {
        pending = new Uint8Array(0);
        return 'gone';
      }
      if (written === 0) return 'pending';
      pending = pending.subarray(written);
    }
    return 'written';
  };

  return {
    write(bytes) {
      pending = bytes;
      return flush();
    },
    flush,
    writeLast(text) {
      pending = new TextEncoder().encode(text);
      for (let tries = 0; tries < LAST_TRIES && flush() === 'pending'; tries++) sleep(LAST_PAUSE_MS);
      pending = new Uint8Array(0);
    },
    size: readSize,
    close() {
      if (own !== undefined && !closed) closeSync(own);
      closed = true;
    },
  };
}

function reopen(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** Bytes taken; 0: try again later; -1: the terminal is closed. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'EAGAIN' || code === 'EINTR' ? 0 : -1;
  }
}

/** Blocks the thread: only while the process is leaving. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
