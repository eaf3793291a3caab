// Owns: filter expressions as tests on rows: which words name which fields, and what a value means for each unit.
// Knows nothing of: the grammar (filter-syntax.ts), screens and keys.
import { addressProblem, contains, parseRange } from './address-range.ts';
import type { Field, FieldUnit } from './field.ts';
import { type Operator, parseFilter, type Term } from './filter-syntax.ts';

type Value = string | number | boolean | undefined;

/** What one name in an expression asks: a term holds where it holds for any of the values. */
export interface FilterField<Row> {
  readonly names: readonly string[];
  readonly unit: FieldUnit;
  /** The closed list of a label. */
  readonly labels?: readonly string[];
  /** What its values are beyond their unit, where others cannot be meant. */
  readonly holds?: 'port' | 'address' | undefined;
  readonly values: (row: Row) => readonly Value[];
}

export interface Vocabulary<Row> {
  readonly fields: readonly FilterField<Row>[];
  /** All text of a row, for words without a name. */
  readonly text: (row: Row) => string;
  /** Shown where a name is unknown. */
  readonly examples: string;
}

export type Filter<Row> =
  | { readonly ok: true; readonly matches: (row: Row) => boolean }
  /** A sentence without its full stop. */
  | { readonly ok: false; readonly problem: string };

/** Names that are quicker to type, and the fields (by id) they ask. */
const SHORT_NAMES: readonly (readonly [name: string, ...ids: string[]])[] = [
  ['rx', 'receivedRate'],
  ['tx', 'sentRate'],
  ['sent', 'sentBytes'],
  ['received', 'receivedBytes'],
  ['recv', 'receivedBytes'],
  ['port', 'localPort', 'remotePort'],
  ['lport', 'localPort'],
  ['rport', 'remotePort'],
  ['sport', 'localPort'],
  ['dport', 'remotePort'],
  ['local', 'localAddress'],
  ['remote', 'remoteAddress', 'address'],
  ['host', 'localAddress', 'remoteAddress', 'address'],
  ['proto', 'protocol'],
  ['dev', 'interfaceName', 'device'],
  ['interface', 'interfaceName', 'device'],
  ['name', 'name', 'program', 'executable'],
  ['cmd', 'commandLine'],
  ['conn', 'connections'],
  ['ppid', 'parentPid'],
  ['retrans', 'retransmittedBytes'],
  ['by', 'initiator'],
];

const PORTS: ReadonlySet<string> = new Set(['localPort', 'remotePort']);
const ADDRESSES: ReadonlySet<string> = new Set(['localAddress', 'remoteAddress', 'address']);

function heldBy(id: string): FilterField<never>['holds'] {
  if (PORTS.has(id)) return 'port';
  return ADDRESSES.has(id) ? 'address' : undefined;
}

/** The fields of a table under their ids and JSON keys, and what SHORT_NAMES adds. */
export function filterFields<Row>(fields: readonly Field<Row>[]): readonly FilterField<Row>[] {
  const short = SHORT_NAMES.flatMap(([name, ...ids]): readonly FilterField<Row>[] => {
    const named = fields.filter((field) => ids.includes(field.id));
    const [first] = named;
    if (first === undefined) return [];
    const values = (row: Row) => named.map((field) => field.value(row));
    return [{ names: [name], unit: first.unit, holds: heldBy(first.id), values }];
  });
  const plain = fields.map(
    (field): FilterField<Row> => ({
      names: [...new Set([field.id.toLowerCase(), field.jsonKey.toLowerCase()])],
      unit: field.unit,
      holds: heldBy(field.id),
      ...(field.labels === undefined ? {} : { labels: field.labels }),
      values: (row) => [field.value(row)],
    }),
  );
  return [...short, ...plain];
}

/** The expression as a test. Text of people: whatever it is, the result is a test or one sentence. */
export function compileFilter<Row>(text: string, vocabulary: Vocabulary<Row>): Filter<Row> {
  const syntax = parseFilter(text);
  if (!syntax.ok) return syntax;
  return compile(syntax.term, vocabulary);
}

function compile<Row>(term: Term, vocabulary: Vocabulary<Row>): Filter<Row> {
  switch (term.kind) {
    case 'text': {
      const wanted = term.text.toLowerCase();
      return passes((row) => vocabulary.text(row).toLowerCase().includes(wanted));
    }
    case 'not': {
      const inner = compile(term.term, vocabulary);
      return inner.ok ? passes((row) => !inner.matches(row)) : inner;
    }
    case 'compare':
      return compileComparison(term, vocabulary);
    default: {
      const tests: ((row: Row) => boolean)[] = [];
      for (const each of term.terms) {
        const inner = compile(each, vocabulary);
        if (!inner.ok) return inner;
        tests.push(inner.matches);
      }
      return passes(term.kind === 'all' ? (row) => tests.every((t) => t(row)) : (row) => tests.some((t) => t(row)));
    }
  }
}

type Comparison = Extract<Term, { readonly kind: 'compare' }>;

function compileComparison<Row>(term: Comparison, { fields, examples }: Vocabulary<Row>): Filter<Row> {
  const name = term.name.toLowerCase();
  const field = fields.find(({ names }) => names.includes(name));
  if (field === undefined) {
    return { ok: false, problem: `nothing here is called "${term.name}"; there are ${examples}, and words in quotes` };
  }
  const test = valueTest(field, term.operator, term.value);
  if (typeof test === 'string') return { ok: false, problem: `${term.name}: ${test}` };
  const isNegated = term.operator === '!=';
  return passes((row) => field.values(row).some(test) !== isNegated);
}

