// Owns: filter expressions on sockets, as ss writes them: words to a tree, and a tree to a question about a row.
// Knows nothing of: how sockets are read and shown.
import { isV4Mapped } from '../base/ip-text.ts';
import { sanitize } from '../base/sanitize.ts';
import type { SocketTable } from '../native/socket-table.ts';
import { type Prefix, parsePrefix } from './prefix.ts';

export type Comparison = '=' | '!=' | '<' | '>' | '<=' | '>=';

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly inner: Filter }
  | { readonly kind: 'state'; readonly states: number }
  | { readonly kind: 'port'; readonly side: 'local' | 'remote'; readonly comparison: Comparison; readonly port: number }
  | { readonly kind: 'address'; readonly side: 'local' | 'remote'; readonly prefix: Prefix }
  | { readonly kind: 'device'; readonly name: string };

export type ParsedFilter = { readonly filter: Filter } | { readonly error: string };

/** Whether the internet socket of a row is meant. */
export type Matcher = (row: number) => boolean;

const STATES: Readonly<Record<string, readonly number[]>> = {
  established: [1],
  estab: [1],
  'syn-sent': [2],
  'syn-recv': [3, 12],
  'fin-wait-1': [4],
  'fin-wait-2': [5],
  'time-wait': [6],
  closed: [7],
  close: [7],
  unconnected: [7],
  'close-wait': [8],
  'last-ack': [9],
  listening: [10],
  listen: [10],
  closing: [11],
  all: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  connected: [1, 2, 3, 4, 5, 6, 8, 9, 11, 12],
  synchronized: [1, 3, 4, 5, 6, 8, 9, 11, 12],
  bucket: [3, 6, 12],
  big: [1, 2, 4, 5, 7, 8, 9, 10, 11],
};

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  eq: '=',
  '!=': '!=',
  ne: '!=',
  neq: '!=',
  '<': '<',
  lt: '<',
  '>': '>',
  gt: '>',
  '<=': '<=',
  le: '<=',
  '>=': '>=',
  ge: '>=',
};

/** @param service the port of a name in /etc/services */
export function parseFilter(text: string, service: (name: string) => number | undefined): ParsedFilter {
  const tokens = text.match(/[()!](?!=)|[=!<>]+|[^\s()!=<>]+/g) ?? [];
  const parser = createParser(tokens, service);
  try {
    return { filter: parser.whole() };
  } catch (error) {
    if (error instanceof SyntaxError) return { error: error.message };
    throw error;
  }
}

function fail(sentence: string): never {
  throw new SyntaxError(sentence);
}

const WORDS = 'state, sport, dport, src, dst, dev, not or (';
/** A person's typing is never nested deeper; a machine's may not exhaust the stack. */
const DEEPEST = 100;

