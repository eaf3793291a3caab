// Owns: `nettrace budgets`: the service's file is read once and what each budget has used is printed, as text or JSON.
// Knows nothing of: exit codes, and how budgets are watched.
import { sanitize } from '../../base/sanitize.ts';
import { formatPercent } from '../../base/units.ts';
import { budgetAmount, budgetObject, budgetWhose } from '../../model/budget-text.ts';
import { type BudgetReading, createBudgetWatch, type SavedBudgets } from '../../model/budget-watch.ts';
import { findInvokingUser, withRightsOf } from '../invoking-user.ts';
import { type Column, renderColumns } from '../text-columns.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { readBudgetFile } from './file.ts';
import { type BudgetsRequest, DEFAULT_BUDGET_FILE } from './request.ts';

const BAR = 24;
/** A service saves more often than that. */
const STALE_MS = 30_000;

/** Whether any is exceeded now. Throws UserError. */
export async function runBudgets(world: World, { file, json }: BudgetsRequest): Promise<'kept' | 'exceeded'> {
  const saved = read(world, file);
  const wallMs = world.wallClock();
  const watch = createBudgetWatch(
    saved.records.map(({ budget }) => budget),
    saved,
  );
  // A period that is over meanwhile has used nothing.
  watch.add([], { wallMs, monotonicMs: world.clock.now() });
  const readings = watch.readings();
  const asOf = new Date(saved.savedMs).toISOString();
  if (json) await world.stdout.write(`${JSON.stringify({ asOf, budgets: readings.map(budgetObject) })}\n`);
  else await world.stdout.write(textOf(world, readings, wallMs - saved.savedMs > STALE_MS ? asOf : undefined));
  return readings.some(({ state }) => state === 'exceeded') ? 'exceeded' : 'kept';
}

/** A file that the caller of sudo named is read with the caller's rights. */
function read(world: World, file: string): SavedBudgets {
  const user = file === DEFAULT_BUDGET_FILE ? undefined : findInvokingUser(world.env, world.credentials);
  try {
    return withRightsOf(user, world.credentials, () => readBudgetFile(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hints: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file; "nettrace serve" makes it where its configuration has a [[budget]]',
      EACCES: 'permission denied; it is written by root, so read it as root',
    };
    const what = code === undefined ? message : (hints[code] ?? describeErrno(error));
    throw new UserError(`the budgets ${sanitize(file, 200)}: ${sanitize(what, 200)}`, 'start', { cause: error });
  }
}

function textOf(world: World, readings: readonly BudgetReading[], asOf: string | undefined): string {
  if (readings.length === 0) return 'No budget is watched; see docs/budgets.md.\n';
  const unicode = /utf-?8/i.test(world.env['LC_ALL'] || world.env['LC_CTYPE'] || world.env['LANG'] || '');
  const [full, empty] = unicode ? ['█', '░'] : ['#', '.'];
  const bar = (share: number) => {
    const cells = Math.min(BAR, Math.round(BAR * share));
    return `${full.repeat(cells)}${empty.repeat(BAR - cells)}`;
  };
  const columns: readonly Column<BudgetReading>[] = [
    { title: 'BUDGET', align: 'left', text: ({ budget }) => sanitize(budget.name, 40) },
    { title: 'STATE', align: 'left', text: ({ state }) => state },
    { title: 'USED', align: 'right', text: (row) => `${formatPercent(100 * shareOf(row)).trim()} %` },
    { title: '', align: 'left', text: (row) => bar(shareOf(row)) },
    { title: 'AMOUNT', align: 'left', text: budgetAmount },
    { title: 'WHOSE', align: 'left', text: ({ budget }) => sanitize(budgetWhose(budget), 80) },
  ];
  const note = asOf === undefined ? '' : `\nAs of ${asOf}: no service has written since then.\n`;
  return `${renderColumns(readings, columns, unicode)}${note}`;
}

function shareOf({ usedBytes, budget }: BudgetReading): number {
  return usedBytes / budget.limitBytes;
}
