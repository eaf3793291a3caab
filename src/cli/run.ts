// Owns: one call of the program from its words to its exit code, and every sentence it says about a failure.
// Knows nothing of: the process: everything outside comes in as a World.

import { OutputClosed } from '../app/output.ts';
import { createShutdown, type Shutdown } from '../app/shutdown.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { COMMANDS } from './command-table.ts';
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
    const asked = await run(world, args, version, shutdown);
    const code = finish(world, shutdown, undefined);
    return code === EXIT.ok ? asked : code;
  } catch (error) {
    return finish(world, shutdown, error);
  }
}

/** The code of a run that came to its own end. */
async function run(world: World, args: readonly string[], version: string, shutdown: Shutdown): Promise<ExitCode> {
  const [name = '', ...words] = args;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command?.run !== undefined) return command.run({ world, words, version, shutdown });
  const { parseCommandLine } = await import('./command-line.ts');
  const line = parseCommandLine(args, version);
  switch (line.kind) {
    case 'text':
      await world.stdout.write(line.text);
      return EXIT.ok;
    case 'doctor': {
      const { runDoctor } = await import('../app/doctor/doctor.ts');
      return (await runDoctor(world, line.request, version)) === 'well' ? EXIT.ok : EXIT.degraded;
    }
    case 'queues': {
      const { runQueues } = await import('../app/queues/queues.ts');
      const verdict = await runQueues(world, line.settings, line.request, shutdown);
      return verdict === 'clear' ? EXIT.ok : EXIT.piledUp;
    }
    case 'run': {
      if (line.request.checkConfig) {
        const { checkConfigFile } = await import('../app/config/check-config.ts');
        return (await checkConfigFile(world, line.request.configFile)) ? EXIT.ok : EXIT.start;
      }
      const { start } = await import('./start.ts');
      await start(world, line, shutdown);
      return EXIT.ok;
    }
  }
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
