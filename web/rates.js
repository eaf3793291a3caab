// Owns: what each row moved while the page was open, and its picture: sent upwards, received downwards.
// Knows nothing of: the chart of programs and the panel around the picture.
import { element } from './dom.js';
import { clock, rate } from './format.js';

/** An hour at one a second; what is older is forgotten. */
const MOST = 3600;
const COLUMNS = 180;
const HALF = 32;
const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {{times: number[], sent: number[], received: number[]}} Rates of a row; ms since 1970, bytes a second */

export function createRates() {
  /** Rows that moved nothing are not in it. @type {{time: number, moved: Map<number, [number, number]>}[]} */ const past =
    [];
  return {
    /** @param {any} snapshot */
    add({ time, processes }) {
      const moved = new Map();
      for (const { id, sentRate, receivedRate } of processes)
        if (sentRate || receivedRate) moved.set(id, [sentRate ?? 0, receivedRate ?? 0]);
      past.push({ time: Date.parse(time), moved });
      if (past.length > MOST) past.shift();
    },
    /** @param {number} id @param {number} since ms since 1970; an id may have been another's before @returns {Rates} */
    of(id, since) {
      const own = past.filter(({ time }) => time >= since);
      const way = (/** @type {0|1} */ at) => own.map(({ moved }) => moved.get(id)?.[at] ?? 0);
      return { times: own.map(({ time }) => time), sent: way(0), received: way(1) };
    },
  };
}

/** The highest of each column, so that no burst is lost. @param {number[]} values */
function columnsOf(values) {
  const count = Math.min(COLUMNS, values.length);
  const at = (/** @type {number} */ i) => Math.floor((i * values.length) / count);
  return Array.from({ length: count }, (_, i) => Math.max(...values.slice(at(i), at(i + 1))));
}

/** @param {Rates} rates @returns {Node[]} none where there is nothing to draw yet */
export function rateGraph({ times, sent, received }) {
  if (times.length < 2) return [];
  const [up, down] = [Math.max(...sent), Math.max(...received)];
  const most = Math.max(up, down, 1);
  const [from, to] = [times[0], times.at(-1)].map((time) => clock(new Date(time ?? 0)));
  const words = `${from} to ${to}, peak sent ${rate(up)}, received ${rate(down)}`;
  const svg = document.createElementNS(SVG, 'svg');
  const give = (/** @type {Element} */ node, /** @type {Record<string, string>} */ attributes) => {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  give(svg, {
    viewBox: `0 0 ${COLUMNS} ${2 * HALF}`,
    preserveAspectRatio: 'none',
    class: 'rates',
    role: 'img',
    'aria-label': words,
  });
  for (const [values, sign, css] of /** @type {const} */ ([
    [sent, -1, 'rates-sent'],
    [received, 1, 'rates-received'],
  ])) {
    const columns = columnsOf(values);
    const x = (/** @type {number} */ i) => ((i * COLUMNS) / (columns.length - 1)).toFixed(1);
    const line = columns.map((value, i) => `${x(i)},${(HALF + (sign * value * (HALF - 1)) / most).toFixed(1)}`);
    const points = [`0,${HALF}`, ...line, `${COLUMNS},${HALF}`].join(' ');
    svg.append(give(document.createElementNS(SVG, 'polygon'), { points, class: css }));
  }
  return [
    element('h3', {}, 'Rate'),
    svg,
    element(
      'p',
      { class: 'dim rates-words' },
      `${from} to ${to} · `,
      element('i', { class: 'swatch rates-sent' }),
      `sent, peak ${rate(up)} · `,
      element('i', { class: 'swatch rates-received' }),
      `received, peak ${rate(down)}`,
    ),
  ];
}
