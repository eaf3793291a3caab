// Owns: `nettrace fleet` from its words to its exit code; each problem with them as one sentence.
// Knows nothing of: PromQL and screens.
import { Command, CommanderError } from 'commander';
import type { Option as Entry } from '../app/config/option-table.ts';
import { readTextFile } from '../app/files.ts';
import { createFleetSource } from '../app/fleet/source.ts';
import { findInvokingUser, withRightsOf } from '../app/invoking-user.ts';
import type { Shutdown } from '../app/shutdown.ts';
import { describeErrno, UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { addOption, optionValue, sentenceOf } from './command-options.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const HELP = `
Shows the hosts whose nettrace sends metrics to a Prometheus or VictoriaMetrics, the programs of each (Enter), and one
program's last hour (Enter again). Needs no rights. See docs/fleet.md.

Examples:
  nettrace fleet --from http://prometheus:9090
  nettrace fleet --from http://victoria:8428 --json | jq '.hosts[] | [.host, .receivedRate]'

Exit codes: 0 ended as asked, 1 wrong words, or the server cannot be asked.
(A device with the name fleet is watched with "nettrace -- fleet".)
`;

const group = 'What to watch';
const text = { kind: 'text' } as const;

const WORDS: Readonly<Record<string, Entry>> = {
  from: { kind: text, group, argument: 'URL', help: 'address of Prometheus or VictoriaMetrics' },
  'token-file': { kind: text, group, argument: 'FILE', help: 'send the token in this file (Authorization: Bearer)' },
  window: {
    kind: { kind: 'integer', min: 2, max: 86_400 },
    group,
    argument: 'SECONDS',
    help: 'rates are over so long; at least four times the scrape interval (default: 60)',
  },
  json: { kind: { kind: 'switch' }, group, help: 'print one JSON object and end; with --interval one each interval' },
  interval: {
    kind: { kind: 'integer', min: 1, max: 86_400 },
    group,
    argument: 'SECONDS',
    help: 'ask so often (default: 5)',
  },
  ascii: { kind: { kind: 'switch' }, group, help: 'ASCII characters only' },
};

/** @param print gets the text of --help */
export function createFleetCommand(print: (text: string) => void): Command {
  const command = new Command('nettrace fleet')
    .usage('--from URL [options]')
    .helpOption('-h, --help', 'print this help and end')
    .addHelpText('after', HELP)
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} });
  for (const [name, entry] of Object.entries(WORDS)) addOption(command, name, entry);
  return command;
}

/** Throws UserError. */
export async function fleet(world: World, words: readonly string[], shutdown: Shutdown): Promise<ExitCode> {
  let printed = '';
  const command = createFleetCommand((more) => {
    printed += more;
  });
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UserError(`${sentenceOf(error.message)}; see "nettrace fleet --help"`);
    await world.stdout.write(printed);
    return EXIT.ok;
  }
  const from = optionValue(command, 'from') as string | undefined;
  if (from === undefined) throw new UserError('fleet needs --from with the address of Prometheus or VictoriaMetrics');
  const tokenFile = optionValue(command, 'token-file') as string | undefined;
  const source = createFleetSource({
    from,
    token: tokenFile === undefined ? undefined : readToken(world, tokenFile),
    windowSeconds: (optionValue(command, 'window') as number | undefined) ?? 60,
    wallClock: world.wallClock,
    fetch: globalThis.fetch,
  });
  const seconds = optionValue(command, 'interval') as number | undefined;
  const { runFleetJson, runFleetScreen } = await import('../app/fleet/fleet.ts');
  if (optionValue(command, 'json') === true) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      shutdown.add(
        'log',
        world.onSignal(signal, () => shutdown.request(signal)),
      );
    }
    await runFleetJson(world, source, seconds === undefined ? undefined : seconds * 1000, shutdown.stop);
    return EXIT.ok;
  }
  if (!world.stdinIsTty || !world.stdoutIsTty) throw new UserError('fleet needs a terminal; use --json in scripts');
  const { createProcessWorld } = await import('../tui/process-world.ts');
  const terminalWorld = createProcessWorld(process);
  const ascii = optionValue(command, 'ascii') === true;
  const ended = await runFleetScreen({ world, terminalWorld, source, intervalMs: (seconds ?? 5) * 1000, ascii });
  if (ended !== undefined) shutdown.request(ended as 'SIGTERM');
  return EXIT.ok;
}

function readToken(world: World, path: string): string {
  const user = findInvokingUser(world.env, world.credentials);
  try {
    const token = withRightsOf(user, world.credentials, () => readTextFile(path, {})).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (error) {
    throw new UserError(`the token file ${sanitize(path, 200)} cannot be read: ${describeErrno(error)}`);
  }
  throw new UserError(`the token file ${sanitize(path, 200)} holds no token`);
}
