// Owns: `nettrace --check-config`: every problem of a configuration file as a sentence with its line.
// Knows nothing of: exit codes. Opens nothing that the file names: `serve --check` does.

import { findInvokingUser } from '../invoking-user.ts';
import { UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { type LoadedConfig, loadConfig } from './config.ts';
import { checkConflicts } from './option-conflicts.ts';
import { mergeSettings } from './option-table.ts';

/** Says on standard error what is wrong, else on standard output that nothing is. @returns whether all is well */
export async function checkConfigFile(world: World, file: string | undefined): Promise<boolean> {
  const user = findInvokingUser(world.env, world.credentials);
  const place = { env: world.env, user, credentials: world.credentials, tellAll: true };
  const config = await loadConfig(file === undefined ? place : { ...place, file });
  const problems = [...config.warnings, ...(await problemsOf(config))];
  for (const problem of problems) world.stderr(`nettrace: ${problem}\n`);
  if (problems.length > 0) return false;
  const said =
    config.source === undefined
      ? 'there is no configuration file: the defaults are in force'
      : `${config.source.name}: nothing is wrong`;
  await world.stdout.write(`${said}\n`);
  return true;
}

/** What a key alone does not show: the table of the service, settings that exclude each other, names of screens. */
async function problemsOf({ settings, service, source }: LoadedConfig): Promise<readonly string[]> {
  if (source === undefined) return [];
  const { name, text } = source;
  const merged = mergeSettings(settings);
  const { listsOf } = await import('../live/screen-lists.ts');
  const together = [
    said(() => checkConflicts(merged, {}, undefined)),
    said(() => void listsOf({ ...merged, 'group-by': '' }), 'sort-by'),
    said(() => void listsOf({ ...merged, 'sort-by': '' }), 'group-by'),
  ].flat();
  const [{ pushProblems }, { historyProblems }, { budgetProblems }] = await Promise.all([
    import('../push/settings.ts'),
    import('../history/settings.ts'),
    import('../budgets/settings.ts'),
  ]);
  const ofTable = (table: 'push' | 'history', problems: typeof pushProblems) =>
    service?.[table] === undefined
      ? []
      : problems(service[table]).map(({ key, text: what }) => ({ at: lineIn(text, `[${table}]`, key), what }));
  return [
    ...together.map(({ what, key }) => ({ at: key === undefined ? undefined : lineIn(text, undefined, key), what })),
    ...ofTable('push', pushProblems),
    ...ofTable('history', historyProblems),
    ...budgetProblems(service?.budget).map(({ at, key, text: what }) => ({
      at: lineIn(text, '[[budget]]', key, at),
      what,
    })),
  ].map(({ at, what }) => sentence(name, at, what));
}

function said(check: () => void, key?: string): readonly { readonly what: string; readonly key: string | undefined }[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ what: error.message, key }];
  }
}

function sentence(name: string, line: number | undefined, what: string): string {
  return `${name}${line === undefined ? '' : `:${line}`}: ${what}`;
}

/**
 * The line of a key of a table, else that of the table's heading; the parser does not keep places.
 * @param heading as it is written, with its brackets; undefined: keys above all tables
 * @param place which of the tables with this heading, the first is 0
 */
function lineIn(text: string, heading: string | undefined, key: string, place = 0): number | undefined {
  const lines = text.split('\n');
  const headings = lines.flatMap((line, at) => (/^\s*\[/.test(line) ? [at] : []));
  const begin =
    heading === undefined ? -1 : headings.filter((at) => lines[at]?.replace(/\s/g, '').startsWith(heading))[place];
  if (begin === undefined) return undefined;
  const end = headings.find((at) => at > begin) ?? lines.length;
  const literal = key.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const start = new RegExp(`^\\s*["']?${literal}["']?\\s*[=.]`);
  const found = key === '' ? -1 : lines.findIndex((line, at) => at > begin && at < end && start.test(line));
  const line = found < 0 ? begin : found;
  return line < 0 ? undefined : line + 1;
}
