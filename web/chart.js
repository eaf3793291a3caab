// Owns: the stacked area chart: sent upwards, received downwards, and the table that reads it out.
// Knows nothing of: where the figures come from.
import uPlot from '/vendor/uplot/uPlot.esm.js';
import { byId, element, setText } from './dom.js';
import { rate } from './format.js';
import { colours, OTHER } from './palette.js';

/** @param {(program: string) => void} select */
export function createChart(select) {
  const place = byId('chart');
  const legend = byId('legend');
  /** @type {any} */ let plot;
  /** @type {import('./series.js').Chart} */ let shown = { times: [], keys: [], sent: [], received: [] };
  let made = '';
  let direction = 'both';
  let live = true;
  /** @type {any[]} */ let data = [[]];
  const style = (/** @type {string} */ name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const sizeOf = () => ({ width: place.clientWidth, height: place.clientHeight });

  /** The clock, or the day where that is all that differs. @param {number} time @param {number} _at @param {number[]} all */
  function moment(time, _at, all) {
    const date = new Date(time * 1000);
    const clock = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
    const isDay = clock === '00:00' || (all[1] ?? 0) - (all[0] ?? 0) >= 86_400;
    return isDay && !live ? date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' }) : clock;
  }

  /** The largest outline first, so that each smaller one is painted over it. @param {(number|null)[][]} rows @param {number} sign */
  function stack(rows, sign) {
    const outlines = [];
    let below = shown.times.map(() => 0);
    for (const row of rows) {
      below = below.map((sum, i) => sum + (row[i] ?? 0));
      outlines.push(below.map((sum, i) => (row[i] === null ? null : sign * sum)));
    }
    return outlines.reverse();
  }

  function build() {
    const found = colours(shown.keys.filter((key) => key !== 'other'));
    const colourOf = (/** @type {string} */ key) => (key === 'other' ? OTHER : (found.get(key) ?? OTHER));
    const back = style('--back');
    const band = (/** @type {string} */ key) => ({
      stroke: back,
      width: 1,
      fill: colourOf(key),
      fillTo: () => 0,
      points: { show: false },
    });
    const bands = [...shown.keys].reverse().map(band);
    const axis = {
      stroke: style('--dim'),
      grid: { stroke: style('--line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui',
    };
    plot?.destroy();
    plot = new uPlot(
      {
        ...sizeOf(),
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        series: [
          {},
          ...(direction === 'received' ? [] : bands),
          ...(direction === 'sent' ? [] : bands.map((one) => ({ ...one }))),
        ],
        padding: [8, 32, 0, 0],
        scales: {
          x: {
            range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) =>
              live ? [high - 900, high] : [low, high],
          },
          y: {
            range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [
              Math.min(0, low * 1.05),
              Math.max(direction === 'received' ? 0 : 1000, high * 1.05),
            ],
          },
        },
        axes: [
          { ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map(moment) },
          {
            ...axis,
            size: 72,
            values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => rate(Math.abs(tick))),
          },
        ],
        hooks: { setCursor: [readOut] },
      },
      data,
      place,
    );
    legend.replaceChildren(
      ...shown.keys.map((key) => {
        const swatch = element('span', { class: 'swatch' });
        swatch.style.background = colourOf(key);
        const button = element('button', { type: 'button', title: key }, swatch, key);
        if (key !== 'other') button.addEventListener('click', () => select(key));
        return element('tr', { 'data-key': key }, element('td', {}, button), element('td'), element('td'));
      }),
    );
  }

  function readOut() {
    const hovered = plot?.cursor.idx;
    const at = hovered ?? shown.times.length - 1;
    setText(
      byId('legend-time'),
      hovered === null || hovered === undefined ? 'latest' : new Date((shown.times[at] ?? 0) * 1000).toLocaleString(),
    );
    for (const [i, row] of [...legend.children].entries()) {
      setText(row.children[1], rate(shown.sent[i]?.[at]));
      setText(row.children[2], rate(shown.received[i]?.[at]));
    }
  }

  function draw() {
    const up = direction === 'received' ? [] : stack(shown.sent, 1);
    const down = direction === 'sent' ? [] : stack(shown.received, -1);
    data = [shown.times, ...up, ...down];
    const wanted = JSON.stringify([
      shown.keys,
      direction,
      document.documentElement.dataset['theme'] ?? '',
      matchMedia('(prefers-color-scheme: dark)').matches,
    ]);
    if (wanted !== made) {
      made = wanted;
      build();
    } else plot.setData(data);
    readOut();
  }

  new ResizeObserver(() => plot?.setSize(sizeOf())).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  place.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || plot === undefined) return;
    event.preventDefault();
    const at = Math.max(0, Math.min(shown.times.length - 1, (plot.cursor.idx ?? shown.times.length - 1) + by));
    plot.setCursor({ left: plot.valToPos(shown.times[at], 'x'), top: 1 });
  });
  place.addEventListener('click', () => {
    const at = plot?.cursor.idx;
    if (at === null || at === undefined) return;
    const value = plot.posToVal(plot.cursor.top, 'y');
    const rows = value >= 0 ? shown.sent : shown.received;
    let sum = 0;
    const hit = rows.findIndex((row) => {
      sum += row[at] ?? 0;
      return sum >= Math.abs(value);
    });
    const key = shown.keys[hit];
    if (key !== undefined && key !== 'other') select(key);
  });
  return {
    /** @param {import('./series.js').Chart} chart @param {boolean} isLive the last 15 minutes, however few are known */
    show(chart, isLive) {
      shown = chart;
      live = isLive;
      draw();
    },
    /** @param {string} way */
    turn(way) {
      direction = way;
      draw();
    },
    redraw: draw,
  };
}
