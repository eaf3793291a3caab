// Owns: the process table: order, which rows are on the screen, selection. Only rows in sight exist as elements.
// Knows nothing of: where rows come from.
import { byId, element, isMarking, setText } from './dom.js';
import { percent, rate, size } from './format.js';
import { createFoot, sumOf } from './totals.js';

const HEIGHT = 33;
const SPARE = 8;

/** @type {{key: string, title: string, css: string, text(row: any): string}[]} */
const COLUMNS = [
  { key: 'pid', title: 'PID', css: 'n c-pid', text: (row) => String(row.pid ?? '-') },
  { key: 'user', title: 'User', css: 'c-user', text: (row) => row.user ?? '-' },
  { key: 'program', title: 'Program', css: 'c-program', text: nameOf },
  { key: 'device', title: 'Device', css: 'c-dev', text: (row) => row.interfaces[0]?.name ?? '-' },
  { key: 'cpu', title: 'CPU', css: 'n c-cpu', text: (row) => percent(row.cpu) },
  { key: 'rssBytes', title: 'RSS', css: 'n c-rss', text: (row) => size(row.rssBytes) },
  { key: 'sentRate', title: 'Sent/s', css: 'n c-rate', text: (row) => rate(row.sentRate) },
  { key: 'receivedRate', title: 'Recv/s', css: 'n c-rate', text: (row) => rate(row.receivedRate) },
  { key: 'sentTotal', title: 'Sent', css: 'n c-total', text: (row) => size(row.sentTotal) },
  { key: 'receivedTotal', title: 'Received', css: 'n c-total', text: (row) => size(row.receivedTotal) },
  { key: 'connections', title: 'Conn', css: 'n c-conn', text: (row) => String(row.connections) },
];

/** Without folders: of a long path nothing else would be seen. @param {any} row */
export function nameOf(row) {
  const name = row.pid === null ? (row.reasonText ?? row.name) : row.program.replace(/^\/\S*\/(?=\S)/, '');
  return row.state === 'exited' ? `${name} (exited)` : name;
}

