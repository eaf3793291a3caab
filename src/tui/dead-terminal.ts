// Owns: one workaround: Node up to 22 aborts (SIGABRT, core dump) when it exits after its terminal was closed.
// Knows nothing of: the live view; any mode that runs on a terminal needs it.
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD_STREAMS = [0, 1, 2];
let installed = false;

/**
 * Node resets the modes of its standard streams at exit and takes the EIO of a closed terminal for a bug of its own
 * (ResetStdio in node.cc; mended by nodejs/node#58200). It skips streams whose descriptor is closed, so the last exit
 * handler closes those that were a terminal and are none any more. Call it once, early; further calls do nothing.
 */
export function surviveClosedTerminal(process: NodeJS.Process): void {
  if (installed) return;
  installed = true;
  const terminals = STANDARD_STREAMS.filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeQuietly(fd);
  });
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Already closed is as good.
  }
}
