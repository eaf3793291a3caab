// Owns: the entry point: the process becomes a World, the result becomes the exit code; nothing escapes as a stack trace.
// Knows nothing of: what the program does.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { createShutdown } from '../app/shutdown.ts';
import { createProcessWorld } from './process-world.ts';
import { finish, runProgram } from './run.ts';
import { V8_FLAGS } from './v8-flags.ts';

for (const flag of V8_FLAGS) setFlagsFromString(flag);

const world = createProcessWorld(process);

const shutdown = createShutdown();
const crash = (error: unknown) => process.exit(finish(world, shutdown, error ?? new Error('nothing was thrown')));
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

process.exit(await runProgram(world, process.argv.slice(2), readVersion(), shutdown));

/** From package.json: two folders above dist/cli/, four above the tests' build/t/src/cli/. */
function readVersion(): string {
  for (const up of ['../../', '../../../../']) {
    try {
      const text = readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8');
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {
      // not run from this place: try the next
    }
  }
  return 'unknown';
}
