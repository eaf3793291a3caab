// Owns: the answer to a question to the history: sums by program, user, ..., points of a chart, gaps.
// Knows nothing of: who asks, and of the words that people use for times.
import { type Db, numberOf } from './history-db.ts';
import { finestFor, planRange, type Segment, type TierRange } from './history-plan.ts';
import { AMOUNTS, type Amounts, addAmounts, NO_AMOUNTS, OTHER } from './history-row.ts';
import type { HistoryAnswer, HistoryGap, HistoryQuestion, HistorySeries } from './history-schema.ts';
import { doneKey, keptKey, TIER_INDEXES, TIERS, type TierIndex } from './history-tables.ts';

const DEFAULT_SERIES = 10;
const MOST_POINTS = 2000;
/** Rows that are looked at for a chart, a microsecond each; more take longer than people wait. */
const MOST_ROWS = 150_000;
/** Points of a chart for which there is no step. */
const CHART_POINTS = 300;
const STEPS = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 604_800, 2_592_000] as const;
const MOST_GAPS = 500;

interface Group {
  readonly key: string;
  readonly kind: string;
  amounts: Amounts;
  /** A range has several segments, and an owner may be in each. */
  readonly owners: Set<number>;
}

/** Reads in one transaction's view of the file. Throws what SQLite throws. */
export function historyAnswer(db: Db, question: HistoryQuestion): HistoryAnswer {
  const since = Math.floor(question.sinceMs / 1000);
  const until = Math.max(since, Math.ceil(question.untilMs / 1000));
  const ranges = readRanges(db);
  db.exec('BEGIN');
  try {
    const segments = planRange(since, until, ranges, 3);
    const groups = groupSums(db, segments, question);
    const total = groups.reduce<Amounts>((sum, { amounts }) => addAmounts(sum, amounts), NO_AMOUNTS);
    const kept = groups.slice(0, question.limit ?? DEFAULT_SERIES);
    const rest = groups.slice(kept.length);
    const series = rest.length === 0 ? kept : [...kept, mergeGroups(rest)];
    const whole = question.by === 'time' && Object.keys(question.filter ?? {}).length === 0;
    const chart =
      question.step === undefined ? undefined : readChart(db, { since, until, ranges, series, whole }, question.step);
    return {
      since: new Date((segments[0]?.from ?? since) * 1000).toISOString(),
      until: new Date((segments.at(-1)?.until ?? until) * 1000).toISOString(),
      begins: readBegin(db, since),
      by: question.by,
      step: chart?.step ?? null,
      times: chart?.times ?? [],
      series: series.map((group, at) => seriesOf(group, total, chart?.points[at])),
      total: named(total),
      gaps: readGaps(db, since * 1000, until * 1000),
    };
  } finally {
    db.exec('ROLLBACK');
  }
}

function readRanges(db: Db): readonly TierRange[] {
  const meta = (key: string) => numberOf(db, 'SELECT value FROM meta WHERE key = ?', key);
  return TIER_INDEXES.map((tier) => ({ kept: meta(keptKey(tier)), done: tier === 0 ? 0 : meta(doneKey(tier)) }));
}

