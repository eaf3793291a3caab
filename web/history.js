// Owns: the range picker: which time the chart shows, by what, and asking the service for it.
// Knows nothing of: the live figures and how a chart is drawn.
import { ask } from './api.js';
import { byId, press, setText } from './dom.js';
import { historyChart } from './series.js';

const AGAIN_MS = 10_000;
const FILL_SECONDS = 900;

/**
 * @param {() => string} token
 * @param {() => number} now ms since 1970, of the service
 * @param {{history(chart: import('./series.js').Chart & import('./series.js').Sums): void, live(): void}} show
 */
export function createHistory(token, now, show) {
  /** @type {{since: () => Date, until: () => Date} | undefined} */ let range;
  let asked = 0;

  async function draw() {
    if (range === undefined) return;
    const [chosen, by] = [range, byId('by').value];
    asked = performance.now();
    const query = new URLSearchParams({
      since: chosen.since().toISOString(),
      until: chosen.until().toISOString(),
      by,
      limit: '8',
      step: '0',
    });
    try {
      const answer = await ask(token(), `/api/v1/history?${query}`);
      if (range !== chosen || byId('by').value !== by) return;
      show.history(historyChart(answer, { now: now() / 1000 }));
      setText(byId('chart-title'), 'Bandwidth, history');
    } catch (error) {
      if (range === chosen)
        setText(byId('chart-title'), `No history: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** @param {typeof range} next */
  function turnTo(next) {
    range = next;
    byId('by-label').hidden = next === undefined;
    setText(byId('chart-title'), 'Bandwidth');
    if (next === undefined) show.live();
    else draw();
  }

  function toLive() {
    press(byId('ranges'), '0');
    byId('custom').hidden = true;
    turnTo(undefined);
  }

  byId('ranges').addEventListener('click', (/** @type {any} */ event) => {
    const { value } = event.target;
    if (value === undefined) return;
    if (value === '0') return toLive();
    press(byId('ranges'), value);
    byId('custom').hidden = value !== 'custom';
    if (value === 'custom') return suggest();
    const seconds = Number(value);
    turnTo({ since: () => new Date(now() - seconds * 1000), until: () => new Date(now()) });
  });
  /** The last day, to be changed, where nothing was chosen yet. */
  function suggest() {
    for (const [id, time] of /** @type {const} */ ([
      ['since', now() - 86_400_000],
      ['until', now()],
    ])) {
      const zone = new Date(time).getTimezoneOffset() * 60_000;
      byId(id).value ||= new Date(time - zone).toISOString().slice(0, 16);
    }
  }

  byId('custom').addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    const [since, until] = [new Date(byId('since').value), new Date(byId('until').value)];
    byId('until').setCustomValidity(since < until ? '' : 'This must be later than the start.');
    if (byId('until').reportValidity()) turnTo({ since: () => since, until: () => until });
  });
  byId('until').addEventListener('input', () => byId('until').setCustomValidity(''));
  byId('by').addEventListener('change', draw);

  return {
    isShown: () => range !== undefined,
    toLive,
    /** With every refresh: a range that ends now moves on. */
    follow() {
      if (range !== undefined && performance.now() - asked > AGAIN_MS) draw();
    },
    /** The last minutes, by program, for the live chart; undefined where there is no history. @param {string} time of the first snapshot */
    async lastMinutes(time) {
      const since = new Date(Date.parse(time) - FILL_SECONDS * 1000).toISOString();
      const query = new URLSearchParams({ since, until: time, by: 'program', limit: '40', step: '10' });
      return ask(token(), `/api/v1/history?${query}`).catch(() => undefined);
    },
  };
}
