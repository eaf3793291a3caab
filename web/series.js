// Owns: the last 15 minutes by program, and the table of a chart: the eight largest and all others.
// Knows nothing of: drawing.
import { programKey, programOf } from './program.js';

const SECONDS = 900;
/** One a second, what was filled in from the history, and the ends of gaps. */
const MOST_POINTS = 1100;
const SHOWN = 8;

/** What was counted is in the history after this time, and mostly after half of it. */
const WRITTEN_S = 6;
/** A bucket that is not whole and has less than this is left out: its rate would be a guess. */
const LEAST_S = 120;

/** @typedef {{times: number[], keys: string[], sent: (number|null)[][], received: (number|null)[][], gaps: [number, number][],
 *   title: string}} Chart
 * Times are the middles of what the rates are means of. */
/** @typedef {{range: [number, number], totals: {sent: number[], received: number[]}, whole: {sent: number, received: number},
 *   peak: {sent: number, received: number}}} Sums bytes of each key and of all, the highest rate of all */

export function createSeries() {
  /** @type {number[]} */ const times = [];
  /** @type {Map<string, {sent: (number|null)[], received: (number|null)[]}>} */ const programs = new Map();
  /** @type {[number, number][]} */ let gaps = [];
  let firstLive = Infinity;

  /** @param {number} time @param {Map<string, [number, number]> | null} rates null: a gap */
  function push(time, rates) {
    for (const name of rates?.keys() ?? []) {
      if (!programs.has(name)) programs.set(name, { sent: times.map(() => 0), received: times.map(() => 0) });
    }
    times.push(time);
    for (const [name, row] of programs) {
      const [sent, received] = rates?.get(name) ?? [0, 0];
      row.sent.push(rates === null ? null : sent);
      row.received.push(rates === null ? null : received);
    }
    while (times.length > MOST_POINTS || (times[0] ?? time) < time - SECONDS) {
      times.shift();
      for (const row of programs.values()) {
        row.sent.shift();
        row.received.shift();
      }
    }
    if (times.length % 60 === 0) {
      for (const [name, row] of programs) if (![...row.sent, ...row.received].some(Boolean)) programs.delete(name);
    }
  }

  return {
    /** @param {any} snapshot */
    add(snapshot) {
      const time = Date.parse(snapshot.time) / 1000;
      const last = times.at(-1);
      if (last !== undefined && time <= last) return;
      if (last !== undefined && time - last > Math.max(3, (snapshot.intervalMs / 1000) * 2.5)) {
        push(last + 0.5, null);
        push(time - 0.5, null);
        gaps = [...gaps.filter(([, until]) => until > time - SECONDS), [last, time]];
      }
      const rates = new Map();
      for (const row of snapshot.processes) {
        const name = programOf(row);
        const sum = rates.get(name) ?? [0, 0];
        rates.set(name, [sum[0] + (row.sentRate ?? 0), sum[1] + (row.receivedRate ?? 0)]);
      }
      firstLive = Math.min(firstLive, time);
      push(time, rates);
    },
    /** Puts what the history knows of the time before the first snapshot in front. @param {any} answer @param {number} now seconds, of the service */
    fill(answer, now) {
      const past = historyChart(answer, { most: Infinity, now });
      const old = Math.max(
        0,
        times.findIndex((time) => time >= firstLive),
      );
      times.splice(0, old);
      for (const row of programs.values()) for (const way of [row.sent, row.received]) way.splice(0, old);
      const isBefore = (/** @type {number} */ time) => firstLive - SECONDS < time && time < firstLive;
      const skip = Math.max(0, past.times.findIndex(isBefore));
      const before = past.times.filter(isBefore);
      for (const key of past.keys) {
        if (!programs.has(key)) programs.set(key, { sent: times.map(() => 0), received: times.map(() => 0) });
      }
      const none = past.times.map((_, i) => (past.sent[0]?.[i] === null ? null : 0));
      for (const [key, row] of programs) {
        const at = past.keys.indexOf(key);
        row.sent.unshift(...(past.sent[at] ?? none).slice(skip, skip + before.length));
        row.received.unshift(...(past.received[at] ?? none).slice(skip, skip + before.length));
      }
      times.unshift(...before);
      gaps = [...past.gaps.filter(([from]) => from < firstLive), ...gaps.filter(([from]) => from >= firstLive)];
    },
    /** @returns {Chart} */
    chart() {
      const rows = [...programs].map(([key, row]) => ({ key, ...row }));
      return { ...topOf(times, rows, SHOWN), gaps };
    },
  };
}

/** As in the live chart. @param {any} one a series of the history @param {string} by */
const keyOf = (one, by) =>
  by === 'program' ? programKey(one.key || one.kind) : one.key || (one.kind === 'other' ? one.kind : `(no ${by})`);

/**
 * The first and the last bucket of a range are seldom whole: their rates are of the time that they really have.
 * @param {any} answer of /api/v1/history
 * @param {{most?: number, now?: number}} [options] series that are told apart; seconds, of the service
 * @returns {Chart & Sums}
 */
