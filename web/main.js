// Owns: the page as a whole: what a snapshot, a key and a button do.
// Knows nothing of: how any part is drawn.
import { ask, exchange, findToken, follow, forgetToken } from './api.js';
import { showBudgets } from './budgets.js';
import { createChart } from './chart.js';
import { byId, press, setText } from './dom.js';
import { compile } from './filter.js';
import { rate } from './format.js';
import { showPanel } from './panel.js';
import { showAlerts, showHost, showInterfaces, showQueues } from './parts.js';
import { createSeries, historyChart, programOf } from './series.js';
import { createTable, nameOf } from './table.js';

const SUMMARY_MS = 30_000;
const HISTORY_MS = 10_000;
let token = '';
/** @type {any} */ let latest;
/** @type {number | undefined} */ let opened;
let word = '';
let summarised = 0;
/** @type {{since: () => Date, until: () => Date, seconds: number} | undefined} */ let range;
let asked = 0;
let frame = 0;

const series = createSeries();
const chart = createChart((program) => {
  const rows = latest?.processes.filter((/** @type {any} */ row) => programOf(row) === program) ?? [];
  rows.sort((/** @type {any} */ a, /** @type {any} */ b) => b.sentRate + b.receivedRate - a.sentRate - a.receivedRate);
  if (rows[0] !== undefined) {
    table.select(rows[0].id);
    open(rows[0].id);
  }
});
const table = createTable({ open, close });

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
  latest = snapshot;
  series.add(snapshot);
  if (frame === 0) frame = requestAnimationFrame(draw);
}

/** Once a frame, and not at all in a tab that nobody sees. */
function draw() {
  frame = 0;
  const snapshot = latest;
  showHost(snapshot);
  showBudgets(snapshot);
  showAlerts(snapshot, word);
  setText(byId('total-sent'), rate(snapshot.total.sentRate));
  setText(byId('total-received'), rate(snapshot.total.receivedRate));
  if (range === undefined) chart.show(series.chart(), true);
  else if (Date.now() - asked > HISTORY_MS) drawHistory();
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

async function drawHistory() {
  if (range === undefined) return;
  const chosen = range;
  asked = Date.now();
  const query = new URLSearchParams({
    since: chosen.since().toISOString(),
    until: chosen.until().toISOString(),
    by: 'program',
    limit: '8',
    step: '0',
  });
  try {
    const answer = await ask(token, `/api/v1/history?${query}`);
    if (range !== chosen) return;
    chart.show(historyChart(answer), false);
    setText(byId('chart-title'), 'Bandwidth, history');
  } catch (error) {
    setText(byId('chart-title'), `No history: ${error instanceof Error ? error.message : error}`);
  }
}

byId('ranges').addEventListener('click', (/** @type {any} */ event) => {
  const { value } = event.target;
  if (value === undefined) return;
  press(byId('ranges'), value);
  byId('custom').hidden = value !== 'custom';
  if (value === 'custom') return;
  const seconds = Number(value);
  range =
    seconds === 0
      ? undefined
      : { seconds, since: () => new Date(Date.now() - seconds * 1000), until: () => new Date() };
  setText(byId('chart-title'), 'Bandwidth');
  if (range === undefined) chart.show(series.chart(), true);
  else drawHistory();
});
byId('custom').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  const [since, until] = [new Date(byId('since').value), new Date(byId('until').value)];
  range = { seconds: (until.getTime() - since.getTime()) / 1000, since: () => since, until: () => until };
  drawHistory();
});
byId('direction').addEventListener('click', (/** @type {any} */ event) => {
  if (event.target.value === undefined) return;
  press(byId('direction'), event.target.value);
  chart.turn(event.target.value);
});
byId('filter').addEventListener('input', () => {
  const found = compile(byId('filter').value);
  setText(byId('filter-problem'), 'problem' in found ? found.problem : '');
  if ('matches' in found) table.filter(found.matches);
});

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
byId('theme').addEventListener('click', () => {
  const isDark = getComputedStyle(document.documentElement).colorScheme === 'dark';
  document.documentElement.dataset['theme'] = isDark ? 'light' : 'dark';
  localStorage.setItem('nettrace.theme', isDark ? 'light' : 'dark');
  byId('theme').setAttribute('aria-label', `Theme: ${isDark ? 'light' : 'dark'}`);
  chart.redraw();
});
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close();
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    byId('filter').focus();
  }
});
document.addEventListener('visibilitychange', () => latest !== undefined && show(latest));

/** @param {'live' | 'lost' | 'waiting'} state @param {string} text */
function status(state, text) {
  byId('status').dataset.state = state;
  setText(byId('status'), text);
}

async function run() {
  byId('token-form').hidden = true;
  byId('page').hidden = false;
  await follow(token, {
    snapshot: show,
    state: status,
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
  byId('token-form').hidden = false;
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