function createParser(tokens: readonly string[], service: (name: string) => number | undefined) {
  let at = 0;
  let depth = 0;
  const peek = () => tokens[at];
  const shown = (token: string | undefined) => (token === undefined ? 'its end' : `"${sanitize(token, 60)}"`);
  const take = (what: string): string => {
    const token = tokens[at];
    if (token === undefined) fail(`the filter ends where ${what} is expected`);
    at++;
    return token;
  };

  function whole(): Filter {
    const filter = either();
    if (at < tokens.length) fail(`the filter cannot go on with ${shown(peek())}: join conditions with "and" or "or"`);
    return filter;
  }

  function either(): Filter {
    let left = both();
    while (peek() === 'or' || peek() === '||') {
      at++;
      left = { kind: 'or', left, right: both() };
    }
    return left;
  }

  /** As in ss, "and" may be left out between two conditions. */
  function both(): Filter {
    let left = one();
    for (;;) {
      const token = peek();
      if (token === undefined || token === ')' || token === 'or' || token === '||') return left;
      if (token === 'and' || token === '&&') at++;
      left = { kind: 'and', left, right: one() };
    }
  }

  function one(): Filter {
    if (++depth > DEEPEST) fail(`the filter is nested deeper than ${DEEPEST} levels`);
    const filter = condition(take(`a condition (${WORDS})`));
    depth--;
    return filter;
  }

  function condition(word: string): Filter {
    switch (word) {
      case '!':
      case 'not':
        return { kind: 'not', inner: one() };
      case '(': {
        const inner = either();
        if (take('")"') !== ')') fail('a "(" in the filter has no ")"');
        return inner;
      }
      case 'state':
        return { kind: 'state', states: states() };
      case 'exclude':
        return { kind: 'not', inner: { kind: 'state', states: states() } };
      case 'sport':
        return port('local');
      case 'dport':
        return port('remote');
      case 'src':
        return address('local');
      case 'dst':
        return address('remote');
      case 'dev':
        return negatable((name) => ({ kind: 'device', name }), 'the name of a device');
      default:
        return fail(`the filter does not know ${shown(word)}: a condition begins with ${WORDS}`);
    }
  }

  function states(): number {
    const word = take('a state');
    const name = word
      .toLowerCase()
      .replaceAll('_', '-')
      .replace(/^fin-wait([12])$/, 'fin-wait-$1');
    const found = STATES[name];
    if (!found) fail(`${shown(word)} is no state: it is one of ${Object.keys(STATES).join(', ')}`);
    return found.reduce((bits, state) => bits | (1 << state), 0);
  }

  function port(side: 'local' | 'remote'): Filter {
    const known = COMPARISONS[peek() ?? ''];
    if (known) at++;
    const word = take('a port').replace(/^:/, '');
    const number = /^\d{1,5}$/.test(word) ? Number(word) : service(word);
    if (number === undefined || number > 65_535) {
      fail(`${shown(word)} is no port: it is a number up to 65535 or a name in /etc/services`);
    }
    return { kind: 'port', side, comparison: known ?? '=', port: number };
  }

  function address(side: 'local' | 'remote'): Filter {
    return negatable((word) => {
      const parsed = parsePrefix(word);
      if (!parsed) fail(`${shown(word)} is no address: it is like 10.0.0.0/8, 10.0.0.1:80 or [2001:db8::]/32`);
      const of: Filter = { kind: 'address', side, prefix: parsed.prefix };
      if (parsed.port === undefined) return of;
      return { kind: 'and', left: of, right: { kind: 'port', side, comparison: '=', port: parsed.port } };
    }, 'an address');
  }

  /** A word behind "=" or "!=", or alone. */
  function negatable(make: (word: string) => Filter, what: string): Filter {
    const comparison = COMPARISONS[peek() ?? ''];
    if (comparison !== undefined) at++;
    if (comparison !== undefined && comparison !== '=' && comparison !== '!=') {
      fail(`${what} in the filter is compared with = or !=, not with ${comparison}`);
    }
    const filter = make(take(what));
    return comparison === '!=' ? { kind: 'not', inner: filter } : filter;
  }

  return { whole };
}

/** @param device the index of a device by its name; undefined where there is none: then no socket is meant. */
export function compileFilter(
  filter: Filter,
  { inet }: SocketTable,
  device: (name: string) => number | undefined,
): Matcher {
  const compile = (node: Filter): Matcher => {
    switch (node.kind) {
      case 'and': {
        const [left, right] = [compile(node.left), compile(node.right)];
        return (row) => left(row) && right(row);
      }
      case 'or': {
        const [left, right] = [compile(node.left), compile(node.right)];
        return (row) => left(row) || right(row);
      }
      case 'not': {
        const inner = compile(node.inner);
        return (row) => !inner(row);
      }
      case 'state':
        return (row) => ((node.states >> (inet.state[row] ?? 0)) & 1) === 1;
      case 'port': {
        const ports = node.side === 'local' ? inet.localPort : inet.remotePort;
        const holds = COMPARE[node.comparison];
        return (row) => holds(ports[row] ?? 0, node.port);
      }
      case 'address': {
        const addresses = node.side === 'local' ? inet.local : inet.remote;
        return (row) => inPrefix(addresses, row * 16, node.prefix);
      }
      case 'device': {
        const index = device(node.name);
        return (row) => index !== undefined && inet.interface[row] === index;
      }
    }
  };
  return compile(filter);
}

const COMPARE: Readonly<Record<Comparison, (left: number, right: number) => boolean>> = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
  '<=': (left, right) => left <= right,
  '>=': (left, right) => left >= right,
};

/** An IPv6 prefix never holds an IPv4 address, which only its ::ffff:0:0/96 form would make it do. */
function inPrefix(bytes: Uint8Array, at: number, { bytes: wanted, length }: Prefix): boolean {
  if (isV4Mapped(bytes, at) !== isV4Mapped(wanted)) return false;
  for (let bit = 0; bit < length; bit += 8) {
    const mask = length - bit >= 8 ? 0xff : (0xff << (8 - (length - bit))) & 0xff;
    if ((((bytes[at + bit / 8] ?? 0) ^ (wanted[bit / 8] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}