export function historyChart(answer, { most = SHOWN, now = Infinity } = {}) {
  const step = answer.step || 1;
  const [since, until] = [seconds(answer.since), seconds(answer.until)];
  const buckets = answer.times
    .map((/** @type {number} */ start, /** @type {number} */ i) => {
      const known = start + step <= now - WRITTEN_S ? Infinity : now - WRITTEN_S / 2;
      return { i, start, from: Math.max(start, since), to: Math.min(start + step, until, known) };
    })
    .filter((/** @type {Bucket} */ { start, from, to }) => {
      const isWhole = from === start && to === start + step && to <= now - WRITTEN_S;
      return isWhole || to - from >= LEAST_S;
    });
  const holes = holesOf(answer);
  const inGap = (/** @type {Bucket} */ { start }) => holes.some(([from, to]) => from <= start && start + step <= to);
  const gaps = buckets.map(inGap);
  /** @type {Map<string, Row & {sums: [number, number]}>} */ const rows = new Map();
  for (const one of answer.series) {
    const key = keyOf(one, answer.by);
    const row = rows.get(key) ?? { key, sent: gaps.map(zeroIn), received: gaps.map(zeroIn), sums: [0, 0] };
    rows.set(key, row);
    for (const [sent, received] of one.points ?? []) row.sums = [row.sums[0] + sent, row.sums[1] + received];
    for (const [at, { i, from, to }] of buckets.entries()) {
      if (gaps[at]) continue;
      row.sent[at] += (one.points?.[i]?.[0] ?? 0) / (to - from);
      row.received[at] += (one.points?.[i]?.[1] ?? 0) / (to - from);
    }
  }
  const chart = topOf(
    buckets.map((/** @type {Bucket} */ { from, to }) => (from + to) / 2),
    [...rows.values()],
    most,
  );
  const all = (/** @type {0|1} */ way) => [...rows.values()].reduce((sum, row) => sum + row.sums[way], 0);
  /** What no other key has is that of `other`. @param {0|1} way */
  const totals = (way) => {
    const own = chart.keys.map((key) => (key === 'other' ? 0 : (rows.get(key)?.sums[way] ?? 0)));
    const rest = all(way) - own.reduce((sum, one) => sum + one, 0);
    return own.map((one, at) => (chart.keys[at] === 'other' ? rest : one));
  };
  const peak = (/** @type {'sent'|'received'} */ way) =>
    Math.max(0, ...chart.times.map((_, i) => chart[way].reduce((sum, row) => sum + (row[i] ?? 0), 0)));
  return {
    ...chart,
    gaps: holes,
    title: answer.by,
    range: [since, until],
    totals: { sent: totals(0), received: totals(1) },
    whole: { sent: all(0), received: all(1) },
    peak: { sent: peak('sent'), received: peak('received') },
  };
}

/** @typedef {{i: number, start: number, from: number, to: number}} Bucket */
/** @typedef {{key: string, sent: (number|null)[], received: (number|null)[]}} Row */

const seconds = (/** @type {string} */ time) => Date.parse(time) / 1000;

/** When nobody counted: before the history begins, and its gaps. @param {any} answer @returns {[number, number][]} */
const holesOf = ({ since, begins, gaps }) => [
  .../** @type {[number, number][]} */ (begins === null ? [] : [[seconds(since), seconds(begins)]]),
  ...gaps.map((/** @type {any} */ gap) => [seconds(gap.since), seconds(gap.until)]),
];
const zeroIn = (/** @type {boolean} */ isGap) => (isGap ? null : 0);

/** `other` is there where it has something. @param {number[]} times @param {Row[]} rows @param {number} most @returns {Chart} */
function topOf(times, rows, most) {
  const sum = (/** @type {(number|null)[]} */ values) =>
    values.reduce((/** @type {number} */ all, one) => all + (one ?? 0), 0);
  const ranked = rows
    .map((row) => ({ row, sum: row.key === 'other' ? -1 : sum(row.sent) + sum(row.received) }))
    .sort((a, b) => b.sum - a.sum)
    .map(({ row }) => row);
  const top = ranked.slice(0, most).filter(({ key }) => key !== 'other');
  const rest = ranked.filter((row) => !top.includes(row));
  const add = (/** @type {'sent'|'received'} */ way) =>
    times.map((_, i) => (rows[0]?.[way][i] === null ? null : rest.reduce((all, row) => all + (row[way][i] ?? 0), 0)));
  const others = rest.some((row) => sum(row.sent) + sum(row.received) > 0)
    ? [{ key: 'other', sent: add('sent'), received: add('received') }]
    : [];
  const shown = [...top, ...others];
  return {
    times: [...times],
    keys: shown.map(({ key }) => key),
    sent: shown.map(({ sent }) => sent),
    received: shown.map(({ received }) => received),
    gaps: [],
    title: 'program',
  };
}
