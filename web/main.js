// Owns: the page as a whole: what a snapshot, a key and a button do.
// Knows nothing of: how any part is drawn.
import { ask, exchange, findToken, follow, forgetToken, Refused } from './api.js';
import { showBudgets } from './budgets.js';
import { createChart } from './chart.js';
import { byId, press, setText } from './dom.js';
import { asEnded, createEnded, isSame } from './ended.js';
import { compile } from './filter.js';
import { rate, size } from './format.js';
import { createFreshness } from './freshness.js';
import { createHistory } from './history.js';
import { createLog } from './log.js';
import { showPanel } from './panel.js';
import { showAlerts, showHost, showInterfaces } from './parts.js';
import { programOf } from './program.js';
import { createQueues } from './queues.js';
import { createRates } from './rates.js';
import { createSeries } from './series.js';
import { createTable, nameOf } from './table.js';

const AWAY = 'The service does not answer.';
const SUMMARY_MS = 30_000;
/** What the history did not know yet when the page was opened is asked for once more. */
const FILL_AGAIN_MS = 20_000;
let token = '';
/** The last snapshot, with rows of ended processes that it does not list any more. @type {any} */ let latest;
/** The row in the panel, as it was last. @type {any} */ let opened;
let summarised = 0;
let away = '';
let frame = 0;

const series = createSeries();
const ended = createEnded();
const rates = createRates();
const chart = createChart(pick);
const serviceTime = () => (latest === undefined ? Date.now() : Date.parse(latest.time));
const history = createHistory(() => token, serviceTime, {
  history(past) {
    chart.show(past, false);
    for (const way of /** @type {const} */ (['sent', 'received']))
      figure(way, size(past.whole[way]), `${way}, peak ${rate(past.peak[way])}`);
  },
  live() {
    chart.show(series.chart(), true);
    if (latest !== undefined) showTotal();
  },
});
const table = createTable({ open, close });
const log = createLog(warn);
const queues = createQueues((pid) => {
  const row = latest.processes.find((/** @type {any} */ one) => one.pid === pid && one.state !== 'exited');
  if (row !== undefined) open(row.id);
});

/** From the chart to the processes: the busiest of a program, or all that the words of a filter name. @param {string} key @param {string} by */
function pick(key, by) {
  history.toLive();
  turnTo('processes');
  const rows = latest?.processes.filter((/** @type {any} */ row) => by === 'program' && programOf(row) === key) ?? [];
  const isAlive = (/** @type {any} */ row) => Number(row.state !== 'exited');
  rows.sort(
    (/** @type {any} */ a, /** @type {any} */ b) =>
      isAlive(b) - isAlive(a) || b.sentRate + b.receivedRate - a.sentRate - a.receivedRate,
  );
  if (rows[0] === undefined) {
    const name = { interface: 'dev', program: 'name' }[by] ?? by;
    byId('filter').value = `${name}:"${key.replaceAll('"', '')}"`;
    filter();
    return;
  }
  byId('filter').value = '';
  filter();
  table.select(rows[0].id);
  open(rows[0].id);
}

/** @param {number} id */
function open(id) {
  opened = latest.processes.find((/** @type {any} */ one) => one.id === id);
  if (opened === undefined) return;
  byId('panel').hidden = false;
  drawPanel();
}

function close() {
  if (byId('panel').hidden) return;
  opened = undefined;
  byId('panel').hidden = true;
  const tab = TABS.find((each) => !byId(each).hidden);
  byId(tab === 'processes' ? 'table' : `tab-${tab}`).focus({ preventScroll: true });
}

async function drawPanel() {
  const row = latest.processes.find((/** @type {any} */ one) => one.id === opened.id && isSame(one, opened));
  const drawn = row ?? asEnded(opened, undefined);
  opened = drawn;
  let flows = drawn.state === 'exited' ? [] : (latest.connections ?? []);
  if (latest.connections === null && drawn.state !== 'exited') {
    const answer = await ask(token, `/api/v1/connections?owner=${drawn.id}`).catch(() => []);
    flows = Array.isArray(answer) ? answer : (answer.connections ?? []);
  }
  if (opened === drawn) showPanel(drawn, flows, latest, rates.of(drawn.id, Date.parse(drawn.startTime ?? 0)));
}

/** @param {any} snapshot */
function show(snapshot) {
  if (latest === undefined) for (const after of [0, FILL_AGAIN_MS]) setTimeout(fill, after, snapshot.time);
  series.add(snapshot);
  rates.add(snapshot);
  const { rows, earlier } = ended.add(snapshot);
  latest = { ...snapshot, processes: rows, earlier };
  redraw();
}

function redraw() {
  if (frame === 0 && latest !== undefined) frame = requestAnimationFrame(draw);
}

/** @param {string} time */
async function fill(time) {
  const answer = await history.lastMinutes(time);
  if (answer === undefined) return;
  series.fill(answer, serviceTime() / 1000);
  if (!history.isShown()) chart.show(series.chart(), true);
}

/** What is beside the title. @param {'sent' | 'received'} way @param {string} value @param {string} words */
function figure(way, value, words) {
  setText(byId(`total-${way}`), value);
  setText(byId(`total-${way}-words`), words);
}

function showTotal() {
  figure('sent', rate(latest.total.sentRate), 'sent');
  figure('received', rate(latest.total.receivedRate), 'received');
}

function warn() {
  if (latest === undefined) setText(byId('waiting'), away || 'Waiting for the first figures.');
  else showAlerts(latest, log.word(), away);
}

