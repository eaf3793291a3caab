// Owns: the configuration file as a zod schema made from the option table, and each problem in it as a sentence.
// Knows nothing of: files and TOML syntax. Loaded only when there is a file: zod costs 80 ms.
import { z } from 'zod';
import { type PartialSettings, SETTINGS, type Setting } from './option-table.ts';
import { acceptValue, describeAllowed } from './option-value.ts';

/** What was wrong with one key of the file. */
export interface KeyProblem {
  readonly key: string;
  /** `unknown` keys are ignored; a `bad` value is an error. */
  readonly kind: 'unknown' | 'bad';
  readonly text: string;
}

export interface CheckedConfig {
  readonly settings: PartialSettings;
  readonly problems: readonly KeyProblem[];
}

const settings: Readonly<Record<string, Setting>> = SETTINGS;
const LONGEST_SHOWN = 40;
/** Tables of a service, which are checked where they are used. */
const TABLES = ['push', 'history', 'budget'] as const;

/** Every key of the option table, each optional; any other key is an issue. */
export const configSchema = z.strictObject(
  Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, fieldSchema(setting)])),
);

export function checkConfig(table: Readonly<Record<string, unknown>>): CheckedConfig {
  const parsed = configSchema.safeParse(table);
  if (parsed.success) return { settings: parsed.data as PartialSettings, problems: [] };
  const problems = parsed.error.issues.flatMap((issue): KeyProblem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ key, kind: 'unknown', text: unknownText(key) }))
      : [{ key: String(issue.path[0] ?? ''), kind: 'bad', text: badText(String(issue.path[0] ?? ''), table) }],
  );
  const wrong = new Set(problems.map((problem) => problem.key));
  const rest = configSchema.parse(Object.fromEntries(Object.entries(table).filter(([key]) => !wrong.has(key))));
  return { settings: rest as PartialSettings, problems };
}

function fieldSchema(setting: Setting) {
  return z
    .unknown()
    .transform((value, context) => {
      const accepted = acceptValue(setting.kind, value);
      if (accepted === undefined) context.addIssue({ code: 'custom', message: describeAllowed(setting.kind) });
      return accepted;
    })
    .optional();
}

function badText(key: string, table: Readonly<Record<string, unknown>>): string {
  const setting = settings[key];
  const shown = String(JSON.stringify(table[key]) ?? table[key]);
  const value = shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}...` : shown;
  return `"${key}" must be ${setting ? describeAllowed(setting.kind) : 'a setting'}, not ${value}`;
}

function unknownText(key: string): string {
  const near = [...Object.keys(settings), ...TABLES].find((name) => resembles(name, key));
  return `unknown key "${key}" is ignored${near ? `; did you mean "${near}"?` : ''}`;
}

/** The same letters apart from case and separators, or one is the start of the other. */
function resembles(name: string, key: string): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const [a, b] = [bare(name), bare(key)];
  return a === b || (b.length >= 4 && a.startsWith(b)) || (a.length >= 4 && b.startsWith(a));
}
