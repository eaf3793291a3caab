// Owns: all budgets of a service as time goes on: what each has used, its state, and each change of that once.
// Knows nothing of: files, clocks and who is told.
import { type Budget, type BudgetGain, type BudgetState, budgetStateOf, createBudgetMeasure } from './budget.ts';
import { addToPeriods, type PeriodLedger, type PeriodRange, periodAt, usedNow } from './budget-period.ts';
import { addToWindow, moveWindow, usedInWindow, type WindowLedger } from './budget-window.ts';

/** What has to be kept of one budget so that another process can go on. Plain values. */
export interface BudgetRecord {
  readonly budget: Budget;
  readonly state: BudgetState;
  /** Since when it is in that state, ms since 1970. */
  readonly sinceMs: number;
  readonly period?: PeriodLedger | undefined;
  readonly window?: WindowLedger | undefined;
}

export interface SavedBudgets {
  /** ms since 1970. */
  readonly savedMs: number;
  readonly records: readonly BudgetRecord[];
}

/** One budget as it is shown. Times in ms since 1970. */
export interface BudgetReading {
  readonly budget: Budget;
  readonly usedBytes: number;
  readonly state: BudgetState;
  readonly sinceMs: number;
  /** For a rate the time that is looked at now. */
  readonly period: PeriodRange;
}

export interface BudgetChange {
  readonly before: BudgetState;
  readonly reading: BudgetReading;
}

/** Now, by both clocks: ms since 1970, and CLOCK_MONOTONIC in ms. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface BudgetWatch {
  /** Counts what was moved since the call before. */
  add(gains: readonly BudgetGain[], now: Moment): readonly BudgetChange[];
  /** As of the last `add`; empty before the first. */
  readings(): readonly BudgetReading[];
  records(): readonly BudgetRecord[];
}

/** Between the clocks: more than this from one call to the next, and somebody set the clock. */
const JUMP_MS = 2000;

interface Watched {
  readonly budget: Budget;
  readonly measure: (gain: BudgetGain) => number;
  record: BudgetRecord | undefined;
  reading: BudgetReading | undefined;
}

/** @param saved what was kept; only of budgets that still count the same */
export function createBudgetWatch(budgets: readonly Budget[], saved: SavedBudgets | undefined): BudgetWatch {
  let last: Moment | undefined;
  const all = budgets.map((budget): Watched => {
    const known = saved?.records.find((record) => countsTheSame(record.budget, budget));
    return { budget, measure: createBudgetMeasure(budget), record: known, reading: undefined };
  });
  return {
    add(gains, now) {
      const passed = last === undefined ? undefined : now.monotonicMs - last.monotonicMs;
      const jumped = last === undefined || Math.abs(now.wallMs - last.wallMs - (passed ?? 0)) > JUMP_MS;
      const first = last === undefined;
      last = now;
      return all.flatMap((each) => {
        const { budget } = each;
        if (first && budget.span.kind === 'window' && each.record?.window !== undefined) {
          const age = now.wallMs - (saved?.savedMs ?? now.wallMs);
          const window = moveWindow(each.record.window, budget.span.seconds, age, now.monotonicMs);
          each.record = { ...each.record, window };
        }
        const bytes = gains.reduce((sum, gain) => sum + each.measure(gain), 0);
        return count(each, bytes, now, jumped);
      });
    },
    readings: () => all.flatMap(({ reading }) => (reading === undefined ? [] : [reading])),
    records: () => all.flatMap(({ record }) => (record === undefined ? [] : [record])),
  };
}

function count(each: Watched, bytes: number, now: Moment, jumped: boolean): readonly BudgetChange[] {
  const { budget, record } = each;
  const { span, limitBytes, warn } = budget;
  const { wallMs, monotonicMs } = now;
  const before = record?.state ?? 'ok';
  let next: Pick<BudgetRecord, 'period' | 'window'>;
  let range: PeriodRange;
  let usedBytes: number;
  let sameRun = record !== undefined && record.budget.limitBytes === limitBytes && record.budget.warn === warn;
  if (span.kind === 'period') {
    range = periodAt(span.per, span.monthStart, wallMs);
    const period = addToPeriods(record?.period, range.startMs, bytes, jumped);
    sameRun &&= record?.period?.currentMs === range.startMs;
    usedBytes = usedNow(period);
    next = { period };
  } else {
    const window = addToWindow(record?.window, span.seconds, bytes, monotonicMs);
    range = { startMs: wallMs - span.seconds * 1000, endMs: wallMs };
    usedBytes = usedInWindow(window, span.seconds, monotonicMs);
    next = { window };
  }
  const state = budgetStateOf(usedBytes / limitBytes, warn, sameRun ? before : 'ok');
  const sinceMs = state === before && record !== undefined ? record.sinceMs : wallMs;
  each.record = { budget, state, sinceMs, ...next };
  each.reading = { budget, usedBytes, state, sinceMs, period: range };
  return state === before ? [] : [{ before, reading: each.reading }];
}

/** What was used goes on counting where only the limit or the warning is another. */
function countsTheSame(a: Budget, b: Budget): boolean {
  const identity = ({ name, by, match, direction, span }: Budget) =>
    JSON.stringify([
      ...[name, by, match, direction, span.kind],
      ...(span.kind === 'period' ? [span.per, span.monthStart] : [span.seconds]),
    ]);
  return identity(a) === identity(b);
}
