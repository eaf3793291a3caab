// Owns: which tiers answer for which part of a range: the coarsest where whole buckets are asked for, finer ones at its ends.
// Knows nothing of: SQL and of what is summed up.
import { TIERS, type TierIndex } from './history-tables.ts';

/** What a tier can answer for, seconds since 1970. */
export interface TierRange {
  /** It holds everything from here on. */
  readonly kept: number;
  /** And has buckets that end at or before this; the finest tier is never done. */
  readonly done: number;
}

export interface Segment {
  readonly tier: TierIndex;
  readonly from: number;
  readonly until: number;
}

/**
 * Segments that cover [since, until), each second once, in order. Where fine buckets are not kept any more, the coarse
 * one at an end is taken whole.
 * @param coarsest no tier above this one
 */
export function planRange(
  since: number,
  until: number,
  ranges: readonly TierRange[],
  coarsest: TierIndex,
): readonly Segment[] {
  const cover = (from: number, to: number, tier: TierIndex): Segment[] => {
    if (from >= to) return [];
    const { seconds } = TIERS[tier];
    const range = ranges[tier] ?? { kept: 0, done: 0 };
    if (tier === 0) {
      const segment = { tier, from: Math.max(floorTo(from, seconds), range.kept), until: ceilTo(to, seconds) };
      return segment.from < segment.until ? [segment] : [];
    }
    const finer = (tier - 1) as TierIndex;
    const finerKept = finestKept(ranges, finer);
    const low = Math.max(range.kept, finerKept > from ? floorTo(from, seconds) : ceilTo(from, seconds));
    const high = Math.min(range.done, finerKept >= to ? ceilTo(to, seconds) : floorTo(to, seconds));
    if (low >= high) return cover(from, to, finer);
    return [...cover(from, low, finer), { tier, from: low, until: high }, ...cover(high, to, finer)];
  };
  return cover(since, until, coarsest);
}

/** From where on any of the finer tiers has data. */
function finestKept(ranges: readonly TierRange[], upTo: TierIndex): number {
  return Math.min(...ranges.slice(0, upTo + 1).map(({ kept }) => kept));
}

/** The finest tier that still holds `since`; the coarsest where none does. */
export function finestFor(since: number, ranges: readonly TierRange[]): TierIndex {
  const found = ranges.findIndex(({ kept }) => kept <= since);
  return (found < 0 ? 3 : found) as TierIndex;
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

function ceilTo(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
