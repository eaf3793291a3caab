// Owns: a colour for a program that stays across reloads: chosen by its hash, of a palette that colour-blind people tell apart.
// Knows nothing of: charts.
const COLOURS = [
  '#4477aa',
  '#ee6677',
  '#228833',
  '#ccbb44',
  '#66ccee',
  '#aa3377',
  '#ee7733',
  '#009988',
  '#9970ab',
  '#997700',
];
export const OTHER = '#8a929c';
const KEPT = 'nettrace.colours';
/** Hashes, not names: what programs are called is not left behind in the browser. @type {Record<string, number>} */
const chosen = JSON.parse(localStorage.getItem(KEPT) ?? '{}');

/** FNV-1a. @param {string} text */
function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** Programs that are shown together get different colours. @param {readonly string[]} shown @returns {Map<string, string>} */
export function colours(shown) {
  const taken = new Set();
  const found = new Map();
  for (const name of [...shown].sort()) {
    const key = String(hash(name));
    let slot = chosen[key] ?? Number(key) % COLOURS.length;
    while (taken.has(slot) && taken.size < COLOURS.length) slot = (slot + 1) % COLOURS.length;
    taken.add(slot);
    if (chosen[key] !== slot && Object.keys(chosen).length < 500) {
      chosen[key] = slot;
      localStorage.setItem(KEPT, JSON.stringify(chosen));
    }
    found.set(name, COLOURS[slot]);
  }
  return found;
}
