// Owns: the arrangements of the meters that can be chosen.
// Knows nothing of: how they look.

/**
 * `auto` makes the best of the screen, `htop` is htop's own arrangement, `heat` has one cell a CPU whatever their
 * number.
 */
export const BARS = ['auto', 'htop', 'heat'] as const;
export type Bars = (typeof BARS)[number];

/** The next arrangement, round and round. */
export function nextBars(bars: Bars): Bars {
  return BARS[(BARS.indexOf(bars) + 1) % BARS.length] ?? 'auto';
}
