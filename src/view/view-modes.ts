// Owns: what the number columns of the tables show: rate and total side by side, or one of nethogs' six modes.
// Knows nothing of: columns, screens and keys.
import type { Rates, Totals } from '../model/model.ts';

/** One of nethogs' modes: one number a direction, in one fixed unit for every row. */
export interface FixedMode {
  readonly kind: 'fixed';
  readonly measure: 'rate' | 'total';
  /** nethogs divides by 1024 and writes kB; the numbers are the same here, under their true name. */
  readonly unit: string;
  readonly divisor: number;
  readonly decimals: 0 | 3;
}

/** Rate and total side by side, each value with the unit that suits it. */
export interface AdaptiveMode {
  readonly kind: 'adaptive';
}

export type ViewMode = AdaptiveMode | FixedMode;

export const ADAPTIVE: ViewMode = { kind: 'adaptive' };

const KIB = 1024;

/** In the order of nethogs' option -v and of its key m. */
export const NETHOGS_MODES: readonly FixedMode[] = [
  { kind: 'fixed', measure: 'rate', unit: 'KiB/s', divisor: KIB, decimals: 3 },
  { kind: 'fixed', measure: 'total', unit: 'KiB', divisor: KIB, decimals: 3 },
  { kind: 'fixed', measure: 'total', unit: 'bytes', divisor: 1, decimals: 0 },
  { kind: 'fixed', measure: 'total', unit: 'MiB', divisor: KIB ** 2, decimals: 3 },
  { kind: 'fixed', measure: 'rate', unit: 'MiB/s', divisor: KIB ** 2, decimals: 3 },
  { kind: 'fixed', measure: 'rate', unit: 'GiB/s', divisor: KIB ** 3, decimals: 3 },
];

const CYCLE: readonly ViewMode[] = [ADAPTIVE, ...NETHOGS_MODES];

/** The mode after this one, round and round. */
export function nextViewMode(mode: ViewMode): ViewMode {
  return CYCLE[(CYCLE.indexOf(mode) + 1) % CYCLE.length] ?? ADAPTIVE;
}

/** Whether rows are compared by their totals: the modes in which nethogs keeps the rows of ended processes. */
export function showsTotalsOnly(mode: ViewMode): boolean {
  return mode.kind === 'fixed' && mode.measure === 'total';
}

/** The number that a mode compares rows by. Rates are 0 until there are two samples. */
export function sortValue(row: Totals & Rates, sort: 'sent' | 'received', mode: ViewMode): number {
  if (showsTotalsOnly(mode)) return sort === 'sent' ? row.sentBytes : row.receivedBytes;
  return (sort === 'sent' ? row.sentRate : row.receivedRate) ?? 0;
}