/** @param {{open(id: number): void, close(): void}} on */
export function createTable(on) {
  const [table, body] = [byId('table'), byId('rows')];
  /** @type {any[]} */ let all = [];
  /** @type {any[]} */ let rows = [];
  /** @type {number[]} */ let order = [];
  const BUSIEST = { key: 'rate', down: true };
  // As the terminal and all texts have it.
  let sort = { key: 'receivedRate', down: true };
  let isFiltered = false;
  /** @type {import('./totals.js').Sums | undefined} */ let sums;
  /** @type {(row: any) => boolean} */ let matches = () => true;
  /** @type {number | undefined} */ let selected;
  const spacers = ['above', 'below'].map((id) => {
    // Without colspan: columns that are hidden would keep their room.
    const cell = element('td');
    byId(id).append(element('tr', { role: 'presentation' }, cell));
    return cell;
  });
  const heads = COLUMNS.map(({ key, title, css }) => {
    const button = element('button', { type: 'button' }, title);
    button.addEventListener('click', () => {
      sort =
        sort.key === key
          ? { key, down: !sort.down }
          : { key, down: !['program', 'user', 'device', 'pid'].includes(key) };
      again();
    });
    return element('th', { scope: 'col', class: css }, button);
  });
  byId('head').append(element('tr', {}, ...heads));

  const foot = createFoot(COLUMNS);
  byId('busiest').addEventListener('click', () => {
    sort = BUSIEST;
    again();
  });
  function again() {
    order = [];
    arrange();
  }

  const sortValue = (/** @type {any} */ row) =>
    (sort.key === 'rate'
      ? (row.sentRate ?? 0) + (row.receivedRate ?? 0)
      : sort.key === 'device'
        ? row.interfaces[0]?.name
        : sort.key === 'program'
          ? nameOf(row)
          : row[sort.key]) ?? '';
  /** @param {any} a @param {any} b */
  function compare(a, b) {
    const [x, y] = [sortValue(a), sortValue(b)];
    const by =
      typeof x === 'number' && typeof y === 'number'
        ? x - y
        : typeof x === 'number'
          ? 1
          : typeof y === 'number'
            ? -1
            : String(x).localeCompare(String(y));
    return (sort.down ? -by : by) || b.sentTotal + b.receivedTotal - a.sentTotal - a.receivedTotal || a.id - b.id;
  }

  /** A row overtakes another only by a fifth, so that rows do not dance. @param {any} row @param {any} before */
  function overtakes(row, before) {
    if (!/rate$/i.test(sort.key)) return compare(row, before) < 0;
    const [x, y] = sort.down ? [sortValue(row), sortValue(before)] : [sortValue(before), sortValue(row)];
    return Number(x) > Number(y) * 1.2 + 1;
  }

  function arrange() {
    const found = all.filter(matches);
    const rank = new Map(order.map((id, i) => [id, i]));
    if (order.length === 0) rows = found.sort(compare);
    else {
      rows = found.sort((a, b) => (rank.get(a.id) ?? 1e9) - (rank.get(b.id) ?? 1e9));
      for (let i = 1; i < rows.length; i++) {
        const row = rows[i];
        let at = i;
        while (at > 0 && overtakes(row, rows[at - 1])) {
          rows[at] = rows[at - 1];
          at--;
        }
        rows[at] = row;
      }
    }
    order = rows.map(({ id }) => id);
    for (const [i, head] of heads.entries()) {
      if (COLUMNS[i]?.key === sort.key) head.setAttribute('aria-sort', sort.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    table.setAttribute('aria-rowcount', String(rows.length + 1));
    byId('busiest').setAttribute('aria-pressed', String(sort === BUSIEST));
    const [shown, alive] = [rows, all].map((list) => list.filter(({ state }) => state !== 'exited').length);
    setText(byId('count-processes'), shown === alive ? String(alive) : `${shown} of ${alive}`);
    if (sums !== undefined) foot.show(isFiltered ? sumOf(rows) : sums);
    setText(byId('nothing'), rows.length === 0 && all.length > 0 ? 'No process here matches the filter.' : '');
    draw();
  }

  function draw() {
    if (table.offsetParent === null) return;
    const top = -byId('above').getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / HEIGHT) - SPARE);
    const last = Math.min(rows.length, Math.max(0, Math.ceil((top + innerHeight) / HEIGHT)) + SPARE);
    for (const [i, height] of [first * HEIGHT, (rows.length - Math.max(first, last)) * HEIGHT].entries()) {
      const cell = spacers[i];
      if (cell !== undefined && cell.style.height !== `${height}px`) cell.style.height = `${height}px`;
    }
    while (body.children.length > Math.max(0, last - first)) body.lastElementChild.remove();
    while (body.children.length < last - first)
      body.append(
        element('tr', { role: 'row' }, ...COLUMNS.map(({ css }) => element('td', { class: css, role: 'gridcell' }))),
      );
    for (let i = first; i < last; i++) fill(body.children[i - first], rows[i], i);
  }

  /** @param {any} line @param {any} row @param {number} index */
  function fill(line, row, index) {
    if (line.id !== `row-${row.id}`) line.id = `row-${row.id}`;
    if (line.ariaRowIndex !== String(index + 2)) line.ariaRowIndex = String(index + 2);
    const isSelected = String(row.id === selected);
    if (line.ariaSelected !== isSelected) line.ariaSelected = isSelected;
    const idle = row.state === 'exited' ? 'idle ended' : row.sentRate || row.receivedRate ? '' : 'idle';
    if (line.className !== idle) line.className = idle;
    for (let c = 0; c < COLUMNS.length; c++) setText(line.children[c], COLUMNS[c]?.text(row) ?? '');
  }

  /** @param {number} index */
  function choose(index) {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    selected = row.id;
    const at = rows.indexOf(row);
    const top = byId('above').getBoundingClientRect().top + at * HEIGHT;
    if (top < HEIGHT) scrollBy(0, top - HEIGHT * 2);
    else if (top > innerHeight - HEIGHT * 3) scrollBy(0, top - innerHeight + HEIGHT * 3);
    draw();
    table.setAttribute('aria-activedescendant', `row-${row.id}`);
  }

  table.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== table) return;
    const at = rows.findIndex(({ id }) => id === selected);
    const page = Math.max(1, Math.floor(innerHeight / HEIGHT) - 4);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (to !== undefined) choose(to);
    else if (event.key === 'Enter' && selected !== undefined) on.open(selected);
    else return;
    event.preventDefault();
  });
  body.addEventListener('click', (/** @type {any} */ event) => {
    if (isMarking()) return;
    const id = Number(event.target.closest('tr')?.id.slice(4));
    choose(rows.findIndex((row) => row.id === id));
    on.open(id);
  });
  addEventListener('scroll', draw, { passive: true });
  addEventListener('resize', draw);
  return {
    draw,
    /** @param {any[]} next @param {import('./totals.js').Sums} of what they add up to */
    show(next, of) {
      all = next;
      sums = of;
      arrange();
    },
    /** @param {((row: any) => boolean) | undefined} test undefined: all of them */
    filter(test) {
      isFiltered = test !== undefined;
      matches = test ?? (() => true);
      arrange();
    },
    /** @param {number} id */
    select: (id) => choose(rows.findIndex((row) => row.id === id)),
  };
}
