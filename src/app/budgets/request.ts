// Owns: what one run of `nettrace budgets` is asked for.
// Knows nothing of: the words that were typed.

export const DEFAULT_BUDGET_FILE = '/var/lib/nettrace/budgets.json';

export interface BudgetsRequest {
  readonly file: string;
  readonly json: boolean;
}
