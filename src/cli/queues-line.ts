// Owns: the words of `nettrace queues` as settings and what is asked for; each problem as one sentence.
// Knows nothing of: how queues are found.
import { Command, CommanderError } from 'commander';
import { type Option as Entry, type PartialSettings, RUN_OPTIONS, SETTINGS } from '../app/config/option-table.ts';
import type { QueuesRequest } from '../app/queues/request.ts';
import { UserError } from '../app/user-error.ts';
import { sanitize } from '../base/sanitize.ts';
import { addOption, optionValue, sentenceOf } from './command-options.ts';

const HELP = `
Looks at the queues of all sockets, of every network namespace that may be entered, and names those that pile up: whose
they are, how long they stand, and why. Without --once it goes on and prints a line for each that begins or ends to.
As root it sees the processes of all users. Captures nothing.

Examples:
  nettrace queues --once || echo "something piles up"
  nettrace queues --once --json | jq '.queues[] | [.cause, .owners[0].name, .size]'
  nettrace queues --once --every       also listeners and queues that move

Exit codes: 0 nothing piles up, 1 could not start, 4 something does (at the last look). See docs/queues.md.
(A device with the name queues is watched with "nettrace -- queues".)
`;

const QUEUE_SETTINGS = ['delay', 'queue-after', 'queue-delay', 'queue-bytes', 'queue-loss', 'units', 'ascii'] as const;

const WORDS: Readonly<Record<string, Entry>> = {
  once: { ...RUN_OPTIONS.once, help: 'look for 1.5 seconds (--queue-after), print what piles up and end' },
  json: { ...RUN_OPTIONS.json, help: 'print one JSON object a line and look' },
  every: {
    kind: { kind: 'switch' },
    group: 'What to print',
    short: 'e',
    help: 'with --once or --json: also listeners and queues that move',
  },
  here: {
    kind: { kind: 'switch' },
    group: 'What to watch',
    help: 'only the network namespace that nettrace is in, no containers',
  },
  count: { ...RUN_OPTIONS.count, help: 'end after N looks; 0: never' },
  config: RUN_OPTIONS.config,
};

export interface QueuesLine {
  readonly kind: 'queues';
  readonly settings: PartialSettings;
  readonly request: QueuesRequest;
}

/** @param print gets the text of --help */
export function createQueuesCommand(print: (text: string) => void): Command {
  const command = new Command('nettrace queues')
    .usage('[options]')
    .allowExcessArguments(true)
    .helpOption('-h, --help', 'print this help and end')
    .addHelpText('after', HELP)
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} });
  for (const [name, entry] of Object.entries(WORDS)) addOption(command, name, entry);
  for (const name of QUEUE_SETTINGS) addOption(command, name, SETTINGS[name]);
  return command;
}

/** @param words those after `queues`. Throws UserError. */
export function parseQueues(words: readonly string[]): QueuesLine | { readonly kind: 'text'; readonly text: string } {
  let printed = '';
  const command = createQueuesCommand((text) => {
    printed += text;
  });
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: printed };
    throw new UserError(`${sentenceOf(error.message)}; see "nettrace queues --help"`);
  }
  const [excess] = command.args;
  if (excess !== undefined) {
    throw new UserError(
      `queues takes no "${sanitize(excess, 100)}": it looks at all sockets; see "nettrace queues --help"`,
    );
  }
  const settings = Object.fromEntries(
    QUEUE_SETTINGS.flatMap((name) => {
      const value = optionValue(command, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { kind: 'queues', settings: settings as PartialSettings, request: requestOf(command) };
}

function requestOf(command: Command): QueuesRequest {
  const count = (optionValue(command, 'count') as number | undefined) ?? 0;
  const once = optionValue(command, 'once') === true;
  if (once && count > 0) throw new UserError('--once and -c exclude each other: --once looks as often as it takes');
  return {
    json: optionValue(command, 'json') === true,
    once,
    count,
    every: optionValue(command, 'every') === true,
    here: optionValue(command, 'here') === true,
    configFile: optionValue(command, 'config') as string | undefined,
  };
}
