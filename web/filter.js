// Owns: filter expressions as on the terminal: words, `name:value`, comparisons, `not`, `or`, quotes. No brackets.
// Knows nothing of: the table.
import { programOf } from './program.js';

/** @type {Record<string, string[]>} */
const SHORT = {
  rx: ['receivedRate'],
  tx: ['sentRate'],
  sent: ['sentTotal'],
  received: ['receivedTotal'],
  recv: ['receivedTotal'],
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
const MS = { ms: 1, s: 1000, '': 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SCALE = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** @param {string} text @param {() => number} now ms since 1970, of the service @returns {{matches: (row: any) => boolean} | {problem: string}} */
export function compile(text, now) {
  /** @type {string[]} */ const words = text.match(/(?:[^\s"]|"[^"]*")+|"/g) ?? [];
  if (words.includes('"')) return { problem: 'a " has no end' };
  /** @type {((row: any) => boolean)[][]} */ const any = [[]];
  let negated = false;
  for (const word of words) {
    if (/^or$/i.test(word)) any.push([]);
    else if (/^not$/i.test(word)) negated = !negated;
    else if (!/^and$/i.test(word)) {
      const test = term(word, now);
      if (typeof test === 'string') return { problem: test };
      const isNegated = negated;
      any.at(-1)?.push(isNegated ? (row) => !test(row) : test);
      negated = false;
    }
  }
  return { matches: (row) => any.some((all) => all.every((test) => test(row))) };
}

/** @param {string} word @param {() => number} now @returns {((row: any) => boolean) | string} */
function term(word, now) {
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
  const read = readerOf(lower, now);
  if (read === undefined) return `nothing here is called "${name}"`;
  const value = given.replaceAll('"', '').toLowerCase();
  if (/[<>]/.test(operator)) {
    const amount = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(value);
    /** @type {Record<string, number>} */ const scale = lower === 'age' ? MS : SCALE;
    const factor = scale[amount?.[2] ?? ''];
    if (amount === null || factor === undefined)
      return `${name}: "${given}" is not a number${lower === 'age' ? ', such as 30s or 5m' : ''}`;
    const limit = Number(amount[1]) * factor;
    const holds = {
      '<': (/** @type {number} */ n) => n < limit,
      '<=': (/** @type {number} */ n) => n <= limit,
      '>': (/** @type {number} */ n) => n > limit,
      '>=': (/** @type {number} */ n) => n >= limit,
    }[operator];
    return (row) => read(row).some((/** @type {any} */ one) => typeof one === 'number' && holds?.(one));
  }
  if (lower === 'age') return 'age is compared by < or >, such as age<5m';
  // A comma in quotes is one of the name.
  const wanted = (given.match(/(?:[^,"]|"[^"]*")+/g) ?? []).map((one) => one.replaceAll('"', '').toLowerCase());
  return (row) =>
    read(row).some((/** @type {any} */ one) => one !== null && wanted.includes(String(one).toLowerCase())) ===
    (operator !== '!=');
}

/** The values of a row that a name asks for; undefined: there is no such name. @param {string} name @param {() => number} now @returns {((row: any) => any[]) | undefined} */
function readerOf(name, now) {
  if (name === 'dev') return (row) => row.interfaces.map((/** @type {any} */ one) => one.name);
  // An ended process is as old as it became.
  if (name === 'age')
    return ({ startTime, endedAt }) => [startTime === null ? null : (endedAt ?? now()) - Date.parse(startTime)];
  // What it is called in the chart, too: a click there may lead here.
  if (name === 'name') return (row) => [row.name, row.program, row.exe, programOf(row)];
  const field = FIELDS.find((one) => one.toLowerCase() === name);
  const keys = SHORT[name] ?? (field === undefined ? undefined : [field]);
  return keys && ((row) => keys.map((key) => row[key]));
}
