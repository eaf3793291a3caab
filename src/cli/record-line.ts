// Owns: `nettrace record` from its words to its run: its own ones, and those of every run.
// Knows nothing of: files and devices.
import type { RecordRequest } from '../app/recording/record-request.ts';
import type { Shutdown } from '../app/shutdown.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { type CommandLine, parseCommandLine } from './command-line.ts';
import { shapeOfLines } from './command-shape.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const OPTIONS = `
  --duration TIME   end after 90s, 10min, 2h, 1d (default: never)
  --max-size SIZE   end when the file is that large: 500M, 2G (default: no limit)
  --no-connections  leave connections out; above 20,000 they are left out of a refresh in any case
  --show-argv       command lines, with what looks like a secret left out; else programs without arguments
  -h, --help        print this help and end
`;

export const RECORD_SHAPE = { ...shapeOfLines('[options] FILE [device...]', OPTIONS), devices: true };

const HELP = `Usage: nettrace record [options] FILE [device...]

Writes every refresh to a new FILE, until it is ended (Ctrl-C, SIGTERM), long enough or large enough. "nettrace replay"
shows it in the live program, on any machine and without root.
${OPTIONS}
Options of the live view that say what is counted work, too: -a, -d, -f, --light, --engine ... (nettrace --help).

Exit codes: 0 ended as asked, 1 could not start, 2 could not go on (a full disk; what was written is whole).
See docs/record.md. (A device with the name record is watched with "nettrace -- record".)
`;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Throws UserError. */
export async function record(
  world: World,
  words: readonly string[],
  version: string,
  shutdown: Shutdown,
): Promise<ExitCode> {
  const line = parseRecord(words, version);
  if (line.kind === 'text') await world.stdout.write(line.text);
  else if (line.kind === 'run') await (await import('./start.ts')).start(world, line, shutdown);
  return EXIT.ok;
}

/** @param words those after `record`. Throws UserError. */
export function parseRecord(words: readonly string[], version: string): CommandLine {
  if (words.includes('-h') || words.includes('--help')) return { kind: 'text', text: HELP };
  const { own, rest } = split(words);
  const line = parseCommandLine(rest, version, 'record');
  if (line.kind !== 'run') return line;
  const [file, ...devices] = line.settings.devices ?? [];
  if (file === undefined) throw new UserError('record needs the name of a file; see "nettrace record --help"');
  if (line.request.mode !== 'auto' || line.request.once || line.request.file !== undefined) {
    throw new UserError(
      'record writes refreshes to its file and nothing else: leave out -t, --json, --once and --read',
    );
  }
  const record: RecordRequest = {
    file,
    duration: amount(own, 'duration', /^(\d{1,9})(s|m|min|h|d)?$/, SECONDS, 's', 'a time such as 90s, 10min or 2h'),
    maxSize: amount(own, 'max-size', /^(\d{1,9})([KMGT])?$/i, BYTES, 'M', 'a size such as 500M or 2G'),
    connections: !own.has('no-connections'),
    showArgv: own.has('show-argv'),
    version,
  };
  return { ...line, settings: { ...line.settings, devices }, request: { ...line.request, record } };
}

function split(words: readonly string[]) {
  const own = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const [, name = '', given] = /^--(duration|max-size|no-connections|show-argv)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === '--') {
      rest.push(...words.slice(i));
      break;
    }
    if (name === '') rest.push(word);
    else if (name === 'no-connections' || name === 'show-argv') own.set(name, '');
    else own.set(name, given ?? words[++i] ?? '');
  }
  return { own, rest };
}

function amount(
  own: ReadonlyMap<string, string>,
  name: string,
  shape: RegExp,
  units: Readonly<Record<string, number>>,
  unit: string,
  allowed: string,
): number {
  const word = own.get(name);
  if (word === undefined) return 0;
  const [, number = '', suffix = unit] = shape.exec(word) ?? [];
  const value = Number(number) * (units[suffix] ?? units[suffix.toUpperCase()] ?? 0);
  if (number === '' || value === 0) throw new UserError(`--${name} must be ${allowed}, not "${sanitize(word, 40)}"`);
  return value;
}
