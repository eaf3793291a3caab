// Owns: the order of rows over time: it follows the numbers, but does not jump with every flicker of them.
// Knows nothing of: what is ranked and how it is drawn.

export interface Candidate {
  readonly key: string;
  /** What is ranked by, the highest first. */
  readonly score: number;
  /** Decides between rows without a score. */
  readonly tie: number;
}

/** Grows while a ranking is made; a place is that of the sample before until all places are known. */
interface Memory {
  /** Mean of the recent scores. */
  readonly smooth: number;
  /** The score by which the row is ranked. */
  readonly rank: number;
  /** For how many samples the two have been apart. */
  readonly apart: number;
  place: number;
}

export interface Ranking {
  readonly keys: readonly string[];
  /** Rows that have just moved up. */
  readonly raised: ReadonlySet<string>;
  readonly memory: ReadonlyMap<string, Readonly<Memory>>;
}

const CLEAR_DIFFERENCE = 0.1;
const LASTING_SAMPLES = 5;
const KEPT_OF_MEAN = 0.5;
/** Below one byte a second a fading mean is nothing. */
const NEGLIGIBLE = 1;

/**
 * The order after one more sample. A row is ranked by a score that follows its own only when they differ by more than
 * a tenth, or when they have differed for five samples. Rows of equal rank keep their order.
 * @param smooth follow the mean of recent scores (rates) instead of the scores themselves (totals)
 */
export function rank(previous: Ranking | undefined, candidates: readonly Candidate[], smooth: boolean): Ranking {
  const rows = candidates.map((candidate) => ({
    candidate,
    memory: follow(previous?.memory.get(candidate.key), candidate.score, smooth),
  }));
  rows.sort((a, b) => b.memory.rank - a.memory.rank || compareTied(a, b));
  const memory = new Map<string, Memory>();
  const raised = new Set<string>();
  rows.forEach((row, place) => {
    const { key } = row.candidate;
    if (previous !== undefined && hasRisen(previous.memory.get(key), row.memory.rank, place)) raised.add(key);
    row.memory.place = place;
    memory.set(key, row.memory);
  });
  return { keys: rows.map((row) => row.candidate.key), raised, memory };
}

function follow(before: Memory | undefined, score: number, smooths: boolean): Memory {
  if (before === undefined) return { smooth: score, rank: score, apart: 0, place: Number.POSITIVE_INFINITY };
  const mean = smooths ? before.smooth * KEPT_OF_MEAN + score * (1 - KEPT_OF_MEAN) : score;
  const smooth = mean < NEGLIGIBLE ? 0 : mean;
  const apart = smooth === before.rank ? 0 : before.apart + 1;
  const clear = smooth === 0 || Math.abs(smooth - before.rank) > before.rank * CLEAR_DIFFERENCE;
  if (clear || apart >= LASTING_SAMPLES) return { smooth, rank: smooth, apart: 0, place: before.place };
  return { smooth, rank: before.rank, apart, place: before.place };
}

interface Ranked {
  readonly candidate: Candidate;
  readonly memory: Memory;
}

/** Rows seen before keep their order and stand before new ones; those go by `tie`, then by key. */
function compareTied(a: Ranked, b: Ranked): number {
  if (a.memory.place !== b.memory.place) return a.memory.place < b.memory.place ? -1 : 1;
  if (a.candidate.tie !== b.candidate.tie) return b.candidate.tie - a.candidate.tie;
  return a.candidate.key.length - b.candidate.key.length || (a.candidate.key < b.candidate.key ? -1 : 1);
}

function hasRisen(before: Memory | undefined, rankNow: number, place: number): boolean {
  if (before === undefined) return rankNow > 0;
  return place < before.place && rankNow > before.rank;
}
