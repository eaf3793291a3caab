// Owns: the side panel of one process: what it is, its bytes, its queues and its connections.
// Knows nothing of: the table it was opened from.
import { byId, element, setText } from './dom.js';
import { clock, duration, endpoint, percent, rate, size } from './format.js';
import { queueSentence } from './queues.js';
import { rateGraph } from './rates.js';
import { nameOf } from './table.js';

const MOST = 200;
const LONG_TITLE = 60;

/** @param {any} row @param {readonly any[]} connections @param {any} snapshot @param {import('./rates.js').Rates} rates while the page was open */
export function showPanel(row, connections, snapshot, rates) {
  const name = nameOf(row);
  setText(byId('panel-title'), name);
  const facts = factsOf({
    PID: row.pid === null ? null : `${row.pid} (parent ${row.parentPid ?? '-'})`,
    User: row.user,
    // The title above shows its first lines alone.
    Title: name.length > LONG_TITLE && !row.cmdline ? name : null,
    Command: row.cmdline,
    File: row.exe,
    Unit: row.unit,
    Container: row.container,
    ...timesOf(row, Date.parse(snapshot.time)),
    Now: `sent ${rate(row.sentRate)}, received ${rate(row.receivedRate)}`,
    CPU: percent(row.cpu),
    Memory: size(row.rssBytes),
    Why: row.reasonText,
  });
  const moved = factsOf({
    'On the wire': `sent ${size(row.sentTotal)}, received ${size(row.receivedTotal)}`,
    IP: `sent ${size(row.sentIpBytes)}, received ${size(row.receivedIpBytes)}`,
    Payload: `sent ${size(row.sentPayloadBytes)}, received ${size(row.receivedPayloadBytes)}`,
    'Sent again': size(row.retransmittedBytes),
  });
  const queues = (snapshot.queues?.queues ?? []).filter(
    (/** @type {any} */ one) =>
      row.pid !== null &&
      row.state !== 'exited' &&
      one.owners.some((/** @type {any} */ owner) => owner.pid === row.pid),
  );
  const lines = queues.flatMap((/** @type {any} */ one) => [
    element('li', { class: 'bad' }, queueSentence(one)),
    ...(one.slow === null ? [] : [element('li', {}, `Slow: ${[one.slow.text, ...one.slow.also].join('; ')}`)]),
  ]);
  const own = connections
    .filter((one) => one.owner === row.id)
    .sort((a, b) => b.sentTotal + b.receivedTotal - a.sentTotal - a.receivedTotal);
  const flows = own
    .slice(0, MOST)
    .map((one) =>
      element(
        'li',
        {},
        `${one.protocol} ${endpoint(one.localAddress, one.localPort)} to ${one.remoteName ? `${one.remoteName} ` : ''}${endpoint(one.remoteAddress, one.remotePort)}`,
        element('br'),
        element(
          'span',
          { class: 'dim' },
          `sent ${rate(one.sentRate)}, received ${rate(one.receivedRate)}; ${size(one.sentTotal)} and ${size(one.receivedTotal)}`,
        ),
      ),
    );
  byId('panel-body').replaceChildren(
    element('dl', {}, ...facts),
    ...rateGraph(rates),
    ...(lines.length === 0 ? [] : [element('h3', {}, 'Queues, and why it is slow'), element('ul', {}, ...lines)]),
    element('h3', {}, `Connections ${own.length > MOST ? `${MOST} of ` : ''}${own.length}`),
    element('ul', {}, ...flows),
    element('h3', {}, 'Bytes'),
    element('dl', {}, ...moved),
  );
}

/** What is not known is left out. @param {Record<string, string | null>} all */
const factsOf = (all) =>
  Object.entries(all).flatMap(([name, value]) =>
    value === null || value === '' || value === '-' ? [] : [element('dt', {}, name), element('dd', {}, value)],
  );

/** @param {any} row @param {number} now ms since 1970 @returns {Record<string, string | null>} */
function timesOf({ startTime, state, endedAt }, now) {
  const start = startTime === null ? Number.NaN : Date.parse(startTime);
  const lasted = (/** @type {number} */ until) => (until >= start ? duration((until - start) / 1000) : '-');
  if (state !== 'exited') return { Started: startTime === null ? null : `${lasted(now)} ago` };
  if (endedAt === undefined) return { State: 'not listed any more' };
  return {
    State: `ended at ${clock(new Date(endedAt))}`,
    'Ran for': lasted(endedAt),
  };
}
