// Owns: the page as a whole: what a snapshot, a key and a button do.
// Knows nothing of: how any part is drawn.
import { ask, exchange, findToken, follow, forgetToken } from './api.js';
import { showBudgets } from './budgets.js';
import { createChart } from './chart.js';
import { byId, press, setText } from './dom.js';
import { compile } from './filter.js';
import { rate } from './format.js';
import { createFreshness } from './freshness.js';
import { createHistory } from './history.js';
import { showPanel } from './panel.js';
import { showAlerts, showHost, showInterfaces, showQueues } from './parts.js';
import { createSeries, programOf } from './series.js';
import { createTable, nameOf } from './table.js';

const SUMMARY_MS = 30_000;
/** What the history did not know yet when the page was opened is asked for once more. */
const FILL_AGAIN_MS = 20_000;
let token = '';
/** @type {any} */ let latest;
/** @type {number | undefined} */ let opened;
let word = '';
let summarised = 0;
let away = '';
let frame = 0;

const series = createSeries();
const chart = createChart(pick);
const history = createHistory(() => token, {
  history: (past) => chart.show(past, false),
  live: () => chart.show(series.chart(), true),
});
const table = createTable({ open, close });

/** From the chart to the processes: the busiest of a program, or all that the words of a filter name. @param {string} key @param {string} by */
function pick(key, by) {
  history.toLive();
  turnTo('processes');
  const rows = latest?.processes.filter((/** @type {any} */ row) => by === 'program' && programOf(row) === key) ?? [];
  rows.sort((/** @type {any} */ a, /** @type {any} */ b) => b.sentRate + b.receivedRate - a.sentRate - a.receivedRate);
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
  opened = id;
  byId('panel').hidden = false;
  drawPanel();
}

function close() {
  if (byId('panel').hidden) return;
  opened = undefined;
  byId('panel').hidden = true;
  byId('table').focus({ preventScroll: true });
}

async function drawPanel() {
  const id = opened;
  const row = latest?.processes.find((/** @type {any} */ one) => one.id === id);
  if (row === undefined) return;
  let flows = latest.connections ?? [];
  if (latest.connections === null) {
    const answer = await ask(token, `/api/v1/connections?owner=${id}`).catch(() => []);
    flows = Array.isArray(answer) ? answer : (answer.connections ?? []);
  }
  if (id === opened) showPanel(row, flows, latest);
}

/** @param {any} snapshot */
function show(snapshot) {
  if (latest === undefined) for (const after of [0, FILL_AGAIN_MS]) setTimeout(fill, after, snapshot.time);
  latest = snapshot;
  series.add(snapshot);
  if (frame === 0) frame = requestAnimationFrame(draw);
}

/** @param {string} time */
async function fill(time) {
  const answer = await history.lastMinutes(time);
  if (answer === undefined) return;
  series.fill(answer);
  if (!history.isShown()) chart.show(series.chart(), true);
}

/** Once a frame, and not at all in a tab that nobody sees. */
function draw() {
  frame = 0;
  const snapshot = latest;
  showHost(snapshot);
  showBudgets(snapshot);
  showAlerts(snapshot, word, away);
  setText(byId('total-sent'), rate(snapshot.total.sentRate));
  setText(byId('total-received'), rate(snapshot.total.receivedRate));
  if (history.isShown()) history.follow();
  else chart.show(series.chart(), true);
  table.show(snapshot.processes);
  showInterfaces(snapshot);
  if (!byId('queues').hidden) showQueues(snapshot);
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
  const found = compile(byId('filter').value);
  setText(byId('filter-problem'), 'problem' in found ? found.problem : '');
  if ('matches' in found) table.filter(found.matches);
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
  if (latest !== undefined) show(latest);
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
byId('alert').addEventListener('click', () => turnTo('queues'));
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
  if (event.key === 'Escape') close();
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    byId('filter').focus();
  }
});
document.addEventListener('visibilitychange', () => latest !== undefined && show(latest));

const freshness = createFreshness((sentence) => {
  if ((sentence === '') !== (away === '')) setText(byId('summary'), sentence || 'Figures are live again.');
  away = sentence;
  byId('page').toggleAttribute('data-stale', sentence !== '');
  if (latest !== undefined) showAlerts(latest, word, away);
});

/** @param {'live' | 'lost' | 'waiting'} state @param {string} text */
function status(state, text) {
  byId('status').dataset.state = state;
  setText(byId('status'), text);
}

async function run() {
  byId('door').hidden = true;
  byId('page').hidden = false;
  await follow(token, {
    snapshot(snapshot) {
      freshness.heard(snapshot);
      show(snapshot);
    },
    state(state, text) {
      status(state, text);
      if (state === 'lost') freshness.lost();
    },
    event: (event) => {
      // Good news is in the log; this line is for what needs action.
      if (event.level === 'warn' || event.level === 'error') word = event.text ?? event.message ?? '';
    },
  });
  forgetToken();
  status('lost', 'token refused');
  askForToken();
}

function askForToken() {
  byId('page').hidden = true;
  byId('door').hidden = false;
  byId('token').focus();
}

byId('token-form').addEventListener('submit', async (/** @type {Event} */ event) => {
  event.preventDefault();
  token = await exchange(byId('token').value.trim()).catch(() => '');
  if (token === '')
    setText(byId('token-problem'), 'This token is not valid here; nettrace serve says where the right one is kept.');
  else run();
});

token = await findToken().catch(() => '');
if (token === '') askForToken();
else run();
