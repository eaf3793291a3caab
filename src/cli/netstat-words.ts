// Owns: the words of `nettrace netstat` as options: getopt's bundles and abbreviations, each problem as one sentence.
// Knows nothing of: what the options do. No commander here: netstat counts -e, and every millisecond before the table counts.
import { sanitize } from '../base/sanitize.ts';
import type { ParsedFilter } from '../netstat/filter.ts';
import type { NetstatMode, NetstatOptions, Protocols } from '../netstat/options.ts';

export type NetstatWords =
  | { readonly kind: 'options'; readonly options: NetstatOptions }
  | { readonly kind: 'help' | 'version' }
  /** Exit code 3; net-tools' code for all of these. */
  | { readonly kind: 'usage'; readonly sentence: string }
  /** Exit code 1: a family or a mode that this machine has not. */
  | { readonly kind: 'unsupported'; readonly sentence: string };

/** Long names and the letter each stands for; those without a letter stand for themselves. */
export const NETSTAT_LONG: Readonly<Record<string, string>> = {
  route: 'r',
  interfaces: 'i',
  groups: 'g',
  statistics: 's',
  masquerade: 'M',
  verbose: 'v',
  wide: 'W',
  numeric: 'n',
  'numeric-hosts': 'numeric-hosts',
  'numeric-ports': 'numeric-ports',
  'numeric-users': 'numeric-users',
  symbolic: 'N',
  extend: 'e',
  programs: 'p',
  timers: 'o',
  continuous: 'c',
  listening: 'l',
  all: 'a',
  fib: 'F',
  cache: 'C',
  context: 'Z',
  tcp: 't',
  udp: 'u',
  udplite: 'U',
  sctp: 'S',
  raw: 'w',
  unix: 'x',
  inet: '4',
  inet6: '6',
  ip: '4',
  protocol: 'A',
  ax25: 'ax25',
  ipx: 'ipx',
  netrom: 'netrom',
  help: 'h',
  version: 'V',
  compat: 'compat',
  json: 'json',
  csv: 'csv',
  style: 'style',
  details: 'details',
  'all-namespaces': 'all-namespaces',
  'all-tables': 'all-tables',
  'resolve-time': 'resolve-time',
};
const WITH_ARGUMENT = new Set(['A', 'style', 'resolve-time']);
const LETTERS = new Set('rigsMvWnNepoclaFCZtuUSwx46AhV');
const MODES: readonly (readonly [string, NetstatMode])[] = [
  ['r', 'routes'],
  ['i', 'interfaces'],
  ['s', 'statistics'],
  ['g', 'groups'],
];
const MOST_RESOLVE_MS = 60_000;
const DEFAULT_RESOLVE_MS = 2000;

type Problem = Exclude<NetstatWords, { kind: 'options' }>;

/** @param filter reads a filter expression; asked only where there is one, as its parser is loaded for it alone */
export async function parseNetstatWords(
  words: readonly string[],
  filter: (text: string) => Promise<ParsedFilter>,
): Promise<NetstatWords> {
  const given = gather(words);
  if ('kind' in given) return given;
  if (given.counts.has('h')) return { kind: 'help' };
  if (given.counts.has('V')) return { kind: 'version' };
  return toOptions(given, filter);
}

interface Given {
  readonly counts: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

function gather(words: readonly string[]): Given | Problem {
  const counts = new Map<string, number>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const queue = [...words];
  const note = (option: string) => counts.set(option, (counts.get(option) ?? 0) + 1);
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      rest.push(...queue);
      break;
    }
    if (word.startsWith('--')) {
      const problem = takeLong(word.slice(2), queue, values, note);
      if (problem) return problem;
    } else if (word.startsWith('-') && word.length > 1) {
      const problem = takeShort(word.slice(1), queue, values, note);
      if (problem) return problem;
    } else {
      rest.push(word);
    }
  }
  return { counts, values, rest };
}

function takeLong(
  word: string,
  queue: string[],
  values: Map<string, string>,
  note: (option: string) => void,
): Problem | undefined {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const matches = name in NETSTAT_LONG ? [name] : Object.keys(NETSTAT_LONG).filter((known) => known.startsWith(name));
  const options = new Set(matches.map((known) => NETSTAT_LONG[known] ?? ''));
  const [option] = options;
  if (name === '' || option === undefined) return usage(`there is no option --${sanitize(name, 60)}`);
  if (options.size > 1)
    return usage(`--${sanitize(name, 60)} is ambiguous: ${matches.map((m) => `--${m}`).join(', ')}`);
  note(option);
  if (!WITH_ARGUMENT.has(option)) {
    return equals < 0 ? undefined : usage(`--${matches[0]} takes no value`);
  }
  const value = equals < 0 ? queue.shift() : word.slice(equals + 1);
  if (value === undefined) return usage(`--${matches[0]} needs a value`);
  values.set(option, value);
  return undefined;
}

