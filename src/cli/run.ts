// Owns: one call of the program from its words to its exit code, and every sentence it says about a failure.
// Knows nothing of: the process: everything outside comes in as a World.

import { OutputClosed } from '../app/output.ts';
import { createShutdown, type Shutdown } from '../app/shutdown.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { parseCommandLine } from './command-line.ts';
import { EXIT, type ExitCode, exitCodeOf, exitCodeOfSignal } from './exit-codes.ts';

/**
 * @param args the words after the program's name
 * @param shutdown a crash elsewhere must go through finish() with the same one
 */
export async function runProgram(
  world: World,
  args: readonly string[],
  version: string,
  shutdown: Shutdown = createShutdown(),
): Promise<ExitCode> {
  try {
    await run(world, args, version, shutdown);
    return finish(world, shutdown, undefined);
  } catch (error) {
    return finish(world, shutdown, error);
  }
}

async function run(world: World, args: readonly string[], version: string, shutdown: Shutdown): Promise<void> {
  const line = parseCommandLine(args, version);
  if (line.kind === 'text') return world.stdout.write(line.text);
  const { start } = await import('./start.ts');
  return start(world, line, shutdown);
}

/** Gives everything back, then says what went wrong, on a screen that is whole again. */
export function finish(world: World, shutdown: Shutdown, error: unknown): ExitCode {
  const failures = shutdown.run();
  const cause = error instanceof OutputClosed ? undefined : (error ?? failures[0]);
  if (cause === undefined) return exitCodeOfSignal(shutdown.reason);
  return report(world, cause);
}

/** One sentence; the stack only for those who ask with NETTRACE_DEBUG=1. */
function report(world: World, error: unknown): ExitCode {
  const debug = world.env['NETTRACE_DEBUG'] === '1';
  if (debug)
    world.stderr(`${sanitizeLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  if (error instanceof UserError) {
    world.stderr(`nettrace: ${error.message}\n`);
    return exitCodeOf(error.kind);
  }
  const text = sanitize(error instanceof Error ? error.message : String(error), 300);
  const how = debug ? '' : '; NETTRACE_DEBUG=1 shows where';
  world.stderr(`nettrace: a fault in nettrace: ${text}${how}\n`);
  return EXIT.internal;
}

function sanitizeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => sanitize(line))
    .join('\n');
}
