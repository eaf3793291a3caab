// Owns: the grammar of filter expressions: words, `name:value` terms, and, or, not and brackets, as a tree.
// Knows nothing of: which names there are and what a value means.

export type Operator = ':' | '~' | '=' | '!=' | '<' | '<=' | '>' | '>=';

/** `text` is a word looked for anywhere; `compare` asks one field. */
export type Term =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'compare'; readonly name: string; readonly operator: Operator; readonly value: string }
  | { readonly kind: 'all' | 'any'; readonly terms: readonly Term[] }
  | { readonly kind: 'not'; readonly term: Term };

/** `problem` is a sentence without its full stop. No text at all is `all` of nothing: it lets everything through. */
export type Syntax = { readonly ok: true; readonly term: Term } | { readonly ok: false; readonly problem: string };

/** `quoted`: no part of it is an operator. */
interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly kind: 'word' | '(' | ')';
}

const DEEPEST = 50;

/** Terms side by side must all hold. `or` binds weaker than that, `not` stronger; letter case does not matter. */
export function parseFilter(text: string): Syntax {
  const tokens = tokenise(text);
  if (typeof tokens === 'string') return { ok: false, problem: tokens };
  try {
    const reader = createReader(tokens);
    const term = readAny(reader, 0);
    if (reader.peek() !== undefined) return { ok: false, problem: 'there is a ) without its (' };
    return { ok: true, term };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, problem: error.message };
    throw error;
  }
}

/** The tokens, or what is wrong. Brackets are such at the edges of words only: `foo(bar)` is one word. */
function tokenise(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  let open = 0;
  const pattern = /\s*(?:([()])|((?:[^\s"()]|"[^"]*"|(?<=[^\s(])[()](?=[^\s)]))+)|("))/gy;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || match[3] !== undefined) return 'a " has no end';
    at = pattern.lastIndex;
    const [, bracket, word = ''] = match;
    if (bracket === undefined) {
      tokens.push({ kind: 'word', text: word.replaceAll('"', ''), quoted: word.startsWith('"') });
      continue;
    }
    open += bracket === '(' ? 1 : -1;
    tokens.push({ kind: bracket === '(' ? '(' : ')', text: bracket, quoted: false });
    if (open > DEEPEST) return `more than ${DEEPEST} brackets are open`;
  }
  return tokens;
}

interface Reader {
  peek(): Token | undefined;
  next(): Token | undefined;
  /** Takes the token if it is this word. */
  takes(word: 'and' | 'or' | 'not' | '(' | ')'): boolean;
}

function createReader(tokens: readonly Token[]): Reader {
  let at = 0;
  return {
    peek: () => tokens[at],
    next: () => tokens[at++],
    takes(word) {
      const token = tokens[at];
      if (token === undefined || token.quoted || token.text.toLowerCase() !== word) return false;
      at++;
      return true;
    },
  };
}

function readAny(reader: Reader, depth: number): Term {
  const terms = [readAll(reader, depth)];
  while (reader.takes('or')) {
    needsTerm(reader, 'or');
    terms.push(readAll(reader, depth));
  }
  return terms.length === 1 ? (terms[0] as Term) : { kind: 'any', terms };
}

function readAll(reader: Reader, depth: number): Term {
  const terms: Term[] = [];
  for (;;) {
    if (reader.takes('and')) {
      if (terms.length === 0) throw new SyntaxError('"and" needs a term before it; in quotes it is text');
      needsTerm(reader, 'and');
    }
    if (!startsTerm(reader)) break;
    terms.push(readNot(reader, depth));
  }
  if (terms.length === 0 && reader.takes('or')) {
    throw new SyntaxError('"or" needs a term before it; in quotes it is text');
  }
  return terms.length === 1 ? (terms[0] as Term) : { kind: 'all', terms };
}

function readNot(reader: Reader, depth: number): Term {
  let negated = false;
  while (reader.takes('not')) {
    needsTerm(reader, 'not');
    negated = !negated;
  }
  const term = readOne(reader, depth);
  return negated ? { kind: 'not', term } : term;
}

function readOne(reader: Reader, depth: number): Term {
  if (reader.takes('(')) {
    needsTerm(reader, '(');
    const term = readAny(reader, depth + 1);
    if (!reader.takes(')')) throw new SyntaxError('a ( has no )');
    return term;
  }
  const token = reader.next();
  if (token === undefined) return { kind: 'all', terms: [] };
  return token.quoted ? { kind: 'text', text: token.text } : readWord(token.text);
}

/** A name is letters, digits and dashes behind a letter, so that `10.0.0.1:80` and `[::1]:80` are text. */
function readWord(word: string): Term {
  const match = /^([a-z][a-z0-9-]*)(:~|!=|<=|>=|[:~=<>])(.*)$/is.exec(word);
  const [, name = '', operator = '', value = ''] = match ?? [];
  // `nginx:` is how programs call themselves.
  if (match === null || (value === '' && operator === ':')) return { kind: 'text', text: word };
  if (value === '') throw new SyntaxError(`${word} needs a value behind it`);
  return { kind: 'compare', name, operator: operator === ':~' ? '~' : (operator as Operator), value };
}

function startsTerm(reader: Reader): boolean {
  const token = reader.peek();
  if (token === undefined || token.kind === ')') return false;
  return token.quoted || token.text.toLowerCase() !== 'or';
}

function needsTerm(reader: Reader, word: string): void {
  const token = reader.peek();
  const isOperator = token !== undefined && !token.quoted && /^(?:and|or|\))$/i.test(token.text);
  if (token === undefined || isOperator) {
    throw new SyntaxError(
      word === '(' ? 'a ( has nothing in it' : `"${word}" needs a term behind it; in quotes it is text`,
    );
  }
}

/** Whether an expression asks a field by one of these names (lower case). */
export function asksFor(term: Term, names: ReadonlySet<string>): boolean {
  switch (term.kind) {
    case 'text':
      return false;
    case 'compare':
      return names.has(term.name.toLowerCase());
    case 'not':
      return asksFor(term.term, names);
    default:
      return term.terms.some((each) => asksFor(each, names));
  }
}
