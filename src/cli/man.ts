// Owns: `nettrace man`: the manual page of nettrace or of one of its commands, on standard output.
// Knows nothing of: troff, and where pages are installed (scripts/install.sh).
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { type Described, shapeOfLines } from './command-shape.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { manPage } from './man-page.ts';
import { MAN_TEXTS } from './man-texts.ts';

const OPTIONS = `
  --list      print the names of all pages, one a line
  --all       print all pages, one after the other; each begins with .TH
  -h, --help  print this help and end
`;

export const MAN_SHAPE = shapeOfLines('[--list | --all | page]', OPTIONS);

const HELP = `Usage: nettrace man [page]

Prints a manual page as troff: of nettrace, or of a command. "sudo ./nettrace install" installs all of them.

${OPTIONS.slice(1)}
Examples:
  nettrace man serve | man -l -
  nettrace man > nettrace.8
`;

/** @param described every command there is. Throws UserError. */
export async function man(
  world: World,
  words: readonly string[],
  version: string,
  described: readonly Described[],
): Promise<ExitCode> {
  const [word, excess] = words;
  if (word === '-h' || word === '--help') await world.stdout.write(HELP);
  else if (excess !== undefined) throw new UserError('man prints one page at a time; see "nettrace man --help"');
  else if (word === '--list') await world.stdout.write(`${described.map(pageName).join('\n')}\n`);
  else if (word === '--all') {
    for (const each of described) {
      await world.stdout.write(pageOf(pageName(each), version, world.wallClock(), described));
    }
  } else await world.stdout.write(pageOf(word ?? 'nettrace', version, world.wallClock(), described));
  return EXIT.ok;
}

/** `nettrace`, `nettrace-serve`, ... */
function pageName({ name }: Described): string {
  return name === '' ? 'nettrace' : `nettrace-${name}`;
}

function pageOf(word: string, version: string, timeMs: number, described: readonly Described[]): string {
  const asked = word.replace(/\.8$/, '').replace(/^nettrace-?/, '');
  const text = Object.hasOwn(MAN_TEXTS, asked) ? MAN_TEXTS[asked] : undefined;
  const command = described.find(({ name }) => name === asked);
  if (command === undefined || text === undefined) {
    throw new UserError(`there is no manual page "${sanitize(word, 60)}"; "nettrace man --list" has all of them`);
  }
  const others = described.filter((each) => each !== command).map(pageName);
  return manPage({ ...command, text, others, version, date: new Date(timeMs).toISOString().slice(0, 10) });
}
