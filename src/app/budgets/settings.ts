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

/** @param tables what the configuration has under `budget`; undefined: none. Throws UserError. */
export function readBudgetSettings(tables: unknown): readonly BudgetSettings[] {
  if (tables === undefined) return [];
  if (!Array.isArray(tables))
    throw new UserError('budgets are written as [[budget]], with two brackets, once for each');
  if (tables.length > MOST_BUDGETS)
    throw new UserError(`there are ${tables.length} budgets; at most ${MOST_BUDGETS} are watched`);
  const all = tables.map(readOne);
  all.forEach(({ budget }, at) => {
    const twin = all.findIndex((other) => other.budget.name === budget.name);
    if (twin !== at) throw new UserError(`${place(budget.name, at)} has the name of another one: give each its own`);
  });
  return all;
}

function readOne(table: unknown, at: number): BudgetSettings {
  const parsed = budgetSchema.safeParse(table);
  const name = (table as { readonly name?: unknown } | null)?.name;
  const refuse = (what: string) => new UserError(`${place(name, at)} ${sanitize(what, 200)}`);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys') throw refuse(`has a key "${issue.keys[0]}" that is no setting`);
    const key = issue?.path.join('.') ?? '';
    const missing = key !== '' && !Object.hasOwn(Object(table), key);
    throw refuse(missing ? `needs ${key}: it ${issue?.message}` : `${key}: ${issue?.message ?? 'is wrong'}`);
  }
  const { data } = parsed;
  const { bytes, per, rate, for: seconds, 'month-start': monthStart } = data;
  if ((bytes === undefined) === (rate === undefined)) {
    throw refuse('needs either bytes with per ("50 GB" per "month") or rate with for ("10 MB/s" for "5 min")');
  }
  if (bytes !== undefined && per === undefined) throw refuse('needs per = "hour", "day" or "month" beside bytes');
  if (rate !== undefined && seconds === undefined) throw refuse('needs for = "5 min" or another time beside rate');
  if (bytes !== undefined && seconds !== undefined) throw refuse('has for, which belongs to rate, beside bytes');
  if (rate !== undefined && per !== undefined) throw refuse('has per, which belongs to bytes, beside rate');
  if (monthStart !== undefined && per !== 'month') throw refuse('has month-start, which needs per = "month"');
  if (seconds !== undefined && (seconds < 5 || seconds > LONGEST_WINDOW)) {
    throw refuse('for: must be from 5 seconds to 1 day; use bytes with per for longer times');
  }
  const { by, match, direction, warn } = data;
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

function place(name: unknown, at: number): string {
  return typeof name === 'string' && name !== '' ? `[[budget]] "${sanitize(name, 60)}"` : `[[budget]] number ${at + 1}`;
}
