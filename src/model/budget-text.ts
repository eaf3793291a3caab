// Owns: budgets for people and programs: a change as one sentence, a reading as a plain object.
// Knows nothing of: where they are shown.
import { formatPercent, formatSize } from '../base/units.ts';
import type { Budget } from './budget.ts';
import type { BudgetChange, BudgetReading } from './budget-watch.ts';

/** One budget of `/api/v1/budgets`, `service.budgets` and `nettrace budgets --json`. */
export interface BudgetObject {
  readonly name: string;
  readonly by: Budget['by'];
  readonly match: string;
  readonly direction: Budget['direction'];
  /** `hour`, `day`, `month`; null for a rate. */
  readonly per: string | null;
  /** Bytes a second and the seconds over which they are averaged; null for bytes of a period. */
  readonly rate: number | null;
  readonly forSeconds: number | null;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Used of the limit; 1 is all of it. */
  readonly share: number;
  /** Share from which on it warns. */
  readonly warn: number;
  readonly state: BudgetReading['state'];
  readonly since: string;
  readonly periodStart: string;
  readonly periodEnd: string;
}

export function budgetObject({ budget, usedBytes, state, sinceMs, period }: BudgetReading): BudgetObject {
  const { name, by, match, direction, limitBytes, warn, span } = budget;
  const window = span.kind === 'window';
  return {
    ...{ name, by, match, direction },
    per: window ? null : span.per,
    rate: window ? limitBytes / span.seconds : null,
    forSeconds: window ? span.seconds : null,
    ...{ usedBytes, limitBytes, share: Math.round((usedBytes / limitBytes) * 1e4) / 1e4, warn, state },
    since: iso(sinceMs),
    periodStart: iso(period.startMs),
    periodEnd: iso(period.endMs),
  };
}

/** `budget "backup" is exceeded: 51.2 GB of 50.0 GB this month (program rsync, sent)`. */
export function budgetSentence({ before, reading }: BudgetChange): string {
  const { budget, usedBytes, state } = reading;
  const { name, limitBytes } = budget;
  const share = formatPercent((100 * usedBytes) / limitBytes).trim();
  const words = {
    ok: before === 'ok' ? 'is kept' : 'is kept again',
    warn: before === 'exceeded' ? 'is not exceeded any more, but nearly used up' : 'is nearly used up',
    exceeded: 'is exceeded',
  };
  return `budget "${name}" ${words[state]}: ${budgetAmount(reading)}, ${share} % (${budgetWhose(budget)})`;
}

/** `51.2 GB of 50.0 GB this month`, `12.1 MB/s of 10.0 MB/s over 5 min`. */
export function budgetAmount({ budget: { span, limitBytes }, usedBytes }: BudgetReading): string {
  if (span.kind === 'window') {
    return `${size(usedBytes / span.seconds)}/s of ${size(limitBytes / span.seconds)}/s over ${spanText(span.seconds)}`;
  }
  return `${size(usedBytes)} of ${size(limitBytes)} ${span.per === 'day' ? 'today' : `this ${span.per}`}`;
}

export function budgetWhose({ by, match, direction }: Budget): string {
  return `${by} ${match}${direction === 'both' ? '' : `, ${direction}`}`;
}

function size(bytes: number): string {
  const { value, unit, kind } = formatSize(bytes, { base: 'si', quantity: 'bytes' });
  return kind === 'zero' ? '0 B' : `${value.trim()} ${unit.trim()}`;
}

function spanText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
