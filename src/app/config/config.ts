// Owns: which configuration file is read, who may have written it, and what is said about its content.
// Knows nothing of: the command line, and what a setting does.
import { join } from 'node:path';
import { sanitize } from '../../base/sanitize.ts';
import { readTextFile } from '../files.ts';
import { type Credentials, type InvokingUser, withRightsOf } from '../invoking-user.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { PartialSettings } from './option-table.ts';

export interface ConfigPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** --config. */
  readonly file?: string;
  /** Set under sudo. */
  readonly user: InvokingUser | undefined;
  readonly credentials: Credentials;
  /** Of a service: the folder that systemd names comes before that of people. */
  readonly isService?: boolean;
  /** Bad values are warnings, too: every problem is wanted, not the first. */
  readonly tellAll?: boolean;
}

export interface LoadedConfig {
  readonly settings: PartialSettings;
  /** What only a service reads: the tables `[push]` and `[history]`, and `[[budget]]`. */
  readonly service?: ServiceTables;
  /** One sentence each. */
  readonly warnings: readonly string[];
  /** What was read, and how it is called in messages; undefined: there is no file. */
  readonly source?: { readonly name: string; readonly text: string };
}

export interface ServiceTables {
  readonly push?: unknown;
  readonly history?: unknown;
  readonly budget?: unknown;
}

const NOTHING: LoadedConfig = { settings: {}, warnings: [] };

/**
 * Reads --config, else $XDG_CONFIG_HOME/nettrace/config.toml, else ~/.config/nettrace/config.toml; a service reads
 * $CONFIGURATION_DIRECTORY/config.toml in place of the latter two where systemd has set that.
 * --config is read with the rights of the user who called sudo. The default file need not exist; as root it is read
 * only if it belongs to root or to that user and nobody else can write it. Throws UserError.
 */
export async function loadConfig(place: ConfigPlace): Promise<LoadedConfig> {
  if (place.file !== undefined) return loadNamed(place.file, place);
  const path = configPath(place);
  return path === undefined ? NOTHING : loadDefault(path, place);
}

/** Where settings are: the file that was named, else the default one; undefined where there is no home. */
export function configPath({ env, file, isService }: Pick<ConfigPlace, 'env' | 'file' | 'isService'>) {
  return file ?? (isService === true ? servicePath(env) : undefined) ?? defaultPath(env);
}

/** ConfigurationDirectory= of the unit (systemd.exec(5)); there may be several, of which the first is meant. */
function servicePath(env: ConfigPlace['env']): string | undefined {
  const folder = env['CONFIGURATION_DIRECTORY']?.split(':')[0];
  return folder?.startsWith('/') ? join(folder, 'config.toml') : undefined;
}

function defaultPath(env: ConfigPlace['env']): string | undefined {
  // The XDG specification has relative paths ignored.
  const base = env['XDG_CONFIG_HOME']?.startsWith('/') ? env['XDG_CONFIG_HOME'] : undefined;
  if (base !== undefined) return join(base, 'nettrace', 'config.toml');
  return env['HOME']?.startsWith('/') ? join(env['HOME'], '.config', 'nettrace', 'config.toml') : undefined;
}

async function loadNamed(path: string, place: ConfigPlace): Promise<LoadedConfig> {
  let text: string;
  try {
    text = withRightsOf(place.user, place.credentials, () => readTextFile(path, {}));
  } catch (error) {
    throw new UserError(`cannot read the configuration ${sanitize(path)}: ${readProblem(error, place.user)}`);
  }
  return parseConfig(text, sanitize(path), place.tellAll);
}

async function loadDefault(path: string, place: ConfigPlace): Promise<LoadedConfig> {
  let text: string;
  try {
    text = readDefault(path, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return NOTHING;
    return { settings: {}, warnings: [`${sanitize(path)} is ignored: ${readProblem(error, place.user)}`] };
  }
  return parseConfig(text, sanitize(path), place.tellAll);
}

/** What the caller of sudo may not read is read only if it is root's own: no link may lead a message to a secret. */
function readDefault(path: string, { user, credentials }: ConfigPlace): string {
  if (credentials.geteuid() !== 0) return readTextFile(path, {});
  if (user === undefined) return readTextFile(path, { owners: [0] });
  try {
    return withRightsOf(user, credentials, () => readTextFile(path, { owners: [0, user.uid] }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return readTextFile(path, { owners: [0], exact: true });
  }
}

function readProblem(error: unknown, user: InvokingUser | undefined): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EOWNER':
      return `it must belong to root${user ? ` or ${sanitize(user.name)}` : ''}, and nobody else may write it`;
    case 'ENOTFILE':
      return 'it is not a regular file';
    case 'EFBIG':
      return 'it is larger than 1 MiB';
    default:
      return describeErrno(error);
  }
}

/** The parser says what it met in place of the second quote: the end of the line, or of the file. */
function plainWords(what: string): string {
  const isOpen = what === 'unfinished string' || what === 'control characters are not allowed in strings';
  return isOpen ? 'a quote is not closed' : what;
}

/** @param name how the file is called in messages */
export async function parseConfig(text: string, name: string, tellAll = false): Promise<LoadedConfig> {
  const { parse, TomlError } = await import('smol-toml');
  let table: Readonly<Record<string, unknown>>;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = (error.message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw new UserError(`${name}:${error.line}:${error.column}: this is not TOML: ${sanitize(plainWords(what))}`);
  }
  const { checkConfig } = await import('./config-schema.ts');
  const { push, history, budget, ...rest } = table;
  const { settings, problems } = checkConfig(rest);
  const sentences = problems.map(({ key, kind, text: problem }) => {
    const line = findLine(text, key);
    return { kind, sentence: `${name}${line === undefined ? '' : `:${line}`}: ${sanitize(problem)}` };
  });
  const bad = sentences.find(({ kind }) => kind === 'bad');
  if (bad && !tellAll) throw new UserError(bad.sentence);
  const warnings = sentences.map(({ sentence }) => sentence);
  return { settings, service: { push, history, budget }, warnings, source: { name, text } };
}

/** The first line that begins with the key or a table of its name; the parser does not keep places. */
function findLine(text: string, key: string): number | undefined {
  const literal = key.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const start = new RegExp(`^\\s*\\[{0,2}\\s*["']?${literal}["']?\\s*[=.\\]]`);
  const index = text.split('\n').findIndex((line) => start.test(line));
  return index < 0 ? undefined : index + 1;
}