/** Sums by owner first: the few owners are then joined, not the many rows. The largest first. */
function groupSums(db: Db, segments: readonly Segment[], { by, filter }: HistoryQuestion): Group[] {
  if (segments.length === 0) return [];
  const sums = AMOUNTS.map((name) => `sum(${name}) AS ${name}`).join(', ');
  const parts = segments.map(
    ({ tier }) => `SELECT owner, ${sums} FROM ${TIERS[tier].table} WHERE ts >= ? AND ts < ? GROUP BY owner`,
  );
  const filters = Object.entries(filter ?? {});
  const where = filters.map(([name]) => ` AND owner.${name} = ?`).join('');
  const repeated = by === 'interface' || filter?.interface !== undefined ? '' : ' AND repeated = 0';
  const column = by === 'time' ? `''` : `owner.${by}`;
  const rows = db
    .prepare(
      `SELECT owner.id, kind, ${column}, ${AMOUNTS.join(', ')} FROM (${parts.join(' UNION ALL ')}) AS sums
       JOIN owner ON owner.id = sums.owner WHERE 1${where}${repeated}`,
    )
    .raw()
    .all(...segments.flatMap(({ from, until }) => [from, until]), ...filters.map(([, value]) => value)) as [
    number,
    string,
    string,
    ...Amounts,
  ][];
  const groups = new Map<string, Group>();
  for (const [owner, kind, key, ...amounts] of rows) {
    const shownKind = by === 'program' ? kind : 'process';
    const id = `${shownKind}\n${key}`;
    const group = groups.get(id);
    if (group === undefined)
      groups.set(id, { key: by === 'time' ? 'all' : key, kind: shownKind, amounts, owners: new Set([owner]) });
    else {
      group.amounts = addAmounts(group.amounts, amounts);
      group.owners.add(owner);
    }
  }
  return [...groups.values()].sort((a, b) => size(b) - size(a) || (a.key < b.key ? -1 : 1));
}

function mergeGroups(groups: readonly Group[]): Group {
  return {
    key: OTHER,
    kind: OTHER,
    amounts: groups.reduce<Amounts>((sum, { amounts }) => addAmounts(sum, amounts), NO_AMOUNTS),
    owners: new Set(groups.flatMap(({ owners }) => [...owners])),
  };
}

interface ChartParts {
  readonly since: number;
  readonly until: number;
  readonly ranges: readonly TierRange[];
  readonly series: readonly Group[];
  /** There is one series, of all owners. */
  readonly whole: boolean;
}

function readChart(db: Db, parts: ChartParts, asked: number) {
  const { since, until, ranges, series } = parts;
  const step = chooseStep(db, parts, asked);
  const first = Math.floor(since / step) * step;
  const times = Array.from({ length: Math.max(0, Math.ceil((until - first) / step)) }, (_, at) => first + at * step);
  const points = series.map(() => times.map((): [number, number] => [0, 0]));
  const coarsest = TIER_INDEXES.findLast((tier) => TIERS[tier].seconds <= step) ?? 0;
  const select = parts.whole ? wholeSums(db) : pickedSums(db, series);
  for (const { tier, from, until: end } of planRange(since, until, ranges, coarsest)) {
    const rows = db.prepare(select(TIERS[tier].table, step)).raw().all(from, end) as [number, number, number, number][];
    for (const [at, index, sent, received] of rows) {
      const point = points[index]?.[Math.max(0, at - first / step)];
      if (point === undefined) continue;
      point[0] += sent;
      point[1] += received;
    }
  }
  return { step, times, points };
}

type SumsOf = (table: string, step: number) => string;

/** Sums of all owners: the rows are in the order of time, so that nothing is sorted and no owner is looked up. */
function wholeSums(db: Db): SumsOf {
  const some = numberOf(db, 'SELECT EXISTS (SELECT 1 FROM owner WHERE repeated <> 0)') !== 0;
  const once = some ? 'AND owner NOT IN (SELECT id FROM owner WHERE repeated <> 0)' : '';
  return (table, step) =>
    `SELECT ts / ${step}, 0, sum(sent), sum(received) FROM ${table} WHERE ts >= ? AND ts < ? ${once} GROUP BY ts`;
}

/** Sums by series. CROSS JOIN: the range is walked once, not once for each owner. */
function pickedSums(db: Db, series: readonly Group[]): SumsOf {
  pickOwners(db, series);
  // One series needs no sorting: the range is in the order of time.
  const grouped = series.length === 1 ? 'point' : 'point, series';
  return (table, step) =>
    `SELECT ts / ${step} AS point, series, sum(sent), sum(received)
     FROM ${table} AS rows CROSS JOIN temp.pick ON pick.owner = rows.owner
     WHERE ts >= ? AND ts < ? GROUP BY ${grouped}`;
}

