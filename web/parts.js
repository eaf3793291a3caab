// Owns: the host strip, the line of warnings, interfaces with their ledgers.
// Knows nothing of: processes.
import { byId, element, setText } from './dom.js';
import { duration, linkSpeed, percent, rate, size } from './format.js';
import { ownersOf, queueSentence } from './queues.js';

/** So many lie on their sides; more stand. */
const FEW_CPUS = 8;

/** @param {any} snapshot */
export function showHost({ host, ownership, light, covered, drops, self }) {
  setText(byId('hostname'), host.hostname);
  const exact =
    {
      bpf: 'exact: bpf',
      stream: 'exact: bpf (stream)',
      cgroup: 'exact: bpf (cgroup)',
      classic: 'by sock_diag and /proc',
      'sock-diag': 'TCP only',
    }[/** @type {string} */ (ownership)] ?? ownership;
  const lost = drops.kernel + drops.interface;
  setText(
    byId('facts'),
    `up ${duration(host.uptimeSeconds)} · ${exact}${light ? '' : ' + capture'} · ledger ${percent(covered, 2)} · drops ${lost} · self ${percent(self.cpu)} ${size(self.rssBytes)}`,
  );
  const cpus = (host.cpus ?? []).filter((/** @type {any} */ cpu) => !cpu.absent);
  const place = byId('cpus');
  place.classList.toggle('few', cpus.length <= FEW_CPUS);
  while (place.children.length < cpus.length) place.append(element('span', {}, element('i')));
  while (place.children.length > cpus.length) place.lastElementChild.remove();
  const busy = cpus.map((/** @type {any} */ cpu) =>
    Math.min(1, cpu.nice + cpu.user + cpu.system + cpu.irq + cpu.softirq + cpu.steal + cpu.guest),
  );
  for (const [i, share] of busy.entries()) {
    place.children[i].firstChild.style.transform = cpus.length <= FEW_CPUS ? `scaleX(${share})` : `scaleY(${share})`;
    place.children[i].title = `CPU ${cpus[i].id}: ${percent(share)}`;
  }
  const mean =
    busy.reduce((/** @type {number} */ sum, /** @type {number} */ one) => sum + one, 0) / Math.max(1, busy.length);
  setText(byId('cpu'), `CPU ${percent(mean, 0)}`);
  place.setAttribute('aria-label', `${host.cpuCount} CPUs, ${percent(mean)} busy`);
  setText(
    byId('load'),
    `${host.load.map((/** @type {number} */ one) => one.toFixed(2)).join(' ')} of ${host.cpuCount}`,
  );
  const { memory, swap, pressure } = host;
  const used = memory.used + memory.shared + memory.compressed;
  meter('memory', used, memory.total);
  meter('swap', swap.used, swap.total);
  setText(
    byId('psi'),
    pressure === null ? '-' : `cpu ${pressure.cpu ?? '-'}  mem ${pressure.memory ?? '-'}  io ${pressure.io ?? '-'} %`,
  );
}

/** @param {string} id @param {number} used @param {number} total */
function meter(id, used, total) {
  setText(byId(id), total === 0 ? 'none' : `${size(used)} of ${size(total)}`);
  byId(`${id}-bar`).style.transform = `scaleX(${total === 0 ? 0 : used / total})`;
}

/** @param {any} snapshot @param {string} news of the service, such as a budget @param {string} away why figures are old */
export function showAlerts({ queues, faults, drops }, news, away) {
  const raised = queues?.queues ?? [];
  const lines = [
    ...(away === '' ? [] : [away]),
    ...(news === '' ? [] : [news]),
    ...raised.map((/** @type {any} */ one) => `${ownersOf(one)} ${queueSentence(one)}`.trim()),
    ...faults.map((/** @type {any} */ fault) => fault.text ?? fault.sentence ?? fault.code),
  ];
  const isLossless = drops.kernel + drops.interface + drops.table === 0;
  const line = byId('alert');
  setText(
    line,
    lines.length === 0
      ? `Nothing piles up${isLossless ? ', nothing is lost' : ''}.`
      : `${lines[0]}${lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''}`,
  );
  line.title = lines.join('\n');
  line.className = `alert ${lines.length === 0 ? 'dim' : 'bad'}`;
  byId('dismiss').hidden = news === '';
  setText(byId('count-queues'), raised.length === 0 ? '' : `!${raised.length}`);
}

/** @param {any} snapshot */
export function showInterfaces({ interfaces }) {
  const shown = byId('interfaces');
  setText(byId('count-interfaces'), String(interfaces.length));
  if (shown.hidden) return;
  shown.replaceChildren(...interfaces.map(face));
}

/** @param {any} one */
function face(one) {
  /** @type {Map<string, number>} */ const parts = new Map();
  const both = (/** @type {any} */ ways) => (ways === undefined ? 0 : ways.sentBytes + ways.receivedBytes);
  for (const part of one.ledger.parts) parts.set(part.kind, (parts.get(part.kind) ?? 0) + both(part));
  parts.set('dropped', both(one.ledger.cut?.dropped));
  parts.set('residual', Math.abs(both(one.ledger.cut?.residual)));
  const words = { process: 'processes', 'no-socket': 'no socket', unattributed: 'no owner' };
  const bar = element('div', { class: 'ledger', 'aria-hidden': 'true' });
  const keys = element('div');
  for (const [kind, bytes] of parts) {
    if (bytes === 0) continue;
    const piece = element('span', { class: `k-${kind}` });
    piece.style.flexGrow = String(bytes);
    bar.append(piece);
    keys.append(
      element(
        'span',
        { class: 'key' },
        element('i', { class: `k-${kind}` }),
        `${words[/** @type {keyof typeof words} */ (kind)] ?? kind} ${size(bytes)}`,
      ),
    );
  }
  const full = Math.max(one.sentRate ?? 0, one.receivedRate ?? 0) / one.speed;
  const link = one.speed === null ? '' : ` · ${percent(full)} of ${linkSpeed(one.speed)}`;
  return element(
    'div',
    { class: 'face' },
    element('h3', {}, one.name),
    `${one.state} · sent ${rate(one.sentRate)} · received ${rate(one.receivedRate)}${link} · ledger ${percent(one.ledger.cut?.covered, 2)}`,
    bar,
    keys,
  );
}
