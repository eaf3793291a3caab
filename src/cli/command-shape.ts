// Owns: what a command takes, as data: manual pages and shell completion are made of it.
// Knows nothing of: how words are read.
import type { Command, Option } from 'commander';
import { entryOf } from './command-options.ts';

export interface OptionShape {
  /** `-d`, `--delay`. */
  readonly names: readonly string[];
  /** Name of its value; undefined: it takes none. `FILE` and `FOLDER` are completed as such. */
  readonly argument: string | undefined;
  readonly help: string;
  /** The values that there are; empty: any. */
  readonly choices: readonly string[];
  /** Heading; empty: none. */
  readonly group: string;
}

export interface CommandShape {
  /** What stands behind the command in its synopsis. */
  readonly usage: string;
  /** Whether further words are network devices. */
  readonly devices: boolean;
  /** Words that may follow, such as the names of pages. */
  readonly words?: readonly string[];
  readonly options: readonly OptionShape[];
}

/** A command with what it takes; the empty name is nettrace itself. */
export interface Described {
  readonly name: string;
  readonly summary: string;
  readonly shape: CommandShape;
}

/** What a command of commander takes, without what is hidden from its help. */
export function shapeOf(command: Command): CommandShape {
  const shown = command.createHelp().visibleOptions(command);
  return {
    usage: command.usage(),
    devices: command.registeredArguments.some(({ variadic }) => variadic),
    options: shown.map(optionShape),
  };
}

function optionShape(option: Option): OptionShape {
  const kind = entryOf(option)?.kind;
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    argument: /<(.*)>/.exec(option.flags)?.[1],
    help: option.description,
    choices: kind?.kind === 'choice' ? kind.choices : [],
    group: (option.helpGroupHeading ?? '').replace(/:$/, ''),
  };
}

/** Options from lines such as `-o, --out FILE   what it does`. */
export function shapeOfLines(
  usage: string,
  lines: string,
  choices: Readonly<Record<string, readonly string[]>> = {},
): CommandShape {
  const options = lines
    .trim()
    .split('\n')
    .map((line): OptionShape => {
      const [flags = '', help = ''] = line.trim().split(/ {2,}/);
      const words = flags.split(/,? |=/);
      const names = words.filter((word) => word.startsWith('-'));
      return {
        names,
        argument: words.find((word) => !word.startsWith('-')),
        help,
        choices: choices[names.at(-1) ?? ''] ?? [],
        group: '',
      };
    });
  return { usage, devices: false, options };
}
