// Owns: the tables `[[budget]]` of the configuration: whose bytes, how many, who is told; each mistake as a sentence.
// Knows nothing of: how they are watched. zod is loaded with it: only a service needs it.
import { z } from 'zod';
import { parseBytes, parseRate, parseSpan } from '../../base/quantity.ts';
import { sanitize } from '../../base/sanitize.ts';
import { BUDGET_BY, BUDGET_DIRECTIONS, BUDGET_PERIODS, type Budget } from '../../model/budget.ts';
import { httpUrl, splitCredentials } from '../push/settings.ts';
import { UserError } from '../user-error.ts';

export interface BudgetSettings {
  readonly budget: Budget;
  /** Who is told of changes besides the log; undefined: nobody. */
  readonly webhook: Webhook | undefined;
}

export interface Webhook {
  readonly url: string;
  /** Value of the header Authorization. */
  readonly authorization: string | undefined;
}

export const MOST_BUDGETS = 100;
const LONGEST_WINDOW = 86_400;

const amount = (parse: (value: unknown) => number | undefined, error: string) =>
  z.unknown().transform((value, context) => {
    const parsed = parse(value);
    if (parsed === undefined) context.addIssue({ code: 'custom', message: error });
    return parsed ?? 0;
  });
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values as unknown as { [K in T[number]]: K }, {
    error: `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
  });
const text = z
  .string({ error: 'must be text' })
  .min(1, { error: 'must not be empty' })
  .max(200, { error: 'must have at most 200 characters' })
  .refine((value) => sanitize(value, 200) === value, { error: 'must have no control characters' });

const budgetSchema = z.strictObject({
  name: text,
  by: oneOf(BUDGET_BY),
  match: text,
  bytes: amount(parseBytes, 'must be a size such as "50 GB" or "20 GiB"').optional(),
  per: oneOf(BUDGET_PERIODS).optional(),
  'month-start': z
    .int({ error: 'must be a whole number from 1 to 28' })
    .min(1, { error: 'must be a whole number from 1 to 28' })
    .max(28, { error: 'must be a whole number from 1 to 28' })
    .optional(),
  rate: amount(parseRate, 'must be a rate such as "10 MB/s" or "80 Mbit/s"').optional(),
  for: amount(parseSpan, 'must be a time such as "30 s", "5 min" or "1 h"').optional(),
  direction: oneOf(BUDGET_DIRECTIONS).default('both'),
  warn: z
    .number({ error: 'must be a number of percent from 1 to 100' })
    .min(1, { error: 'must be a number of percent from 1 to 100' })
    .max(100, { error: 'must be a number of percent from 1 to 100' })
    .default(80),
  webhook: httpUrl.optional(),
});

export interface BudgetProblem {
  /** Which of the tables it is about, the first is 0; undefined: all of them. */
  readonly at: number | undefined;
  /** Empty where it is about no single key. */
  readonly key: string;
  readonly text: string;
}

/** @param tables what the configuration has under `budget`; undefined: none. Throws UserError. */
export function readBudgetSettings(tables: unknown): readonly BudgetSettings[] {
  const { settings, problems } = readTables(tables);
  if (problems[0] !== undefined) throw new UserError(problems[0].text);
  return settings;
}

/** Everything that is wrong with the tables. */
export function budgetProblems(tables: unknown): readonly BudgetProblem[] {
  return readTables(tables).problems;
}

interface Read {
  readonly settings: readonly BudgetSettings[];
  readonly problems: readonly BudgetProblem[];
}

function readTables(tables: unknown): Read {
  if (tables === undefined) return { settings: [], problems: [] };
  const ofAll = (text: string): Read => ({ settings: [], problems: [{ at: undefined, key: '', text }] });
  if (!Array.isArray(tables)) return ofAll('budgets are written as [[budget]], with two brackets, once for each');
  if (tables.length > MOST_BUDGETS)
    return ofAll(`there are ${tables.length} budgets; at most ${MOST_BUDGETS} are watched`);
  const settings: BudgetSettings[] = [];
  const problems: BudgetProblem[] = [];
  const named = new Set<unknown>();
  tables.forEach((table, at) => {
    const name = (table as { readonly name?: unknown } | null)?.name;
    const refuse = (key: string, what: string): BudgetProblem => ({
      ...{ at, key },
      text: `${place(name, at)} ${sanitize(what, 200)}`,
    });
    const read = readOne(table, refuse);
    if (Array.isArray(read)) problems.push(...read);
    else if (named.has(name)) problems.push(refuse('name', 'has the name of another one: give each its own'));
    else settings.push(read as BudgetSettings);
    named.add(name);
  });
  return { settings, problems };
}

type Refuse = (key: string, what: string) => BudgetProblem;

function readOne(table: unknown, refuse: Refuse): BudgetSettings | readonly BudgetProblem[] {
  const parsed = budgetSchema.safeParse(table);
  if (!parsed.success) {
    return parsed.error.issues.flatMap((issue) => {
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => refuse(key, `has a key "${key}" that is no setting`));
      const key = issue.path.join('.');
      const missing = key !== '' && !Object.hasOwn(Object(table), key);
      return [refuse(key, missing ? `needs ${key}: it ${issue.message}` : `${key}: ${issue.message}`)];
    });
  }
  const { data } = parsed;
  const wrong = contradiction(data, refuse);
  if (wrong !== undefined) return [wrong];
  const { bytes, per, rate, for: seconds, 'month-start': monthStart, by, match, direction, warn } = data;
  return {
    budget: {
      ...{ name: data.name, by, match, direction, warn: warn / 100 },
      limitBytes: bytes ?? Math.max(1, Math.round((rate ?? 0) * (seconds ?? 0))),
      span:
        per === undefined
          ? { kind: 'window', seconds: seconds ?? 0 }
          : { kind: 'period', per, monthStart: monthStart ?? 1 },
    },
    webhook: data.webhook === undefined ? undefined : splitCredentials(data.webhook),
  };
}

/** What the keys say together. */
function contradiction(data: z.infer<typeof budgetSchema>, refuse: Refuse): BudgetProblem | undefined {
  const { bytes, per, rate, for: seconds, 'month-start': monthStart } = data;
  if ((bytes === undefined) === (rate === undefined))
    return refuse('', 'needs either bytes with per ("50 GB" per "month") or rate with for ("10 MB/s" for "5 min")');
  if (bytes !== undefined && per === undefined)
    return refuse('bytes', 'needs per = "hour", "day" or "month" beside bytes');
  if (rate !== undefined && seconds === undefined)
    return refuse('rate', 'needs for = "5 min" or another time beside rate');
  if (bytes !== undefined && seconds !== undefined)
    return refuse('for', 'has for, which belongs to rate, beside bytes');
  if (rate !== undefined && per !== undefined) return refuse('per', 'has per, which belongs to bytes, beside rate');
  if (monthStart !== undefined && per !== 'month')
    return refuse('month-start', 'has month-start, which needs per = "month"');
  if (seconds !== undefined && (seconds < 5 || seconds > LONGEST_WINDOW))
    return refuse('for', 'for: must be from 5 seconds to 1 day; use bytes with per for longer times');
  return undefined;
}

function place(name: unknown, at: number): string {
  return typeof name === 'string' && name !== '' ? `[[budget]] "${sanitize(name, 60)}"` : `[[budget]] number ${at + 1}`;
}
