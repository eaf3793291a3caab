// Owns: a bar for each budget of the service, below the host strip; nothing where there are none.
// Knows nothing of: how budgets are counted.
import { byId, element, setText } from './dom.js';
import { rate, size } from './format.js';

/** @type {HTMLElement | undefined} */ let place;
let drawn = '';

/** @param {any} snapshot */
export function showBudgets({ service }) {
  const budgets = service?.budgets ?? [];
  const names = JSON.stringify(budgets.map((/** @type {any} */ one) => one.name));
  if (names !== drawn) {
    drawn = names;
    place?.remove();
    place = element('section', { class: 'host', id: 'budgets', 'aria-label': 'Budgets' }, ...budgets.map(meter));
    if (budgets.length > 0) byId('host').after(place);
  }
  for (const [at, budget] of budgets.entries()) fill(/** @type {any} */ (place?.children[at]), budget);
}

/** @param {any} budget */
function meter({ name, by, match, direction }) {
  const what = `${by} ${match}${direction === 'both' ? '' : `, ${direction}`}`;
  return element(
    'div',
    { class: 'meter', title: what },
    element('span', { class: 'label' }, name),
    element('span', {}),
    element('div', { class: 'track' }, element('i')),
  );
}

/** @param {any} place @param {any} budget */
function fill(place, { usedBytes, limitBytes, share, state, per, forSeconds }) {
  const [, text, track] = place.children;
  const amount =
    per === null
      ? `${rate(usedBytes / forSeconds)} of ${rate(limitBytes / forSeconds)}`
      : `${size(usedBytes)} of ${size(limitBytes)} ${per === 'day' ? 'today' : `this ${per}`}`;
  setText(text, state === 'ok' ? amount : `${amount}: ${state === 'warn' ? 'nearly used up' : 'exceeded'}`);
  text.className = state === 'ok' ? '' : 'bad';
  track.className = state === 'exceeded' ? 'track full' : 'track';
  track.firstChild.style.transform = `scaleX(${Math.min(1, share)})`;
}
