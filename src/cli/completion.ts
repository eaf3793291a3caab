// Owns: `nettrace completion`: for which shell, and the script on standard output.
// Knows nothing of: shells' languages.
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { type Described, shapeOfLines } from './command-shape.ts';
import { SHELLS } from './completion-scripts.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const NAMES = Object.keys(SHELLS);
const OPTIONS = `
  -h, --help  print this help and end
`;

export const COMPLETION_SHAPE = { ...shapeOfLines(NAMES.join(' | '), OPTIONS), words: NAMES };

const HELP = `Usage: nettrace completion ${NAMES.join('|')}

Prints a script with which the shell completes commands, options, values, files and devices.

Examples:
  source <(nettrace completion bash)
  nettrace completion zsh > ~/.zfunc/_nettrace
  nettrace completion fish | source
`;

/** @param described every command there is. Throws UserError. */
export async function completion(
  world: World,
  words: readonly string[],
  described: readonly Described[],
): Promise<ExitCode> {
  const [shell = '', excess] = words;
  if (shell === '-h' || shell === '--help') {
    await world.stdout.write(HELP);
    return EXIT.ok;
  }
  const script = Object.hasOwn(SHELLS, shell) && excess === undefined ? SHELLS[shell] : undefined;
  if (script === undefined) {
    throw new UserError(`completion needs one of ${NAMES.join(', ')}, not "${sanitize(words.join(' '), 60)}"`);
  }
  await world.stdout.write(script(described));
  return EXIT.ok;
}
