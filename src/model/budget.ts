// Owns: what a budget is: whose bytes, which way, how many in which time; which gains count, and its state.
// Knows nothing of: periods, configuration files, and who is told.

export const BUDGET_BY = ['program', 'user', 'unit', 'container', 'interface'] as const;
export type BudgetBy = (typeof BUDGET_BY)[number];
export const BUDGET_PERIODS = ['hour', 'day', 'month'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];
export const BUDGET_DIRECTIONS = ['sent', 'received', 'both'] as const;
export type BudgetDirection = (typeof BUDGET_DIRECTIONS)[number];

/** `warn`: its share for warnings is used; `exceeded`: all of it is. */
export const BUDGET_STATES = ['ok', 'warn', 'exceeded'] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];

/** In what time the bytes may be used: a period of local time, or any time of that length (a rate). */
export type BudgetSpan =
  | { readonly kind: 'period'; readonly per: BudgetPeriod; readonly monthStart: number }
  | { readonly kind: 'window'; readonly seconds: number };

export interface Budget {
  /** Unique. Sanitised. */
  readonly name: string;
  readonly by: BudgetBy;
  /** Exact, or with `*` and `?`. The bytes of all that match are one sum. */
  readonly match: string;
  readonly direction: BudgetDirection;
  /** Wire bytes within the span. */
  readonly limitBytes: number;
  /** Share of the limit from which on it warns, 0..1. */
  readonly warn: number;
  readonly span: BudgetSpan;
}

/** What one owner moved on one interface since the refresh before; negative where bytes found another owner. */
export interface BudgetGain {
  readonly kind: string;
  readonly program: string;
  readonly user: string;
  readonly unit: string;
  readonly container: string;
  readonly interface: string;
  /** The same packets are in a gain of another interface. */
  readonly repeated: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const MOST_NAMES = 5000;

/** How many of a gain's bytes count. Names that were looked at before are remembered. */
export function createBudgetMeasure({ by, match, direction }: Budget): (gain: BudgetGain) => number {
  const pattern = globPattern(match);
  const known = new Map<string, boolean>();
  const matches = (name: string) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = name !== '' && pattern.test(name);
    if (known.size >= MOST_NAMES) known.clear();
    known.set(name, found);
    return found;
  };
  return (gain) => {
    // An interface has all packets that cross it; for anybody else a packet counts once.
    if (by === 'interface' ? false : gain.repeated || gain.kind !== 'process') return 0;
    if (!matches(gain[by])) return 0;
    return (direction === 'received' ? 0 : gain.sentBytes) + (direction === 'sent' ? 0 : gain.receivedBytes);
  };
}

function globPattern(glob: string): RegExp {
  const text = glob
    .replace(/\*+/g, '*')
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${text}$`, 'su');
}

/** Below this share of where a state begins it ends again: what sways about the limit is told once. */
const LEAVE = 0.9;

/** @param before the state until now, which ends later than it began; `ok` where it does not matter any more */
export function budgetStateOf(share: number, warn: number, before: BudgetState): BudgetState {
  const rank = BUDGET_STATES.indexOf(before);
  const holds = (state: 'warn' | 'exceeded', from: number) =>
    share >= (rank >= BUDGET_STATES.indexOf(state) ? from * LEAVE : from);
  if (holds('exceeded', 1)) return 'exceeded';
  return holds('warn', warn) ? 'warn' : 'ok';
}
