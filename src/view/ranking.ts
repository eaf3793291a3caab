// Owns: the order of rows over time: it follows the numbers, but does not jump with every flicker of them.
// Knows nothing of: what is ranked and how it is drawn.

export interface Candidate {
  readonly key: string;
  /** What is ranked by, the highest first. */
  readonly score: number;
  /** Decides between rows without a score. */
  readonly tie: number;
}

/** What is remembered of the rows, by their place in the order: columns, since a list may have many thousands. */
interface Scores {
  /** Mean of the recent scores. */
  readonly smooth: Float64Array;
  /** The score by which the row is ranked. */
  readonly rank: Float64Array;
  /** For how many samples the two have been apart. */
  readonly apart: Uint8Array;
}

export interface Ranking {
  readonly keys: readonly string[];
  /** Rows that have just moved up. */
  readonly raised: ReadonlySet<string>;
  /** The places that `scores` go by. */
  readonly memory: ReadonlyMap<string, number>;
  readonly scores?: Scores;
  /** Which candidate stands at each place of `keys`; absent where that has changed since. */
  readonly order?: readonly number[];
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
  const count = candidates.length;
  const now = emptyScores(count);
  const before = new Int32Array(count).fill(NEW);
  candidates.forEach(({ key, score }, at) => {
    before[at] = (previous?.scores && previous.memory.get(key)) ?? NEW;
    follow(previous?.scores, before[at] ?? NEW, score, smooth, now, at);
  });
  const order = inLastOrder(before, previous?.memory.size ?? 0);
  const { rank: ranks } = now;
  order.sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0) || compareTied(candidates, before, a, b));
  return arrange(previous, candidates, before, now, order);
}

/** Stands for the place of a row that was not there before. */
const NEW = -1;

function emptyScores(count: number): Scores {
  return { smooth: new Float64Array(count), rank: new Float64Array(count), apart: new Uint8Array(count) };
}

function follow(before: Scores | undefined, place: number, score: number, smooths: boolean, now: Scores, at: number) {
  let [smooth, rank, apart] = [score, score, 0];
  if (before !== undefined && place !== NEW) {
    const mean = smooths ? (before.smooth[place] ?? 0) * KEPT_OF_MEAN + score * (1 - KEPT_OF_MEAN) : score;
    const rankBefore = before.rank[place] ?? 0;
    smooth = mean < NEGLIGIBLE ? 0 : mean;
    apart = smooth === rankBefore ? 0 : (before.apart[place] ?? 0) + 1;
    const clear = smooth === 0 || Math.abs(smooth - rankBefore) > rankBefore * CLEAR_DIFFERENCE;
    if (clear || apart >= LASTING_SAMPLES) [rank, apart] = [smooth, 0];
    else rank = rankBefore;
  }
  now.smooth[at] = smooth;
  now.rank[at] = rank;
  now.apart[at] = apart;
}

/** As they stood before, new ones last: most rows of a long list keep their rank, and what is in order sorts in one go. */
function inLastOrder(before: Int32Array, size: number): number[] {
  const at = new Int32Array(size).fill(NEW);
  const fresh: number[] = [];
  before.forEach((place, candidate) => {
    if (place === NEW || at[place] !== NEW) fresh.push(candidate);
    else at[place] = candidate;
  });
  const order: number[] = [];
  for (const candidate of at) if (candidate !== NEW) order.push(candidate);
  for (const candidate of fresh) order.push(candidate);
  return order;
}

/** Rows seen before keep their order and stand before new ones; those go by `tie`, then by key. */
function compareTied(candidates: readonly Candidate[], before: Int32Array, a: number, b: number): number {
  const [placeA = NEW, placeB = NEW] = [before[a], before[b]];
  if (placeA !== placeB) return placeB === NEW || (placeA !== NEW && placeA < placeB) ? -1 : 1;
  const [one, other] = [candidates[a], candidates[b]];
  if (one === undefined || other === undefined) return 0;
  if (one.tie !== other.tie) return other.tie - one.tie;
  return one.key.length - other.key.length || (one.key < other.key ? -1 : 1);
}

function arrange(
  previous: Ranking | undefined,
  candidates: readonly Candidate[],
  before: Int32Array,
  now: Scores,
  order: readonly number[],
): Ranking {
  const scores = emptyScores(order.length);
  const memory = new Map<string, number>();
  const raised = new Set<string>();
  const keys: string[] = [];
  order.forEach((at, place) => {
    const key = candidates[at]?.key ?? '';
    const rank = now.rank[at] ?? 0;
    scores.smooth[place] = now.smooth[at] ?? 0;
    scores.rank[place] = rank;
    scores.apart[place] = now.apart[at] ?? 0;
    if (previous !== undefined && hasRisen(previous, before[at] ?? NEW, rank, place)) raised.add(key);
    memory.set(key, place);
    keys.push(key);
  });
  return { keys, raised, memory, scores, order };
}

function hasRisen({ scores }: Ranking, placeBefore: number, rankNow: number, place: number): boolean {
  if (placeBefore === NEW) return rankNow > 0;
  return place < placeBefore && rankNow > (scores?.rank[placeBefore] ?? 0);
}

/** The score that a row is ranked by; 0 where the order does not go by numbers. */
export function rankOf({ memory, scores }: Ranking, key: string): number {
  const place = memory.get(key);
  return place === undefined ? 0 : (scores?.rank[place] ?? 0);
}