function takeShort(
  bundle: string,
  queue: string[],
  values: Map<string, string>,
  note: (option: string) => void,
): Problem | undefined {
  for (let at = 0; at < bundle.length; at++) {
    const letter = bundle[at] ?? '';
    if (!LETTERS.has(letter)) return usage(`there is no option -${sanitize(letter, 4)}`);
    note(letter);
    if (!WITH_ARGUMENT.has(letter)) continue;
    const value = at + 1 < bundle.length ? bundle.slice(at + 1) : queue.shift();
    if (value === undefined) return usage(`-${letter} needs a value`);
    values.set(letter, value);
    return undefined;
  }
  return undefined;
}

function usage(sentence: string): Problem {
  return { kind: 'usage', sentence };
}

async function toOptions(given: Given, filter: (text: string) => Promise<ParsedFilter>): Promise<NetstatWords> {
  const has = (option: string) => given.counts.has(option);
  const modes = MODES.filter(([option]) => has(option));
  if (modes.length + (has('M') ? 1 : 0) > 1) {
    return usage('-r, -i, -s, -g and -M are different tables: choose one');
  }
  const missing = unsupported(given);
  if (missing) return missing;
  const families = familiesOf(given.values.get('A'));
  if ('kind' in families) return families;
  const style = given.values.get('style') ?? 'linux';
  if (style !== 'linux' && style !== 'bsd') return usage(`--style is linux or bsd, not "${sanitize(style, 40)}"`);
  const resolve = given.values.get('resolve-time') ?? String(DEFAULT_RESOLVE_MS);
  if (!/^\d{1,5}$/.test(resolve) || Number(resolve) > MOST_RESOLVE_MS) {
    return usage(`--resolve-time is a number of milliseconds up to ${MOST_RESOLVE_MS}, not "${sanitize(resolve, 40)}"`);
  }
  if (has('json') && has('csv')) return usage('--json and --csv exclude each other: choose one format');
  const mode = modes[0]?.[1] ?? 'sockets';
  const filtered = await filterOf(has('compat') && mode !== 'sockets' ? [] : given.rest, mode, filter);
  if ('kind' in filtered) return filtered;
  const protocols: Protocols = {
    tcp: has('t'),
    udp: has('u'),
    udplite: has('U'),
    sctp: has('S'),
    raw: has('w'),
    unix: has('x') || families.unix,
  };
  if (mode === 'statistics' && protocols.unix) {
    return { kind: 'unsupported', sentence: 'there are no statistics of unix sockets' };
  }
  const options: NetstatOptions = {
    mode,
    protocols,
    v4: has('4') || families.v4,
    v6: has('6') || families.v6,
    listening: has('l'),
    all: has('a'),
    numericHosts: has('n') || has('numeric-hosts'),
    numericPorts: has('n') || has('numeric-ports'),
    numericUsers: has('n') || has('numeric-users'),
    extend: given.counts.get('e') ?? 0,
    timers: has('o'),
    programs: has('p'),
    wide: has('W'),
    continuous: has('c'),
    cache: has('C'),
    compat: has('compat'),
    format: has('json') ? 'json' : has('csv') ? 'csv' : 'text',
    style,
    details: has('details'),
    allNamespaces: has('all-namespaces'),
    allTables: has('all-tables'),
    resolveMs: Number(resolve),
    filter: filtered.filter,
  };
  return { kind: 'options', options };
}

/** What net-tools knows and Linux has no longer, or not here. */
function unsupported({ counts }: Given): Problem | undefined {
  if (counts.has('M')) {
    return { kind: 'unsupported', sentence: "no support for `ip_masquerade' on this system; see conntrack(8)" };
  }
  if (counts.has('Z')) return { kind: 'unsupported', sentence: 'SELinux contexts are not shown' };
  const old = ['ax25', 'ipx', 'netrom'].find((family) => counts.has(family));
  return old ? { kind: 'unsupported', sentence: `no support for \`${old}' on this system` } : undefined;
}

function familiesOf(text: string | undefined): Problem | { v4: boolean; v6: boolean; unix: boolean } {
  const families = { v4: false, v6: false, unix: false };
  for (const name of text?.split(',') ?? []) {
    if (name === 'inet' || name === 'ip' || name === 'tcpip') families.v4 = true;
    else if (name === 'inet6') families.v6 = true;
    else if (name === 'unix') families.unix = true;
    else return { kind: 'unsupported', sentence: `Unknown address family \`${sanitize(name, 40)}'` };
  }
  return families;
}

async function filterOf(
  rest: readonly string[],
  mode: NetstatMode,
  filter: (text: string) => Promise<ParsedFilter>,
): Promise<Problem | { readonly filter: NetstatOptions['filter'] }> {
  if (rest.length === 0) return { filter: undefined };
  if (mode !== 'sockets') {
    const words = sanitize(rest.join(' '), 60);
    return usage(`only sockets can be filtered: leave out "${words}" (--compat ignores it, as net-tools does)`);
  }
  const parsed = await filter(rest.join(' '));
  return 'error' in parsed ? usage(parsed.error) : { filter: parsed.filter };
}
