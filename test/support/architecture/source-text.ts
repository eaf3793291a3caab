// Owns: telling code, strings and comments apart in TypeScript and C++, so that rules do not trip over words.
// Knows nothing of: grammar beyond that. Blanked characters become spaces; line numbers stay.

/** One text three times over, each as long as the original: what is not of the kind is blanked. */
export interface SplitText {
  /** Neither comments nor the contents of strings, templates and regular expressions. */
  readonly code: string;
  /** Everything but comments. */
  readonly withStrings: string;
  /** Comments alone. */
  readonly comments: string;
}

type Kind = 'code' | 'string' | 'comment';
interface Piece {
  readonly end: number;
  readonly kind: Kind;
}

const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
const QUOTED = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/y;
const RAW_STRING = /R"([^()\s\\]{0,16})\([\s\S]*?\)\1"/y;
const DIGITS = /\d[\w']*/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const REGULAR_EXPRESSION = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** After one of these a slash begins a regular expression and does not divide. */
const BEFORE_REGULAR_EXPRESSION =
  /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|await|yield))\s*$/;

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function commentAt(text: string, at: number): number {
  return Math.max(matchEnd(LINE_COMMENT, text, at), matchEnd(BLOCK_COMMENT, text, at));
}

function cppPiece(text: string, at: number): Piece {
  const comment = commentAt(text, at);
  if (comment > 0) return { end: comment, kind: 'comment' };
  const string = Math.max(matchEnd(RAW_STRING, text, at), matchEnd(QUOTED, text, at));
  if (string > 0) return { end: string, kind: 'string' };
  // Digits may hold ' as a separator; a word may end where a quote begins.
  const word = Math.max(matchEnd(DIGITS, text, at), matchEnd(WORD, text, at));
  const rawString = text[at] === 'R' && text[at + 1] === '"';
  return { end: word > 0 && !rawString ? word : at + 1, kind: 'code' };
}

function typeScriptPiece(text: string, at: number, templates: number[]): Piece {
  const comment = commentAt(text, at);
  if (comment > 0) return { end: comment, kind: 'comment' };
  const character = text[at];
  const depth = templates.length - 1;
  if (character === '`') return templatePiece(text, at + 1, templates);
  if (character === '{' && depth >= 0) templates[depth] = (templates[depth] ?? 0) + 1;
  if (character === '}' && depth >= 0) {
    if (templates[depth] === 0) {
      templates.pop();
      return templatePiece(text, at + 1, templates);
    }
    templates[depth] = (templates[depth] ?? 0) - 1;
  }
  const quoted = matchEnd(QUOTED, text, at);
  if (quoted > 0) return { end: quoted, kind: 'string' };
  if (character === '/' && BEFORE_REGULAR_EXPRESSION.test(text.slice(Math.max(0, at - 60), at))) {
    const expression = matchEnd(REGULAR_EXPRESSION, text, at);
    if (expression > 0) return { end: expression, kind: 'string' };
  }
  return { end: Math.max(at + 1, matchEnd(WORD, text, at)), kind: 'code' };
}

/** The text of a template up to its end, or up to an expression in it, whose depth of braces goes on the stack. */
function templatePiece(text: string, from: number, templates: number[]): Piece {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return { end: at + 1, kind: 'string' };
    else if (text[at] === '$' && text[at + 1] === '{') {
      templates.push(0);
      return { end: at + 2, kind: 'string' };
    }
  }
  return { end: text.length, kind: 'string' };
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** Splits a source by its file name: `.ts`, `.js` and `.mjs` as TypeScript, everything else as C++. */
export function splitText(path: string, text: string): SplitText {
  const isTypeScript = /\.[mc]?[jt]s$/.test(path);
  const templates: number[] = [];
  const parts: Record<Kind, string[]> = { code: [], string: [], comment: [] };
  const withStrings: string[] = [];
  for (let at = 0; at < text.length; ) {
    const piece = isTypeScript ? typeScriptPiece(text, at, templates) : cppPiece(text, at);
    const original = text.slice(at, piece.end);
    const empty = blank(original);
    for (const kind of ['code', 'comment'] as const) parts[kind].push(piece.kind === kind ? original : empty);
    withStrings.push(piece.kind === 'comment' ? empty : original);
    at = piece.end;
  }
  return { code: parts.code.join(''), withStrings: withStrings.join(''), comments: parts.comment.join('') };
}

/** Line of an offset, counted from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
