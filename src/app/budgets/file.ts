// Owns: the file in the state folder that budgets go on from after any end of the service; it is always whole.
// Knows nothing of: how budgets are watched, and who reads the file besides.
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { BUDGET_BY, BUDGET_DIRECTIONS, BUDGET_PERIODS, BUDGET_STATES } from '../../model/budget.ts';
import type { SavedBudgets } from '../../model/budget-watch.ts';

export const BUDGET_FILE = 'budgets.json';

const LARGEST = 4 * 1024 * 1024;
const number = z.number();
const uses = z.array(z.object({ startMs: number, usedBytes: number.min(0) })).max(10);
const span = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('period'), per: z.enum(BUDGET_PERIODS), monthStart: z.int().min(1).max(28) }),
  z.object({ kind: z.literal('window'), seconds: z.int().min(1) }),
]);
const record = z.object({
  budget: z.object({
    name: z.string(),
    by: z.enum(BUDGET_BY),
    match: z.string(),
    direction: z.enum(BUDGET_DIRECTIONS),
    limitBytes: number.min(1),
    warn: number.min(0).max(1),
    span,
  }),
  state: z.enum(BUDGET_STATES),
  sinceMs: number,
  period: z.object({ uses, currentMs: number, back: z.object({ uses, bytes: number }).optional() }).optional(),
  window: z.object({ slots: z.array(number).max(100), slot: z.int() }).optional(),
});
const schema = z.object({ version: z.literal(1), savedMs: number, records: z.array(record) });

/** Throws a system error, or an Error with one clause about its content. */
export function readBudgetFile(path: string): SavedBudgets {
  const text = readFileSync(path, 'utf8');
  const parsed = schema.safeParse(text.length > LARGEST ? undefined : parse(text));
  if (!parsed.success) throw new Error('it is not the state of budgets');
  return parsed.data;
}

/** A new file takes the place of the old one at once. Rejects with a system error; the old one stays then. */
export async function writeBudgetFile(folder: string, saved: SavedBudgets): Promise<void> {
  const path = join(folder, BUDGET_FILE);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ version: 1, ...saved }));
    // Else a loss of power may leave a file without content.
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
