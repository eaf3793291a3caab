// Owns: the last lines of the process table: what ended earlier, and the total that all lines add up to.
// Knows nothing of: which rows there are and in which order.
import { byId, element, setText } from './dom.js';

/** @typedef {{title: string, sentRate: number | null, receivedRate: number | null, sentTotal: number, receivedTotal: number,
 *   earlier?: import('./ended.js').Moved}} Sums */

const SUMMED = new Set(['sentRate', 'receivedRate', 'sentTotal', 'receivedTotal']);

/** Of some rows. @param {readonly any[]} rows @returns {Sums} */
export function sumOf(rows) {
  const sum = (/** @type {string} */ key) => rows.reduce((all, row) => all + (row[key] ?? 0), 0);
  return {
    title: `TOTAL of ${rows.length} shown`,
    ...{ sentRate: sum('sentRate'), receivedRate: sum('receivedRate') },
    ...{ sentTotal: sum('sentTotal'), receivedTotal: sum('receivedTotal') },
  };
}

/** @param {readonly {key: string, css: string, text(row: any): string}[]} columns */
export function createFoot(columns) {
  const line = (/** @type {string} */ id) =>
    element('tr', { id, role: 'row' }, ...columns.map(({ css }) => element('td', { class: css, role: 'gridcell' })));
  const [earlier, total] = [line('earlier'), line('total')];
  byId('foot').append(earlier, total);

  /** @param {HTMLElement} place @param {string} title @param {any} sums */
  function fill(place, title, sums) {
    for (const [i, { key, text }] of columns.entries()) {
      const cell = place.children[i];
      if (cell !== undefined) setText(cell, key === 'program' ? title : SUMMED.has(key) ? text(sums) : '');
    }
  }

  return {
    /** @param {Sums} sums */
    show(sums) {
      const moved = sums.earlier ?? { sentTotal: 0, receivedTotal: 0 };
      byId('foot').hidden = false;
      earlier.hidden = moved.sentTotal + moved.receivedTotal === 0;
      fill(earlier, 'ended earlier', { sentRate: 0, receivedRate: 0, ...moved });
      fill(total, sums.title, sums);
    },
  };
}
