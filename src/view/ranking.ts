// Owns: the order of rows over time: it follows the numbers, but does not jump with every flicker of them.
// Knows nothing of: what is ranked and how it is drawn.

/** What is to be ranked, as columns: a list may have many thousands. Columns may be longer than `keys`, and are not kept. */
export interface Candidates {
  readonly keys: readonly string[];
  /** What is ranked by, the highest first. */
  readonly score: Float64Array;
  /** Decides between rows without a score. */
  readonly tie: Float64Array;
}

/** What is remembered of the rows, by the number of the candidate. */
interface Scores {
  readonly keys: readonly string[];
  /** Where it stood. */
  readonly place: Int32Array;
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
  /** Which number a key has in `scores`. */
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
export function rank(previous: Ranking | undefined, candidates: Candidates, smooth: boolean): Ranking {
  const { keys, score } = candidates;
  const before = numbersBefore(previous, keys);
  const scores = emptyScores(keys);
  const { rank: ranks, place } = scores;
  for (let at = 0; at < keys.length; at++) {
    const number = before[at] ?? NEW;
    follow(previous?.scores, number, score[at] ?? 0, smooth, scores, at);
    place[at] = number === NEW ? NEW : (previous?.scores?.place[number] ?? NEW);
  }
  const order = inLastOrder(place, previous?.keys.length ?? 0);
  order.sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0) || compareTied(candidates, place, a, b));
  const raised = new Set<string>();
  order.forEach((at, placeNow) => {
    if (previous !== undefined && hasRisen(previous.scores, before[at] ?? NEW, ranks[at] ?? 0, placeNow)) {
      raised.add(keys[at] ?? '');
    }
    place[at] = placeNow;
  });
  return { keys: order.map((at) => keys[at] ?? ''), raised, memory: numbersOf(previous, keys), scores, order };
}

/** Stands for the number and the place of a row that was not there before. */
const NEW = -1;

/** Mostly a row has the number that it had. */
function numbersBefore(previous: Ranking | undefined, keys: readonly string[]): Int32Array {
  const numbers = new Int32Array(keys.length).fill(NEW);
  if (previous?.scores === undefined) return numbers;
  const { memory, scores } = previous;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? '';
    numbers[at] = scores.keys[at] === key ? at : (memory.get(key) ?? NEW);
  }
  return numbers;
}

/** While no row comes or goes that is the one before. */
function numbersOf(previous: Ranking | undefined, keys: readonly string[]): ReadonlyMap<string, number> {
  const before = previous?.scores?.keys;
  if (previous !== undefined && before?.length === keys.length && keys.every((key, at) => before[at] === key)) {
    return previous.memory;
  }
  const numbers = new Map<string, number>();
  keys.forEach((key, at) => {
    numbers.set(key, at);
  });
  return numbers;
}

function emptyScores(keys: readonly string[]): Scores {
  const count = keys.length;
  return {
    keys,
    place: new Int32Array(count),
    smooth: new Float64Array(count),
    rank: new Float64Array(count),
    apart: new Uint8Array(count),
  };
}

function follow(before: Scores | undefined, number: number, score: number, smooths: boolean, now: Scores, at: number) {
  let smooth = score;
  let rank = score;
  let apart = 0;
  if (before !== undefined && number !== NEW) {
    const mean = smooths ? (before.smooth[number] ?? 0) * KEPT_OF_MEAN + score * (1 - KEPT_OF_MEAN) : score;
    const rankBefore = before.rank[number] ?? 0;
    smooth = mean < NEGLIGIBLE ? 0 : mean;
    apart = smooth === rankBefore ? 0 : (before.apart[number] ?? 0) + 1;
    const clear = smooth === 0 || Math.abs(smooth - rankBefore) > rankBefore * CLEAR_DIFFERENCE;
    if (clear || apart >= LASTING_SAMPLES) {
      rank = smooth;
      apart = 0;
    } else {
      rank = rankBefore;
    }
  }
  now.smooth[at] = smooth;
  now.rank[at] = rank;
  now.apart[at] = apart;
}

/** As they stood before, new ones last: most rows of a long list keep their rank, and what is in order sorts in one go. */
function inLastOrder(places: Int32Array, size: number): number[] {
  const standing = new Int32Array(size).fill(NEW);
  const fresh: number[] = [];
  places.forEach((place, at) => {
    if (place < 0 || place >= size || standing[place] !== NEW) fresh.push(at);
    else standing[place] = at;
  });
  const order = new Array<number>(places.length);
  let count = 0;
  for (const at of standing) if (at !== NEW) order[count++] = at;
  for (const at of fresh) order[count++] = at;
  return order;
}

/** Rows seen before keep their order and stand before new ones; those go by `tie`, then by key. */
function compareTied({ keys, tie }: Candidates, places: Int32Array, a: number, b: number): number {
  const placeA = places[a] ?? NEW;
  const placeB = places[b] ?? NEW;
  if (placeA !== placeB) return placeB === NEW || (placeA !== NEW && placeA < placeB) ? -1 : 1;
  const tieA = tie[a] ?? 0;
  const tieB = tie[b] ?? 0;
  if (tieA !== tieB) return tieB - tieA;
  const one = keys[a] ?? '';
  const other = keys[b] ?? '';
  return one.length - other.length || (one < other ? -1 : 1);
}

function hasRisen(before: Scores | undefined, number: number, rankNow: number, placeNow: number): boolean {
  if (number === NEW || before === undefined) return rankNow > 0;
  return placeNow < (before.place[number] ?? 0) && rankNow > (before.rank[number] ?? 0);
}

/** The score that a row is ranked by; 0 where the order does not go by numbers. */
export function rankOf({ memory, scores }: Ranking, key: string): number {
  const number = memory.get(key);
  return number === undefined ? 0 : (scores?.rank[number] ?? 0);
}
