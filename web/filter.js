// Owns: filter expressions as on the terminal: words, `name:value`, comparisons, `not`, `or`, quotes. No brackets.
// Knows nothing of: the table.

/** @type {Record<string, string[]>} */
const SHORT = {
  rx: ['receivedRate'],
  tx: ['sentRate'],
  sent: ['sentTotal'],
  received: ['receivedTotal'],
  recv: ['receivedTotal'],
  name: ['name', 'program', 'exe'],
  cmd: ['cmdline'],
  conn: ['connections'],
  ppid: ['parentPid'],
  rss: ['rssBytes'],
  retrans: ['retransmittedBytes'],
};
const FIELDS = [
  'pid',
  'parentPid',
  'name',
  'program',
  'exe',
  'cmdline',
  'user',
  'uid',
  'kind',
  'reason',
  'state',
  'unit',
  'container',
  'pod',
  'cpu',
  'rssBytes',
  'threads',
  'connections',
  'sentRate',
  'receivedRate',
  'sentTotal',
  'receivedTotal',
];
const SCALE = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** @param {string} text @returns {{matches: (row: any) => boolean} | {problem: string}} */
export function compile(text) {
  /** @type {string[]} */ const words = text.match(/(?:[^\s"]|"[^"]*")+|"/g) ?? [];
  if (words.includes('"')) return { problem: 'a " has no end' };
  /** @type {((row: any) => boolean)[][]} */ const any = [[]];
  let negated = false;
  for (const word of words) {
    if (/^or$/i.test(word)) any.push([]);
    else if (/^not$/i.test(word)) negated = !negated;
    else if (!/^and$/i.test(word)) {
      const test = term(word);
      if (typeof test === 'string') return { problem: test };
      const isNegated = negated;
      any.at(-1)?.push(isNegated ? (row) => !test(row) : test);
      negated = false;
    }
  }
  return { matches: (row) => any.some((all) => all.every((test) => test(row))) };
}

/** @param {string} word @returns {((row: any) => boolean) | string} */
function term(word) {
  const match = word.startsWith('"') ? null : /^([a-z][a-z0-9-]*)(!=|<=|>=|[:=<>])(.+)$/is.exec(word);
  if (match === null) {
    const wanted = word.replaceAll('"', '').toLowerCase();
    return (row) =>
      [row.name, row.program, row.cmdline, row.user, row.unit, row.container, row.pid, row.reasonText].some(
        (one) => one !== null && String(one).toLowerCase().includes(wanted),
      );
  }
  const [, name = '', operator = '', given = ''] = match;
  const lower = name.toLowerCase();
  const field = FIELDS.find((one) => one.toLowerCase() === lower);
  const keys = SHORT[lower] ?? (lower === 'dev' ? [] : field === undefined ? undefined : [field]);
  if (keys === undefined) return `nothing here is called "${name}"`;
  const values = (/** @type {any} */ row) =>
    lower === 'dev' ? row.interfaces.map((/** @type {any} */ one) => one.name) : keys.map((key) => row[key]);
  const value = given.replaceAll('"', '').toLowerCase();
  if (/[<>]/.test(operator)) {
    const amount = /^([\d.]+)([kmgt]?)$/.exec(value);
    if (amount === null) return `${name}: "${given}" is not a number`;
    const limit = Number(amount[1]) * SCALE[/** @type {keyof typeof SCALE} */ (amount[2] ?? '')];
    const holds = {
      '<': (/** @type {number} */ n) => n < limit,
      '<=': (/** @type {number} */ n) => n <= limit,
      '>': (/** @type {number} */ n) => n > limit,
      '>=': (/** @type {number} */ n) => n >= limit,
    }[operator];
    return (row) => values(row).some((/** @type {any} */ one) => typeof one === 'number' && holds?.(one));
  }
  const wanted = value.split(',');
  return (row) =>
    values(row).some((/** @type {any} */ one) => one !== null && wanted.includes(String(one).toLowerCase())) ===
    (operator !== '!=');
}
