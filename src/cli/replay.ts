// Owns: the words of `nettrace replay` and `nettrace attach`; each problem as one sentence.
// Knows nothing of: recordings and services.
import { Command, CommanderError } from 'commander';
import { loadConfig } from '../app/config/config.ts';
import {
  type Option as Entry,
  mergeSettings,
  type PartialSettings,
  RUN_OPTIONS,
  SETTINGS,
} from '../app/config/option-table.ts';
import { findInvokingUser } from '../app/invoking-user.ts';
import { createNames } from '../app/names.ts';
import type { Shutdown } from '../app/shutdown.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { detectCapabilities } from '../tui/capabilities.ts';
import { addOption, optionValue, sentenceOf } from './command-options.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const REPLAY_HELP = `
Shows what "nettrace record" has written, in the live program: every screen, filter and key; ? shows those that move
in time. Needs no root. -t takes "10 minutes ago", "11:50", "2026-11-24 22:00", ISO 8601, seconds since 1970.

Examples:
  nettrace replay night.ntr -t "2026-11-24 03:10"
  nettrace replay night.ntr --speed 60
  nettrace replay night.ntr --json | jq .total

Exit codes: 0 as asked, 1 could not start, 2 the recording is damaged. See docs/record.md.
(A device with the name replay is watched with "nettrace -- replay".)
`;

const ATTACH_HELP = `
The live program on a service that is running ("nettrace serve"): the totals are the service's, leaving it ends nothing.
Any number of people can; it needs the right to open the service's socket, which is root's.

  nettrace attach [SOCKET]    default: /run/nettrace/nettrace.sock, else that of a service of your own

Exit codes: 0 as asked, 1 no service, or not permitted. See docs/record.md.
(A device with the name attach is watched with "nettrace -- attach".)
`;

const LOOKS = [
  'connections',
  'view-mode',
  'sort-sent',
  'sort-by',
  'group-by',
  'command-line',
  'basename',
  'units',
  'numeric',
  'exited-refreshes',
  'bars',
  'cpu-detail',
  'theme',
  'color',
  'ascii',
  'read-only',
] as const satisfies readonly (keyof typeof SETTINGS)[];

const group = 'What to print';
const REPLAY_WORDS: Readonly<Record<string, Entry>> = {
  from: {
    kind: { kind: 'text' },
    group,
    short: 't',
    argument: 'TIME',
    help: 'begin there (default: at its beginning)',
  },
  speed: {
    kind: { kind: 'number', min: 0.125, max: 1000 },
    group,
    argument: 'N',
    help: 'so many times as fast as it was (default: 1); + and - change it',
  },
  json: { ...RUN_OPTIONS.json, help: 'print every refresh as a line of JSON and end' },
  count: { ...RUN_OPTIONS.count, help: 'with --json: end after N refreshes' },
  config: RUN_OPTIONS.config,
};

export async function replay(world: World, words: readonly string[], shutdown: Shutdown): Promise<ExitCode> {
  const line = parse(createReplayCommand, words);
  if (line.text !== undefined) return print(world, line.text);
  const { command, typed } = line;
  const [file, ...more] = command.args;
  if (file === undefined || more.length > 0) throw new UserError('replay needs the name of one recording');
  const value = (name: string) => optionValue(command, name);
  const json = value('json') === true;
  if (!json) checkTerminal(world, 'replay', '; --json prints the recording as text');
  const { settings, path } = await readSettings(world, typed, value('config') as string | undefined);
  const names = await createNames(world, { settings: { ...settings, resolve: false }, shutdown });
  const { runReplay } = await import('../app/recording/replay.ts');
  const [from, speed] = [value('from') as string | undefined, (value('speed') as number | undefined) ?? 1];
  const count = (value('count') as number | undefined) ?? 0;
  await runReplay(world, { file, from, speed, json, count, settings, configFile: path, names }, shutdown);
  return EXIT.ok;
}

export async function attach(world: World, words: readonly string[], shutdown: Shutdown): Promise<ExitCode> {
  const line = parse(createAttachCommand, words);
  if (line.text !== undefined) return print(world, line.text);
  const { command, typed } = line;
  const [socket, ...more] = command.args;
  if (more.length > 0) throw new UserError('attach takes one socket');
  checkTerminal(world, 'attach', '; the service also answers over HTTP (docs/serve.md)');
  const { settings, path } = await readSettings(world, typed, optionValue(command, 'config') as string | undefined);
  const names = await createNames(world, { settings: { ...settings, resolve: false }, shutdown });
  const { runAttach } = await import('../app/recording/attach.ts');
  await runAttach(world, { socket, settings, configFile: path, names }, shutdown);
  return EXIT.ok;
}

type Parsed =
  | { readonly text: string }
  | { readonly text?: undefined; readonly command: Command; readonly typed: PartialSettings };

/** @param write takes what is printed: help */
export function createReplayCommand(write: (text: string) => void): Command {
  return createCommand('replay', '[options] FILE', REPLAY_HELP, REPLAY_WORDS, write);
}

/** As createReplayCommand. */
export function createAttachCommand(write: (text: string) => void): Command {
  return createCommand('attach', '[options] [SOCKET]', ATTACH_HELP, { config: RUN_OPTIONS.config }, write);
}

function createCommand(
  name: string,
  usage: string,
  help: string,
  entries: Readonly<Record<string, Entry>>,
  write: (text: string) => void,
): Command {
  const command = new Command(`nettrace ${name}`)
    .usage(usage)
    .allowExcessArguments(true)
    .helpOption('-h, --help', 'print this help and end')
    .addHelpText('after', help)
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} });
  for (const [word, entry] of Object.entries(entries)) addOption(command, word, entry);
  for (const word of LOOKS) addOption(command, word, SETTINGS[word]);
  return command;
}

function parse(create: (write: (text: string) => void) => Command, words: readonly string[]): Parsed {
  let printed = '';
  const command = create((text) => {
    printed += text;
  });
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: printed };
    throw new UserError(`${sentenceOf(error.message)}; see "${command.name()} --help"`);
  }
  const given = LOOKS.filter((word) => optionValue(command, word) !== undefined);
  const typed = Object.fromEntries(given.map((word) => [word, optionValue(command, word)])) as PartialSettings;
  return { command, typed };
}

async function print(world: World, text: string): Promise<ExitCode> {
  await world.stdout.write(text);
  return EXIT.ok;
}

function checkTerminal(world: World, name: string, instead: string): void {
  const terminal = detectCapabilities({
    env: world.env,
    stdinIsTty: world.stdinIsTty,
    stdoutIsTty: world.stdoutIsTty,
    color: 'auto',
    ascii: false,
  });
  if (!terminal.interactive) throw new UserError(`${name} needs a terminal, but ${terminal.obstacle}${instead}`);
}

async function readSettings(world: World, typed: PartialSettings, file: string | undefined) {
  const user = findInvokingUser(world.env, world.credentials);
  const place = { env: world.env, user, credentials: world.credentials, ...(file === undefined ? {} : { file }) };
  const config = await loadConfig(place);
  for (const warning of config.warnings) world.stderr(`nettrace: ${warning}\n`);
  const { configPath } = await import('../app/config/config.ts');
  return { settings: mergeSettings(config.settings, typed), path: configPath(place) };
}
