// Owns: what the service told: the list behind the button in the header, the number of unseen warnings, the word that is news.
// Knows nothing of: snapshots and the line in which news is shown.
import { byId, element, setText } from './dom.js';
import { clock, moment } from './format.js';

const MOST = 300;
/** News is what happened just now, and stays so for a while. */
const FRESH_MS = 60_000;
const SHOWN_MS = 120_000;
const SEEN = 'nettrace.seen';

/** @typedef {{id: number, time: string, level: string, text: string, kind?: string, budget?: any}} Told */

const isWarning = (/** @type {Told} */ { level }) => level === 'warn' || level === 'error';

/** @param {() => void} changed hears that the news is another, or none any more */
export function createLog(changed) {
  const dialog = byId('log');
  const [list, announcer] = [byId('log-rows'), byId('news')];
  /** The newest first. @type {Told[]} */ let events = [];
  /** @type {Told | undefined} */ let news;
  let timer = 0;
  let seen = Number(localStorage.getItem(SEEN) ?? 0);

  function count() {
    if (dialog.open && events[0] !== undefined && events[0].id > seen) {
      seen = events[0].id;
      localStorage.setItem(SEEN, String(seen));
    }
    const unseen = events.filter((event) => isWarning(event) && event.id > seen).length;
    setText(byId('log-count'), unseen === 0 ? '' : `!${unseen}`);
    byId('log-open').setAttribute('aria-label', unseen === 0 ? 'Log' : `Log, ${unseen} unseen`);
  }

  /** @param {Told | undefined} next */
  function setNews(next) {
    if (news === next) return;
    news = next;
    clearTimeout(timer);
    if (next !== undefined) timer = setTimeout(() => setNews(undefined), SHOWN_MS);
    setText(announcer, next?.text ?? '');
    changed();
  }

  function draw() {
    byId('log-none').hidden = events.length > 0;
    list.replaceChildren(...events.map(line));
  }

  function open() {
    draw();
    dialog.showModal();
    setNews(undefined);
    count();
  }

  byId('log-open').addEventListener('click', open);
  byId('log-close').addEventListener('click', () => dialog.close());
  // What is around the sheet is the dialog's own backdrop.
  dialog.addEventListener('click', (/** @type {Event} */ event) => event.target === dialog && dialog.close());

  return {
    /** @param {any} event @param {number} now of the service, ms; NaN: it has told nothing yet, and this is from before */
    add(event, now) {
      const told = { ...event, text: event.text ?? '', level: event.level ?? 'info' };
      if (events.some(({ id }) => id === told.id)) return;
      events = [told, ...events].sort((a, b) => b.id - a.id).slice(0, MOST);
      const name = told.budget?.name;
      const isFresh = now - Date.parse(told.time) < FRESH_MS;
      if (isFresh && isWarning(told) && !dialog.open) setNews(told);
      else if (name !== undefined && name === news?.budget?.name) setNews(undefined);
      if (dialog.open) draw();
      count();
    },
    /** What the line says for a while; '' without news. */
    word: () => news?.text ?? '',
    dismiss: () => setNews(undefined),
    open,
  };
}

/** @param {Told} event */
function line({ time, level, text }) {
  const at = new Date(time);
  const isToday = at.toDateString() === new Date().toDateString();
  const word = { warn: 'warning', error: 'error' }[level] ?? level;
  return element(
    'tr',
    {},
    element('td', { class: 'dim' }, element('time', { datetime: time }, isToday ? clock(at) : moment(at))),
    element('td', { class: word === level && level !== 'error' ? 'dim' : 'bad' }, word),
    element('td', {}, text),
  );
}