/** Nothing is seen before it is all there, so that nothing moves. */
function reveal() {
  byId('waiting').hidden = true;
  byId('page').toggleAttribute('data-known', true);
}

/** Once a frame, and not at all in a tab that nobody sees. */
function draw() {
  frame = 0;
  const snapshot = latest;
  reveal();
  showHost(snapshot);
  showBudgets(snapshot);
  warn();
  if (history.isShown()) history.follow();
  else {
    showTotal();
    chart.show(series.chart(), true);
  }
  table.show(snapshot.processes, { title: 'TOTAL', ...snapshot.total, earlier: snapshot.earlier });
  showInterfaces(snapshot);
  if (!byId('queues').hidden) queues.show(snapshot);
  if (opened !== undefined) drawPanel();
  if (Date.now() - summarised > SUMMARY_MS) {
    summarised = Date.now();
    const [first] = [...snapshot.processes].sort((a, b) => b.sentRate + b.receivedRate - a.sentRate - a.receivedRate);
    setText(
      byId('summary'),
      `Sending ${rate(snapshot.total.sentRate)}, receiving ${rate(snapshot.total.receivedRate)}.${first === undefined ? '' : ` Busiest: ${nameOf(first)}.`}`,
    );
  }
}

byId('direction').addEventListener('click', (/** @type {any} */ event) => {
  if (event.target.value === undefined) return;
  press(byId('direction'), event.target.value);
  chart.turn(event.target.value);
});
function filter() {
  const found = compile(byId('filter').value, serviceTime);
  setText(byId('filter-problem'), 'problem' in found ? found.problem : '');
  if ('matches' in found) table.filter(byId('filter').value.trim() === '' ? undefined : found.matches);
}
byId('filter').addEventListener('input', filter);

const TABS = ['processes', 'interfaces', 'queues'];
/** @param {string} name */
function turnTo(name) {
  for (const each of TABS) {
    byId(each).hidden = each !== name;
    byId(`tab-${each}`).setAttribute('aria-selected', String(each === name));
    byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  redraw();
}
for (const each of TABS) byId(`tab-${each}`).addEventListener('click', () => turnTo(each));
byId('tabs').addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
  const by = { ArrowLeft: 2, ArrowRight: 1 }[event.key];
  const at = TABS.findIndex((each) => !byId(each).hidden);
  const next = by === undefined ? undefined : TABS[(at + by) % TABS.length];
  if (next === undefined) return;
  turnTo(next);
  byId(`tab-${next}`).focus();
});
byId('alert').addEventListener('click', () => {
  if (log.word() === '') turnTo('queues');
  else log.open();
});
byId('dismiss').addEventListener('click', () => {
  log.dismiss();
  byId('alert').focus();
});
byId('close').addEventListener('click', close);
const THEMES = ['auto', 'dark', 'light'];
const theme = () => document.documentElement.dataset['theme'] ?? 'auto';
const nameTheme = () => setText(byId('theme'), `theme: ${theme()}`);
byId('theme').addEventListener('click', () => {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? 'auto';
  if (next === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  localStorage.setItem('nettrace.theme', next);
  nameTheme();
  chart.redraw();
});
nameTheme();
addEventListener('keydown', (event) => {
  if (byId('log').open) return;
  if (event.key === 'Escape') close();
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    byId('filter').focus();
  }
});
document.addEventListener('visibilitychange', redraw);

const freshness = createFreshness((sentence) => {
  if ((sentence === '') !== (away === '')) setText(byId('summary'), sentence || 'Figures are live again.');
  away = sentence;
  byId('page').toggleAttribute('data-stale', sentence !== '');
  warn();
});

/** @param {'live' | 'lost' | 'waiting'} state @param {string} text */
function status(state, text) {
  byId('status').dataset.state = state;
  setText(byId('status'), text);
}

async function run() {
  byId('door').hidden = true;
  byId('page').hidden = false;
  byId('waiting').hidden = latest !== undefined;
  await follow(token, {
    snapshot(snapshot) {
      freshness.heard(snapshot);
      show(snapshot);
    },
    state(state, text) {
      status(state, text);
      if (state === 'lost') freshness.lost();
    },
    // What comes before the first snapshot of a stream is what happened while nobody listened.
    event: (event) => log.add(event, byId('status').dataset.state === 'live' ? Date.parse(latest.time) : Number.NaN),
  });
  forgetToken();
  status('lost', 'token refused');
  askForToken('The token of this tab is not valid any more.');
}

/** @param {string} why */
function askForToken(why) {
  setText(byId('token-problem'), why);
  byId('page').hidden = true;
  byId('waiting').hidden = true;
  byId('door').hidden = false;
  byId('token').focus();
}

byId('token-form').addEventListener('submit', async (/** @type {Event} */ event) => {
  event.preventDefault();
  try {
    token = await exchange(byId('token').value.trim());
  } catch {
    return setText(byId('token-problem'), AWAY);
  }
  if (token === '') setText(byId('token-problem'), 'This token is not valid here.');
  else run();
});

try {
  token = await findToken();
  if (token === '') {
    status('waiting', 'no token');
    askForToken('');
  } else run();
} catch (error) {
  status('lost', error instanceof Refused ? 'token refused' : 'no answer');
  askForToken(
    error instanceof Refused ? 'The token in the address is used up or too old, or of another service.' : AWAY,
  );
}
