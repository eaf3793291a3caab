// Owns: the last 15 minutes by program, and the table of a chart: the eight largest and all others.
// Knows nothing of: drawing.
const POINTS = 900;
const SHOWN = 8;

/** @typedef {{times: number[], keys: string[], sent: (number|null)[][], received: (number|null)[][]}} Chart */

export function createSeries() {
  /** @type {number[]} */ const times = [];
  /** @type {Map<string, {sent: (number|null)[], received: (number|null)[]}>} */ const programs = new Map();

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
    while (times.length > POINTS || (times[0] ?? time) < time - 900) {
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
      }
      const rates = new Map();
      for (const row of snapshot.processes) {
        const name = programOf(row);
        const sum = rates.get(name) ?? [0, 0];
        rates.set(name, [sum[0] + (row.sentRate ?? 0), sum[1] + (row.receivedRate ?? 0)]);
      }
      push(time, rates);
    },
    /** @returns {Chart} */
    chart() {
      const rows = [...programs].map(([key, row]) => ({ key, ...row }));
      return topOf(times, rows);
    },
  };
}

/** What the bytes are summed up by in the chart. @param {any} row */
export const programOf = (row) => (row.pid === null ? row.name : (row.exe ?? row.name).replace(/^.*\/(?=.)/, ''));

/** @param {any} answer of /api/v1/history @returns {Chart} */
export function historyChart(answer) {
  const step = answer.step || 1;
  const inGap = (/** @type {number} */ time) =>
    answer.gaps.some(
      (/** @type {any} */ gap) => Date.parse(gap.since) / 1000 <= time && time + step <= Date.parse(gap.until) / 1000,
    );
  const gaps = answer.times.map(inGap);
  const rows = answer.series.map((/** @type {any} */ one) => ({
    key: one.key || one.kind,
    sent: answer.times.map((/** @type {number} */ _, /** @type {number} */ i) =>
      gaps[i] ? null : (one.points?.[i]?.[0] ?? 0) / step,
    ),
    received: answer.times.map((/** @type {number} */ _, /** @type {number} */ i) =>
      gaps[i] ? null : (one.points?.[i]?.[1] ?? 0) / step,
    ),
  }));
  return topOf(answer.times, rows);
}

/** @param {number[]} times @param {{key: string, sent: (number|null)[], received: (number|null)[]}[]} rows @returns {Chart} */
function topOf(times, rows) {
  const sum = (/** @type {(number|null)[]} */ values) =>
    values.reduce((/** @type {number} */ all, one) => all + (one ?? 0), 0);
  const ranked = rows
    .map((row) => ({ row, sum: row.key === 'other' ? -1 : sum(row.sent) + sum(row.received) }))
    .sort((a, b) => b.sum - a.sum)
    .map(({ row }) => row);
  const top = ranked.slice(0, SHOWN).filter(({ key }) => key !== 'other');
  const rest = ranked.filter((row) => !top.includes(row));
  const add = (/** @type {'sent'|'received'} */ way) =>
    times.map((_, i) => (rows[0]?.[way][i] === null ? null : rest.reduce((all, row) => all + (row[way][i] ?? 0), 0)));
  return {
    times: [...times],
    keys: [...top.map(({ key }) => key), 'other'],
    sent: [...top.map(({ sent }) => sent), add('sent')],
    received: [...top.map(({ received }) => received), add('received')],
  };
}
