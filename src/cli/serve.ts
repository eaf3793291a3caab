// Owns: the words of `nettrace serve` as what is asked for, and which of its processes this one is.
// Knows nothing of: how a service is run.
import { Command, CommanderError } from 'commander';
import { type Option as Entry, type PartialSettings, RUN_OPTIONS, SETTINGS } from '../app/config/option-table.ts';
import type { ServeRequest } from '../app/serve/request.ts';
import type { Shutdown } from '../app/shutdown.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { addOption, optionValue, sentenceOf } from './command-options.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const HELP = `
Counts from now on and answers over HTTP: a page, JSON, live events. The part that reads from the network has no rights.
It prints its address with a token that opens one session within ten minutes; the lasting token is in the token file.

Examples:
  sudo nettrace serve                                    page on http://127.0.0.1:7373
  sudo nettrace serve --listen unix:/run/nettrace/http.sock eth0
  curl -H "Authorization: Bearer $(sudo cat /var/lib/nettrace/token)" http://127.0.0.1:7373/api/v1/snapshot
  nettrace serve --check --config /etc/nettrace.toml     says what would be done

Exit codes: 0 ended as asked, 1 could not start, 2 could not go on, or --check found something. See docs/serve.md.
(A device with the name serve is watched with "nettrace -- serve".)
`;

const SERVE_SETTINGS = [
  'all',
  'filter',
  'promiscuous',
  'delay',
  'numeric',
  'engine',
  'light',
  'ring-size',
  'max-flows',
  'lookups',
  'proc-root',
  'sys-root',
] as const;

const text = { kind: 'text' } as const;
const on = { kind: 'switch' } as const;
const group = 'The service';

const WORDS: Readonly<Record<string, Entry>> = {
  'token-file': { kind: text, group, argument: 'FILE', help: 'the token is kept here (mode 0600); made when missing' },
  'tls-cert': { kind: text, group, argument: 'FILE', help: 'certificate chain (PEM) for TLS' },
  'tls-key': { kind: text, group, argument: 'FILE', help: 'its private key (PEM)' },
  'insecure-i-know': { kind: on, group, help: 'also listen for other machines without TLS' },
  user: { kind: text, group, argument: 'NAME', help: 'whose rights the HTTP process has (default: nobody)' },
  'state-dir': { kind: text, group, argument: 'FOLDER', help: 'what is kept (default: /var/lib/nettrace)' },
  'show-argv': { kind: on, group, help: 'show command lines, with what looks like a secret left out' },
  'metrics-without-token': { kind: on, group, help: 'anybody on this machine may read /metrics; only on loopback' },
  'push-remote-write': { kind: text, group, argument: 'URL', help: 'push metrics there (Prometheus remote write)' },
  'push-otlp': { kind: text, group, argument: 'URL', help: 'push metrics there (OTLP over HTTP)' },
  check: { kind: on, group, help: 'say what would be done and end' },
  openapi: { kind: on, group, help: 'print the OpenAPI document of the service and end' },
  config: RUN_OPTIONS.config,
};

/** Throws UserError. */
export async function serve(
  world: World,
  words: readonly string[],
  version: string,
  shutdown: Shutdown,
): Promise<ExitCode> {
  if (words[0] === '--role') return serveAs(world, words[1], shutdown);
  let printed = '';
  const command = createServeCommand((more) => {
    printed += more;
  });
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UserError(`${sentenceOf(error.message)}; see "nettrace serve --help"`);
    await world.stdout.write(printed);
    return EXIT.ok;
  }
  if (optionValue(command, 'openapi') === true) {
    const { openApiText, serviceRoutes } = await import('../app/serve/routes.ts');
    const routes = serviceRoutes({ version, metricsWithoutToken: false, now: () => 0 });
    await world.stdout.write(openApiText(version, routes));
    return EXIT.ok;
  }
  const { runServe } = await import('../app/serve/serve.ts');
  const request = requestOf(command, version);
  try {
    await runServe(world, settingsOf(command), request);
  } catch (error) {
    if (!request.check || !(error instanceof UserError)) throw error;
    world.stderr(`nettrace: ${error.message}\n`);
    return EXIT.running;
  }
  return EXIT.ok;
}

async function serveAs(world: World, role: string | undefined, shutdown: Shutdown): Promise<ExitCode> {
  if (role === 'front') await (await import('../app/serve/front.ts')).runFront();
  else if (role === 'collector') {
    await (await import('../app/serve/collector.ts')).runCollector(world, shutdown);
    for (const failure of shutdown.run()) throw failure;
  } else throw new UserError('serve has no option "--role"; see "nettrace serve --help"');
  process.exit(EXIT.ok);
}

/** @param print gets the text of --help */
export function createServeCommand(print: (text: string) => void): Command {
  const command = new Command('nettrace serve')
    .usage('[options] [device...]')
    .argument('[device...]', 'network devices to watch (default: all that are up and running, without loopback)')
    .helpOption('-h, --help', 'print this help and end')
    .addHelpText('after', HELP)
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} });
  // Without a default, which commander would print as [].
  const collect = (word: string, before: readonly string[] | undefined) => [...(before ?? []), word];
  command.option('--listen <ADDRESS>', 'ADDRESS:PORT or unix:PATH; may be repeated (default: 127.0.0.1:7373)', collect);
  command.option(
    '--host <NAME>',
    'a name by which the service is asked for, as behind a proxy; may be repeated',
    collect,
  );
  command.option('--history <FILE>', 'what was moved is written down there (default: history.db in the state folder)');
  command.option('--no-history', 'write nothing down');
  for (const [name, entry] of Object.entries(WORDS)) addOption(command, name, entry);
  for (const name of SERVE_SETTINGS) addOption(command, name, SETTINGS[name]);
  return command;
}

function settingsOf(command: Command): PartialSettings {
  const given = SERVE_SETTINGS.flatMap((name) => {
    const value = optionValue(command, name);
    return value === undefined ? [] : [[name, value]];
  });
  const devices = command.args.length > 0 ? { devices: [...new Set(command.args)] } : {};
  return { ...Object.fromEntries(given), ...devices } as PartialSettings;
}

function requestOf(command: Command, version: string): ServeRequest {
  const word = (name: string) => optionValue(command, name) as string | undefined;
  const list = (name: string) => (optionValue(command, name) as readonly string[] | undefined) ?? [];
  return {
    listen: list('listen'),
    hosts: list('host'),
    tokenFile: word('token-file'),
    tlsCert: word('tls-cert'),
    tlsKey: word('tls-key'),
    insecure: optionValue(command, 'insecure-i-know') === true,
    user: word('user'),
    stateDir: word('state-dir'),
    history: historyOf(optionValue(command, 'history')),
    showArgv: optionValue(command, 'show-argv') === true,
    metricsWithoutToken: optionValue(command, 'metrics-without-token') === true,
    push: pushOf(word),
    version,
    check: optionValue(command, 'check') === true,
    configFile: word('config'),
  };
}

/** commander says true where neither was given, since --no-history is there. */
function historyOf(value: unknown): string | false | undefined {
  return value === true ? undefined : (value as string | false | undefined);
}

/** What `[push]` of the configuration has too. */
function pushOf(word: (name: string) => string | undefined): Readonly<Record<string, string>> {
  const pairs = ['remote-write', 'otlp'].map((name) => [name, word(`push-${name}`)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
