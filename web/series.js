// Owns: the last 15 minutes by program, and the table of a chart: the eight largest and all others.
// Knows nothing of: drawing.
const SECONDS = 900;
/** One a second, what was filled in from the history, and the ends of gaps. */
const MOST_POINTS = 1100;
const SHOWN = 8;

/** What was counted is in the history after this time. */
const WRITTEN_S = 6;

/** @typedef {{times: number[], keys: string[], sent: (number|null)[][], received: (number|null)[][], gaps: [number, number][],
 *   title: string, totals?: {sent: number[], received: number[]}}} Chart */

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
    /** Puts what the history knows of the time before the first snapshot in front. @param {any} answer */
    fill(answer) {
      const past = historyChart(answer, Infinity);
      const half = (answer.step || 1) / 2;
      const old = times.findIndex((time) => time >= firstLive);
      times.splice(0, Math.max(0, old));
      for (const row of programs.values()) for (const way of [row.sent, row.received]) way.splice(0, Math.max(0, old));
      // A bucket that is not over, or not written down yet, would look like a dip.
      const before = past.times
        .map((time) => time + half)
        .filter((time) => time + half + WRITTEN_S <= firstLive && time > firstLive - SECONDS);
      const zeros = () => [...past.times.keys()].map(() => 0);
      for (const key of past.keys) {
        if (!programs.has(key)) programs.set(key, { sent: times.map(() => 0), received: times.map(() => 0) });
      }
      const skip = past.times.findIndex((time) => time + half === before[0]);
      for (const [key, row] of programs) {
        const at = past.keys.indexOf(key);
        const cut = (/** @type {(number|null)[] | undefined} */ values) =>
          before.length === 0 ? [] : (values ?? zeros()).slice(skip, skip + before.length);
        row.sent.unshift(...cut(past.sent[at]));
        row.received.unshift(...cut(past.received[at]));
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

/** What the bytes are summed up by in the chart. @param {any} row */
export const programOf = (row) => (row.pid === null ? row.name : (row.exe ?? row.name).replace(/^.*\/(?=.)/, ''));

/** As in the live chart: files of older versions hold programs with their folders. @param {any} one a series of the history @param {string} by */
const keyOf = (one, by) =>
  by === 'program'
    ? (one.key || one.kind).replace(/^.*\/(?=.)/, '')
    : one.key || (one.kind === 'other' ? one.kind : `(no ${by})`);

/** @param {any} answer of /api/v1/history @param {number} [most] series that are told apart @returns {Chart} */
export function historyChart(answer, most = SHOWN) {
  const step = answer.step || 1;
  const inGap = (/** @type {number} */ time) =>
    answer.gaps.some(
      (/** @type {any} */ gap) => Date.parse(gap.since) / 1000 <= time && time + step <= Date.parse(gap.until) / 1000,
    );
  const gaps = answer.times.map(inGap);
  /** @type {Map<string, {key: string, sent: (number|null)[], received: (number|null)[]}>} */ const rows = new Map();
  for (const one of answer.series) {
    const key = keyOf(one, answer.by);
    const rate = (/** @type {number} */ way) =>
      answer.times.map((/** @type {number} */ _, /** @type {number} */ i) =>
        gaps[i] ? null : (one.points?.[i]?.[way] ?? 0) / step,
      );
    const [row, sent, received] = [rows.get(key), rate(0), rate(1)];
    const plus = (/** @type {(number|null)[]} */ values, /** @type {(number|null)[] | undefined} */ more) =>
      values.map((value, i) => (value === null ? null : value + (more?.[i] ?? 0)));
    rows.set(key, { key, sent: plus(sent, row?.sent), received: plus(received, row?.received) });
  }
  const seconds = (/** @type {string} */ time) => Date.parse(time) / 1000;
  const chart = topOf(answer.times, [...rows.values()], most);
  const sum = (/** @type {(number|null)[]} */ values) =>
    values.reduce((/** @type {number} */ all, one) => all + (one ?? 0) * step, 0);
  return {
    ...chart,
    gaps: answer.gaps.map((/** @type {any} */ gap) => [seconds(gap.since), seconds(gap.until)]),
    title: answer.by,
    totals: { sent: chart.sent.map(sum), received: chart.received.map(sum) },
  };
}

/** @param {number[]} times @param {{key: string, sent: (number|null)[], received: (number|null)[]}[]} rows @param {number} most @returns {Chart} */
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
  return {
    times: [...times],
    keys: [...top.map(({ key }) => key), 'other'],
    sent: [...top.map(({ sent }) => sent), add('sent')],
    received: [...top.map(({ received }) => received), add('received')],
    gaps: [],
    title: 'program',
  };
}
