// Owns: the words a person typed, as settings and what this run is asked for; each problem as one sentence.
// Knows nothing of: files, rights and devices: words only.
import { Command, CommanderError } from 'commander';
import {
  type Option as Entry,
  GROUPS,
  type PartialSettings,
  RUN_OPTIONS,
  SETTINGS,
} from '../app/config/option-table.ts';
import { CHILD_WORD, type DoctorRequest } from '../app/doctor/request.ts';
import type { QueuesRequest } from '../app/queues/request.ts';
import type { RecordRequest } from '../app/recording/record-request.ts';
import { UserError } from '../app/user-error.ts';
import { sanitize } from '../base/sanitize.ts';
import { addOption, optionValue, sentenceOf } from './command-options.ts';
import { shapeOfLines } from './command-shape.ts';
import { configureHelp } from './help.ts';
import { parseQueues } from './queues-line.ts';

/** What one run is asked for. */
export interface Request {
  /** `auto`: the live view where the terminal can show it, else trace. */
  readonly mode: 'auto' | 'trace' | 'json';
  readonly once: boolean;
  /** Refreshes, 0: no limit. */
  readonly count: number;
  readonly file: string | undefined;
  readonly pids: readonly number[];
  readonly bughunt: boolean;
  readonly configFile: string | undefined;
  readonly printConfig: boolean;
  readonly checkConfig: boolean;
  /** Refreshes go to a file. */
  readonly record?: RecordRequest | undefined;
}

export type CommandLine =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'doctor'; readonly request: DoctorRequest }
  | { readonly kind: 'queues'; readonly settings: PartialSettings; readonly request: QueuesRequest }
  | { readonly kind: 'run'; readonly settings: PartialSettings; readonly request: Request };

/**
 * @param args the words after the program's name, or after the command `of`, which has all options of a run
 * Throws UserError.
 */
export function parseCommandLine(args: readonly string[], version: string, of?: string): CommandLine {
  if (of === undefined && args[0] === 'doctor') return parseDoctor(args.slice(1));
  if (of === undefined && args[0] === 'queues') return parseQueues(args.slice(1));
  let printed = '';
  const command = createCommand(version, (text) => {
    printed += text;
  });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: printed };
    throw new UserError(`${sentenceOf(error.message)}; see "nettrace ${of === undefined ? '' : `${of} `}--help"`);
  }
  return readValues(command);
}

const DOCTOR_OPTIONS = `
  --json      print one JSON object instead
  -h, --help  print this help and end
`;

export const DOCTOR_SHAPE = shapeOfLines('[--json]', DOCTOR_OPTIONS);

const DOCTOR_HELP = `Usage: nettrace doctor [--json]

Tries every source that nettrace has, looks at devices and rights, and tests itself with traffic of its own, in network
namespaces of its own; takes about 3 seconds and leaves nothing behind. As root it tells most.
${DOCTOR_OPTIONS}
Exit codes: 0 all is well, 1 could not start, 3 something is degraded or wrong. See docs/doctor.md.
(A device with the name doctor is watched with "nettrace -- doctor".)
`;

/** A command of its own: none of the options of a run means anything to it. */
function parseDoctor(words: readonly string[]): CommandLine {
  if (words.includes('-h') || words.includes('--help')) return { kind: 'text', text: DOCTOR_HELP };
  const wrong = words.find((word) => word !== '--json' && word !== CHILD_WORD);
  if (wrong !== undefined) {
    throw new UserError(`doctor has no option "${sanitize(wrong, 100)}"; see "nettrace doctor --help"`);
  }
  return { kind: 'doctor', request: { json: words.includes('--json'), child: words.includes(CHILD_WORD) } };
}

/** All that a run takes. @param print gets the text of --help and --version */
export function createCommand(version: string, print: (text: string) => void): Command {
  const command = new Command('nettrace')
    .usage('[options] [device...]')
    .argument('[device...]', 'network devices to watch (default: all that are up and running, without loopback)')
    .version(`nettrace version ${version}`, '-V, --version', 'print the version and end')
    .helpOption('-h, --help', 'print this help and end')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} });
  const entries = Object.entries<Entry>({ ...SETTINGS, ...RUN_OPTIONS }).filter(([name]) => name !== 'devices');
  for (const group of GROUPS) {
    for (const [name, entry] of entries) if (entry.group === group) addOption(command, name, entry);
  }
  return configureHelp(command);
}

function readValues(command: Command): CommandLine {
  const value = (name: string) => optionValue(command, name);
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS)) {
    if (value(name) !== undefined) settings[name] = value(name);
  }
  if (command.args.length > 0) settings['devices'] = [...new Set(command.args)];
  const request: Request = {
    mode: value('json') ? 'json' : value('trace') || value('bughunt') ? 'trace' : 'auto',
    once: value('once') === true,
    count: (value('count') as number | undefined) ?? 0,
    file: value('read') as string | undefined,
    pids: (value('pid') as readonly number[] | undefined) ?? [],
    bughunt: value('bughunt') === true,
    configFile: value('config') as string | undefined,
    printConfig: value('print-config') === true,
    checkConfig: value('check-config') === true,
  };
  checkTogether(request, value('json') === true && (value('trace') === true || request.bughunt), command.args);
  return { kind: 'run', settings: settings as PartialSettings, request };
}

/** Options that exclude each other. */
function checkTogether(request: Request, bothFormats: boolean, devices: readonly string[]): void {
  if (bothFormats) throw new UserError('--json and -t exclude each other: choose one format');
  if (request.once && request.count > 0) throw new UserError('--once and -c exclude each other: --once is one refresh');
  if (request.file === undefined) return;
  if (request.file === '') throw new UserError('--read needs the name of a file, or - for standard input');
  if (devices.length > 0)
    throw new UserError(`--read and devices exclude each other: leave out ${sanitize(devices.join(' '), 100)}`);
  if (request.count > 0) throw new UserError('--read and -c exclude each other: a file is printed once, at its end');
}
