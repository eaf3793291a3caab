// Owns: `nettrace netstat` from its words to its exit code, with net-tools' codes.
// Knows nothing of: tables.
import { runNetstat } from '../app/netstat/netstat.ts';
import type { Shutdown } from '../app/shutdown.ts';
import type { World } from '../app/world.ts';
import type { ParsedFilter } from '../netstat/filter.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { parseNetstatWords } from './netstat-words.ts';

/** Throws UserError for what went wrong on the way. */
export async function netstat(
  world: World,
  words: readonly string[],
  version: string,
  shutdown: Shutdown,
): Promise<ExitCode> {
  const parsed = await parseNetstatWords(words, readFilter);
  switch (parsed.kind) {
    case 'help':
      await world.stdout.write((await import('./netstat-help.ts')).NETSTAT_HELP);
      return EXIT.ok;
    case 'version':
      await world.stdout.write(`nettrace version ${version}\n`);
      return EXIT.ok;
    case 'usage':
      world.stderr(`nettrace: ${parsed.sentence}; see "nettrace netstat --help"\n`);
      return EXIT.usage;
    case 'unsupported':
      world.stderr(`nettrace: ${parsed.sentence}\n`);
      return EXIT.start;
    case 'options': {
      if (parsed.options.continuous) listen(world, shutdown);
      return (await runNetstat(world, parsed.options, shutdown.stop)) ? EXIT.ok : EXIT.start;
    }
  }
}

async function readFilter(text: string): Promise<ParsedFilter> {
  const [{ parseFilter }, { readServices }] = await Promise.all([
    import('../netstat/filter.ts'),
    import('../app/netstat/names.ts'),
  ]);
  return parseFilter(text, (name) => readServices().port(name));
}

/** -c ends with a signal: at a line's end, or at once where nobody reads. */
function listen(world: World, shutdown: Shutdown): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const release = world.onSignal(signal, () => {
      if (shutdown.stop.aborted) world.dieOf(signal);
      shutdown.request(signal);
    });
    shutdown.add('log', release);
  }
}
