// Owns: the table of queues that pile up: whose, which, how much, for how long, why; a click leads to the process.
// Knows nothing of: the process table and the panel.
import { byId, element, isMarking, setText } from './dom.js';
import { duration, endpoint, size } from './format.js';

/** @param {any} queue */
const kindOf = ({ kind }) => ({ accept: 'backlog', send: 'Send-Q' })[/** @type {string} */ (kind)] ?? 'Recv-Q';

/** @param {any} queue */
const amountOf = (queue) => (queue.kind === 'accept' ? `${queue.size}/${queue.limit ?? 0}` : size(queue.size));

/** @param {any} queue */
function placeOf({ kind, localAddress, localPort, remoteAddress, remotePort }) {
  if (kind === 'accept' || !remoteAddress) return `on ${endpoint(localAddress, localPort)}`;
  return `${kind === 'send' ? 'to' : 'from'} ${endpoint(remoteAddress, remotePort)}`;
}

/** @param {any} queue */
export function queueSentence(queue) {
  const cause = queue.causeText ? `: ${queue.causeText}` : '';
  return `${kindOf(queue)} ${amountOf(queue)} for ${duration(queue.forMs / 1000)} ${placeOf(queue)}${cause}`;
}

/** @param {any} queue */
export const ownersOf = (queue) =>
  queue.owners.map((/** @type {any} */ owner) => `${owner.name}/${owner.pid}`).join(', ');

/** @type {readonly [title: string, css: string, text: (queue: any) => string][]} */
const COLUMNS = [
  ['Process', 'q-process', ownersOf],
  ['Queue', 'q-queue', (queue) => `${kindOf(queue)} ${placeOf(queue)}`],
  ['Size', 'n q-size', amountOf],
  ['For', 'n q-for', (queue) => duration(queue.forMs / 1000)],
  ['Cause', 'q-cause', (queue) => queue.causeText ?? ''],
];

/** @param {(pid: number) => void} open hears of the process whose row was clicked */
export function createQueues(open) {
  const place = byId('queues');
  const none = element('p', { class: 'dim' }, 'No queue piles up.');
  const body = element('tbody');
  const heads = COLUMNS.map(([title, css]) => element('th', { scope: 'col', class: css }, title));
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body);
  place.append(none, table);
  body.addEventListener('click', (/** @type {any} */ event) => {
    const pid = Number(event.target.closest('tr')?.dataset.pid);
    if (pid > 0 && !isMarking()) open(pid);
  });

  const line = () => {
    const [first, ...others] = COLUMNS.map(([, css]) => element('td', { class: css }));
    first?.append(element('button', { type: 'button' }));
    return element('tr', {}, /** @type {Node} */ (first), ...others);
  };

  return {
    /** Elements stay what they are, so that the focus does. @param {any} snapshot */
    show({ queues }) {
      const raised = queues?.queues ?? [];
      none.hidden = raised.length > 0;
      table.hidden = raised.length === 0;
      while (body.children.length > raised.length) body.lastElementChild?.remove();
      while (body.children.length < raised.length) body.append(line());
      for (const [at, queue] of raised.entries()) {
        const row = /** @type {HTMLElement} */ (body.children[at]);
        row.dataset['pid'] = String(queue.owners[0]?.pid ?? '');
        for (const [i, [, , text]] of COLUMNS.entries()) {
          const cell = /** @type {Element} */ (row.children[i]);
          setText(i === 0 ? /** @type {Element} */ (cell.firstElementChild) : cell, text(queue) || '-');
        }
      }
    },
  };
}
