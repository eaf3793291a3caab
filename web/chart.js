// Owns: the stacked area chart: sent upwards, received downwards, and the table that reads it out.
// Knows nothing of: where the figures come from.
import uPlot from '/vendor/uplot/uPlot.esm.js';
import { byId, element, isMarking, setText } from './dom.js';
import { moment, rate, size } from './format.js';
import { colours, OTHER } from './palette.js';

/** @param {(key: string, by: string) => void} select hears of a click on a program, or what else the bytes are summed up by */
export function createChart(select) {
  const place = byId('chart');
  const legend = byId('legend');
  /** @type {any} */ let plot;
  /** @type {import('./series.js').Chart & Partial<import('./series.js').Sums>} */ let shown = {
    times: [],
    keys: [],
    sent: [],
    received: [],
    gaps: [],
    title: 'program',
  };
  let made = '';
  let direction = 'both';
  let live = true;
  /** @type {any[]} */ let data = [[]];
  const style = (/** @type {string} */ name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const canSelect = (/** @type {string} */ key) =>
    key !== 'other' && !key.startsWith('(no ') && shown.title !== 'remote';
  const sizeOf = () => ({ width: place.clientWidth, height: place.clientHeight });

  /** The clock as exactly as it differs, or the day where that is all that does. @param {number} time @param {number} _at @param {number[]} all */
  function tick(time, _at, all) {
    const date = new Date(time * 1000);
    const minute = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
    const apart = (all[1] ?? 0) - (all[0] ?? 0);
    if (apart > 0 && apart < 60) return `${minute}:${String(date.getSeconds()).padStart(2, '0')}`;
    const isDay = minute === '00:00' || apart >= 86_400;
    return isDay && !live ? date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' }) : minute;
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
              live ? [high - 900, high] : (shown.range ?? [low, high]),
          },
          y: {
            range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [
              Math.min(0, low * 1.05),
              Math.max(direction === 'received' ? 0 : 1000, high * 1.05),
            ],
          },
        },
        axes: [
          {
            ...axis,
            // Clocks with seconds are wider.
            space: (
              /** @type {any} */ _,
              /** @type {number} */ _at,
              /** @type {number} */ low,
              /** @type {number} */ high,
            ) => (high - low < 890 ? 72 : 50),
            values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map(tick),
          },
          {
            ...axis,
            size: 72,
            values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => rate(Math.abs(tick))),
          },
        ],
        hooks: { setCursor: [readOut], draw: [markGaps] },
      },
      data,
      place,
    );
    setText(
      byId('legend-key'),
      shown.title.replace(/^./, (first) => first.toUpperCase()),
    );
    legend.replaceChildren(
      ...shown.keys.map((key) => {
        const swatch = element('span', { class: 'swatch' });
        swatch.style.background = colourOf(key);
        const button = /** @type {HTMLButtonElement} */ (
          element('button', { type: 'button', title: key }, swatch, key)
        );
        const leads = canSelect(key);
        button.disabled = !leads;
        return element('tr', leads ? { 'data-key': key } : {}, element('td', {}, button), element('td'), element('td'));
      }),
    );
  }

  /** Time that nobody counted is not time without traffic. @param {any} drawn */
  function markGaps(drawn) {
    const { ctx, bbox } = drawn;
    const pixel = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${12 * pixel}px system-ui`;
    ctx.textAlign = 'center';
    for (const gap of shown.gaps) {
      const [left, right] = gap.map((time) => drawn.valToPos(time, 'x', true));
      const width = Math.max(2 * pixel, right - left);
      ctx.globalAlpha = 0.55;
      ctx.fillStyle = style('--line');
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.globalAlpha = 1;
      ctx.fillStyle = style('--dim');
      if (width > 80 * pixel) ctx.fillText('not counted', left + width / 2, bbox.top + 16 * pixel);
    }
    ctx.restore();
  }

  function readOut() {
    const hovered = plot?.cursor.idx;
    const at = hovered ?? shown.times.length - 1;
    const isHovered = hovered !== null && hovered !== undefined;
    const time = shown.times[at] ?? 0;
    const isGap = shown.gaps.some(([from, until]) => from <= time && time <= until);
    const when = `${moment(new Date(time * 1000))}${isGap ? ', not counted' : ''}`;
    const { totals } = shown;
    const sums = isHovered ? undefined : totals;
    legend.toggleAttribute('data-sums', totals !== undefined);
    const isEmpty = totals !== undefined && shown.keys.length === 0;
    setText(byId('legend-time'), isHovered ? when : totals === undefined ? 'latest' : isEmpty ? '' : 'the whole range');
    setText(byId('chart-note'), isEmpty ? 'nothing was counted in this time' : '');
    for (const [i, row] of [...legend.children].entries()) {
      setText(row.children[1], sums === undefined ? rate(shown.sent[i]?.[at]) : size(sums.sent[i]));
      setText(row.children[2], sums === undefined ? rate(shown.received[i]?.[at]) : size(sums.received[i]));
    }
  }

  function draw() {
    const up = direction === 'received' ? [] : stack(shown.sent, 1);
    const down = direction === 'sent' ? [] : stack(shown.received, -1);
    data = [shown.times, ...up, ...down];
    const wanted = JSON.stringify([
      shown.title,
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
  legend.addEventListener('click', (/** @type {any} */ event) => {
    const key = event.target.closest('tr')?.dataset.key;
    if (key !== undefined && !isMarking()) select(key, shown.title);
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
    if (key !== undefined && canSelect(key)) select(key, shown.title);
  });
  return {
    /** @param {import('./series.js').Chart & Partial<import('./series.js').Sums>} chart @param {boolean} isLive the last 15 minutes, however few are known */
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
