// Owns: from the words of a run to the session: configuration, mode, log, signals.
// Knows nothing of: exit codes. Loaded only when something is to be run: --help needs none of it.
import { configPath, loadConfig } from '../app/config/config.ts';
import { checkConflicts } from '../app/config/option-conflicts.ts';
import { mergeSettings, type Settings } from '../app/config/option-table.ts';
import { type AppendFile, openAppendFile } from '../app/files.ts';
import { findInvokingUser, type InvokingUser, withRightsOf } from '../app/invoking-user.ts';
import { createLogging, type Logging, type LogLevel } from '../app/logging.ts';
import { chooseMode, type Mode } from '../app/mode.ts';
import { runSession } from '../app/session.ts';
import type { Shutdown } from '../app/shutdown.ts';
import { describeErrno, UserError } from '../app/user-error.ts';
import type { EndSignal, World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import type { CommandLine, Request } from './command-line.ts';

/** Time after the first signal for the last refresh to reach a reader of the output. */
const GRACE_MS = 2000;

/** Runs until the end that the words ask for, or until `shutdown` is. Throws UserError. */
export async function start(world: World, line: CommandLine & { kind: 'run' }, shutdown: Shutdown): Promise<void> {
  const { request } = line;
  const user = findInvokingUser(world.env, world.credentials);
  const file = request.configFile;
  const place = { env: world.env, user, credentials: world.credentials, ...(file === undefined ? {} : { file }) };
  const config = await loadConfig(place);
  for (const warning of config.warnings) world.stderr(`nettrace: ${warning}\n`);
  const settings = mergeSettings(config.settings, line.settings);
  if (request.printConfig) {
    const { printConfig } = await import('../app/config/print-config.ts');
    return world.stdout.write(printConfig(settings));
  }
  checkConflicts(settings, line.settings, request.file);
  const { mode, note } = chooseMode(request, settings, world);
  const logging = openLog(world, request, settings, mode, user);
  shutdown.add('log', logging.logging.close);
  if (mode.kind !== 'live') listen(world, shutdown, logging);
  const configFile = configPath(place);
  const { pids } = request;
  await runSession(world, { settings, mode, note, pids, logging: logging.logging, shutdown, user, configFile });
}

interface OpenedLog {
  readonly logging: Logging;
  readonly file: AppendFile | undefined;
}

function openLog(
  world: World,
  request: Request,
  settings: Settings,
  mode: Mode,
  user: InvokingUser | undefined,
): OpenedLog {
  const path = settings['log-file'];
  const level = request.bughunt ? 'debug' : (settings['log-level'] as LogLevel | 'silent');
  const file = path === '' ? undefined : openLogFile(world, path, user);
  const parts = { level, wallClock: world.wallClock };
  if (file) return { logging: createLogging({ ...parts, file }), file };
  const stderr = mode.kind === 'live' ? {} : { stderr: world.stderr };
  return { logging: createLogging({ ...parts, ...stderr }), file };
}

function openLogFile(world: World, path: string, user: InvokingUser | undefined): AppendFile {
  try {
    return withRightsOf(user, world.credentials, () => openAppendFile(path, user));
  } catch (error) {
    const who = user ? ` (opened with the rights of ${sanitize(user.name)}, who called sudo)` : '';
    throw new UserError(`cannot write the log file ${sanitize(path)}: ${describeErrno(error)}${who}`);
  }
}

/** Text modes: the first signal asks for the last refresh, a second one, or a reader that does not read, ends at once. */
function listen(world: World, shutdown: Shutdown, { logging, file }: OpenedLog): void {
  const ended = new AbortController();
  shutdown.add('log', () => ended.abort());
  const end = (signal: EndSignal) => {
    for (const release of releases) release();
    shutdown.request(signal);
    void world.clock.sleep(GRACE_MS, ended.signal).then(() => {
      if (!ended.signal.aborted) world.dieOf(signal);
    });
  };
  const reopen = () => {
    try {
      file?.reopen();
      logging.log.info('log file reopened');
    } catch (error) {
      logging.log.error(`the log file cannot be reopened: ${describeErrno(error)}`);
    }
  };
  const releases = [
    world.onSignal('SIGINT', () => end('SIGINT')),
    world.onSignal('SIGTERM', () => end('SIGTERM')),
    world.onSignal('SIGHUP', file ? reopen : () => end('SIGHUP')),
  ];
}