/** Which series an owner is in, as a table with a key: of a list each row of the range would look through all of it. */
function pickOwners(db: Db, series: readonly Group[]): void {
  db.exec('CREATE TEMP TABLE IF NOT EXISTS pick(owner INTEGER PRIMARY KEY, series INTEGER NOT NULL); DELETE FROM pick');
  const pairs = JSON.stringify(series.flatMap(({ owners }, at) => [...owners].map((owner) => [owner, at])));
  db.prepare(
    `INSERT INTO temp.pick SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)`,
  ).run(pairs);
}

/** The step that was asked for, or the finest that is still kept and can be read quickly. */
function chooseStep(db: Db, { since, until, ranges }: ChartParts, asked: number): number {
  const span = until - since;
  const atLeast = Math.max(TIERS[finestFor(since, ranges)].seconds, Math.ceil(span / MOST_POINTS));
  if (asked > 0) return Math.max(Math.ceil(asked / 10) * 10, STEPS.find((step) => step >= atLeast) ?? 2_592_000);
  const finest = finestFor(since, ranges);
  const fits = (tier: TierIndex) => tier >= finest && rowsIn(db, tier, since, until) <= MOST_ROWS;
  const tier = TIER_INDEXES.find((each) => each === 3 || fits(each)) ?? 3;
  const wanted = Math.max(atLeast, TIERS[tier].seconds, span / CHART_POINTS);
  return STEPS.find((step) => step >= wanted) ?? 2_592_000;
}

/** About how many rows a tier has there: a few buckets are counted. */
function rowsIn(db: Db, tier: TierIndex, since: number, until: number): number {
  const { table, seconds } = TIERS[tier];
  const looks = [0.1, 0.3, 0.5, 0.7, 0.9].map((share) => {
    const ts = Math.floor((since + (until - since) * share) / seconds) * seconds;
    return numberOf(db, `SELECT count(*) FROM ${table} WHERE ts = ?`, ts);
  });
  return (Math.max(...looks) * (until - since)) / seconds;
}

/** Where the first row or gap is, if that is in the range. */
function readBegin(db: Db, since: number): string | null {
  let begin = Number.POSITIVE_INFINITY;
  let length = 0;
  for (const { table, seconds } of TIERS.toReversed()) {
    const first = numberOf(db, `SELECT min(ts) FROM ${table}`);
    // A finer row says where in the first bucket of a coarser tier it was.
    if (first === 0 || first >= begin + length) continue;
    begin = first;
    length = seconds;
  }
  const gap = numberOf(db, 'SELECT min(since_ms) FROM gap') / 1000;
  if (gap > 0) begin = Math.min(begin, Math.floor(gap));
  return begin === Number.POSITIVE_INFINITY || begin <= since ? null : new Date(begin * 1000).toISOString();
}

function readGaps(db: Db, sinceMs: number, untilMs: number): readonly HistoryGap[] {
  const rows = db
    .prepare(
      'SELECT since_ms, until_ms, reason, text FROM gap WHERE until_ms >= ? AND since_ms <= ? ORDER BY id DESC LIMIT ?',
    )
    .raw()
    .all(sinceMs, untilMs, MOST_GAPS) as [number, number, string, string][];
  return rows.reverse().map(([since, until, reason, text]) => ({
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    reason,
    text,
  }));
}

function seriesOf({ key, kind, amounts }: Group, total: Amounts, points: HistorySeries['points']): HistorySeries {
  const all = total[0] + total[1];
  const share = all === 0 ? 0 : Math.round(((amounts[0] + amounts[1]) / all) * 1e4) / 1e4;
  return { key, kind, ...named(amounts), share, ...(points === undefined ? {} : { points }) };
}

function named(amounts: Amounts) {
  return {
    sentBytes: amounts[0],
    receivedBytes: amounts[1],
    sentPayloadBytes: amounts[2],
    receivedPayloadBytes: amounts[3],
    sentPackets: amounts[4],
    receivedPackets: amounts[5],
    retransmittedBytes: amounts[6],
  };
}

function size({ amounts }: Group): number {
  return amounts[0] + amounts[1];
}