function passes<Row>(matches: (row: Row) => boolean): Filter<Row> {
  return { ok: true, matches };
}

type Test = (value: Value) => boolean;

/** A test of one value, or what is wrong. `!=` is tested as `=`, and turned round by the caller. */
function valueTest(
  field: Pick<FilterField<never>, 'unit' | 'labels' | 'holds'>,
  operator: Operator,
  value: string,
): Test | string {
  switch (field.unit) {
    case 'text':
    case 'label':
      return textTest(field, operator, value);
    case 'flag':
      return flagTest(operator, value);
    case 'time':
      return 'a moment cannot be asked for; age can';
    default:
      return numberTest(field, operator, value);
  }
}

function textTest(
  { labels, holds }: Pick<FilterField<never>, 'labels' | 'holds'>,
  operator: Operator,
  value: string,
): Test | string {
  if (operator === '~') return patternTest(value);
  if (operator !== ':' && operator !== '=' && operator !== '!=') return `a text is not compared by ${operator}`;
  const wanted = value.toLowerCase().split(',').filter(Boolean);
  const unknown = labels === undefined ? undefined : wanted.find((each) => !labels.includes(each));
  if (labels !== undefined && unknown !== undefined) return `it is one of ${labels.join(', ')}, not "${unknown}"`;
  const bad = holds === 'address' ? wanted.map(addressProblem).find((each) => each !== undefined) : undefined;
  if (bad !== undefined) return bad;
  const ranges = wanted.map(parseRange).filter((each) => each !== undefined);
  return (given) => {
    if (typeof given !== 'string') return false;
    const text = given.toLowerCase();
    if (wanted.includes(text)) return true;
    const address = ranges.length === 0 ? undefined : parseRange(text);
    return address !== undefined && ranges.some((range) => contains(range, address));
  };
}

function patternTest(value: string): Test | string {
  try {
    const pattern = new RegExp(value, 'iu');
    return (given) => given !== undefined && pattern.test(String(given));
  } catch {
    return `"${value}" is not a regular expression`;
  }
}

function flagTest(operator: Operator, value: string): Test | string {
  const wanted = { yes: true, true: true, no: false, false: false }[value.toLowerCase()];
  if (wanted === undefined || !isEquality(operator)) return 'it is yes or no';
  return (given) => given === wanted;
}

function isEquality(operator: Operator): boolean {
  return operator === ':' || operator === '=' || operator === '!=';
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** `443`, `80,443`, `8000-8999`, with `<`, `<=`, `>` and `>=` one number. */
function numberTest(
  { unit, holds }: Pick<FilterField<never>, 'unit' | 'holds'>,
  operator: Operator,
  value: string,
): Test | string {
  if (operator === '~') return patternTest(value);
  if (isEquality(operator)) {
    const spans: Span[] = [];
    for (const each of value.split(',')) {
      const [from, to] = each.split(/(?<=.)-/).map((part) => numberOf(part, unit));
      if (from === undefined || (each.includes('-', 1) && to === undefined)) return notANumber(each, unit);
      if (to !== undefined && to < from) return `"${each}" ends before it begins`;
      if (holds === 'port' && (to ?? from) > LAST_PORT) return notAPort(each);
      spans.push({ from, to: to ?? from });
    }
    return (given) => typeof given === 'number' && spans.some(({ from, to }) => given >= from && given <= to);
  }
  const limit = numberOf(value, unit);
  if (limit === undefined) return notANumber(value, unit);
  if (holds === 'port' && limit > LAST_PORT) return notAPort(value);
  const compares: (given: number) => boolean = {
    '<': (given: number) => given < limit,
    '<=': (given: number) => given <= limit,
    '>': (given: number) => given > limit,
    '>=': (given: number) => given >= limit,
  }[operator as '<' | '<=' | '>' | '>='];
  return (given) => typeof given === 'number' && compares(given);
}

const LAST_PORT = 65_535;

function notAPort(text: string): string {
  return `ports end at ${LAST_PORT}, so "${text}" is none`;
}

function notANumber(text: string, unit: FieldUnit): string {
  const such = { bytes: ', such as 10M or 1Gi', rate: ' a second, such as 500k or 8Mbit', ms: ', such as 30s or 5m' };
  return `"${text}" is no number${such[unit as keyof typeof such] ?? ''}`;
}

const PREFIXES: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };
const DURATIONS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  '': 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** In the unit of the field: bytes, bytes a second, milliseconds, or as it is. */
function numberOf(text: string, unit: FieldUnit): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z/]*)$/i.exec(text);
  if (match === null) return undefined;
  const amount = Number(match[1]);
  const suffix = (match[2] ?? '').toLowerCase();
  if (unit === 'ms') return DURATIONS[suffix] === undefined ? undefined : amount * DURATIONS[suffix];
  if (unit === 'id') return suffix === '' ? amount : undefined;
  const parts = /^([kmgt]?)(i?)(b|bit|bits)?(\/s)?$/.exec(suffix);
  if (parts === null) return undefined;
  const factor = (parts[2] === 'i' ? 1024 : 1000) ** (PREFIXES[parts[1] ?? ''] ?? 0);
  return (amount * factor) / (parts[3]?.startsWith('bit') ? 8 : 1);
}
