// Owns: the hours, days and months of local time, and what was used in each, also where the clock is set back and forth.
// Knows nothing of: budgets. The local time zone is that of the process.
import type { BudgetPeriod } from './budget.ts';

/** ms since 1970; the end is the start of the next one. */
export interface PeriodRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** @param monthStart day on which months begin, 1..28 */
export function periodAt(per: BudgetPeriod, monthStart: number, wallMs: number): PeriodRange {
  const now = new Date(wallMs);
  const at = (year: number, month: number, day: number) => new Date(year, month, day).getTime();
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  switch (per) {
    case 'hour': {
      // Not by the number of the hour: one comes twice when summer time ends.
      const startMs = wallMs - now.getMinutes() * 60_000 - now.getSeconds() * 1000 - now.getMilliseconds();
      return { startMs, endMs: startMs + 3_600_000 };
    }
    case 'day':
      return { startMs: at(year, month, day), endMs: at(year, month, day + 1) };
    case 'month': {
      const first = day >= monthStart ? month : month - 1;
      return { startMs: at(year, first, monthStart), endMs: at(year, first + 1, monthStart) };
    }
  }
}

export interface PeriodUse {
  readonly startMs: number;
  readonly usedBytes: number;
}

/** Plain values, as JSON keeps them. */
export interface PeriodLedger {
  /** The last periods, in order; a wrong clock may have been in any of them. */
  readonly uses: readonly PeriodUse[];
  readonly currentMs: number;
  /** Set while the clock is behind where it once was: how things were then, and what came since. */
  readonly back?: { readonly uses: readonly PeriodUse[]; readonly bytes: number } | undefined;
}

const KEPT = 3;

export const usedNow = ({ uses, currentMs }: PeriodLedger): number =>
  uses.find(({ startMs }) => startMs === currentMs)?.usedBytes ?? 0;

/**
 * Counts `bytes` in the period that begins at `startMs`.
 *
 * A clock that goes back into an earlier period was ahead until now, or is wrong now. What was used since then stays
 * counted in the earlier one; should a jump lead to where the clock was before, things are as they were then.
 * @param jumped the clock was set since the last call, or that is not known
 */
export function addToPeriods(
  ledger: PeriodLedger | undefined,
  startMs: number,
  bytes: number,
  jumped: boolean,
): PeriodLedger {
  const entered = ledger === undefined ? { uses: [], currentMs: startMs } : enter(ledger, startMs, jumped);
  const used = Math.max(0, usedNow(entered) + bytes);
  const uses = withUse(entered.uses, startMs, used);
  const { back } = entered;
  return { uses, currentMs: startMs, ...(back === undefined ? {} : { back: { ...back, bytes: back.bytes + bytes } }) };
}

function enter(ledger: PeriodLedger, startMs: number, jumped: boolean): PeriodLedger {
  const { uses, currentMs, back } = ledger;
  if (startMs === currentMs) return ledger;
  if (startMs < currentMs) {
    const own = uses.find((use) => use.startMs === startMs)?.usedBytes ?? 0;
    const used = own + usedNow(ledger);
    return { uses: withUse(uses, startMs, used), currentMs: startMs, back: back ?? { uses, bytes: 0 } };
  }
  const known = jumped ? back?.uses.find((use) => use.startMs === startMs) : undefined;
  if (back !== undefined && known !== undefined) {
    return { uses: withUse(back.uses, startMs, Math.max(0, known.usedBytes + back.bytes)), currentMs: startMs };
  }
  return { uses: withUse(uses, startMs, 0), currentMs: startMs };
}

function withUse(uses: readonly PeriodUse[], startMs: number, usedBytes: number): readonly PeriodUse[] {
  const others = uses.filter((use) => use.startMs < startMs);
  return [...others, { startMs, usedBytes }].slice(-KEPT);
}
