// Owns: `nettrace budgets` from its words to its exit code; each problem as one sentence.
// Knows nothing of: the file.
import { parseArgs } from 'node:util';
import { type BudgetsRequest, DEFAULT_BUDGET_FILE } from '../app/budgets/request.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { shapeOfLines } from './command-shape.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const OPTIONS = `
  --file FILE    that file (default: ${DEFAULT_BUDGET_FILE})
  --json         print one JSON object instead
  -h, --help     print this help and end
`;

export const BUDGETS_SHAPE = shapeOfLines('[options]', OPTIONS);

export const BUDGETS_HELP = `Usage: nettrace budgets [options]

What each budget of "nettrace serve" has used, from the file in which the service keeps it; no service need run.
${OPTIONS}
Exit codes: 0 all are kept, 1 wrong words or no such file, 4 one is exceeded. See docs/budgets.md.
`;

/** Throws UserError. */
export async function budgets(world: World, words: readonly string[]): Promise<ExitCode> {
  const request = parseBudgets(words);
  if (request !== undefined) {
    const verdict = await (await import('../app/budgets/budgets.ts')).runBudgets(world, request);
    return verdict === 'kept' ? EXIT.ok : EXIT.overBudget;
  }
  await world.stdout.write(BUDGETS_HELP);
  return EXIT.ok;
}

/** @param words those after `budgets`; undefined: help is asked for. Throws UserError. */
export function parseBudgets(words: readonly string[]): BudgetsRequest | undefined {
  const on = { type: 'boolean' } as const;
  const options = { file: { type: 'string' }, json: on, help: { ...on, short: 'h' } } as const;
  try {
    const { values } = parseArgs({ args: [...words], options, allowPositionals: false });
    if (values.help === true) return undefined;
    return { file: values.file ?? DEFAULT_BUDGET_FILE, json: values.json === true };
  } catch (error) {
    const message = (error as Error).message.split(/[.\n] ?/, 1)[0] ?? '';
    throw new UserError(`${sanitize(message, 200)}; see "nettrace budgets --help"`);
  }
}
