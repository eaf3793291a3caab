// Owns: the one place where foreign text (names, command lines, users, DNS answers, file content) becomes displayable.
// Knows nothing of: terminals, JSON and who shows the text; every output may rely on what is promised here.

/*
 * The rule, one line each:
 *   a byte that is not UTF-8                           -> \xNN of that byte
 *   a control character (C0, DEL, C1: category Cc)     -> \n \r \t by name, the others \xNN
 *   an invisible or reordering character (Cf, Zl, Zp), a lone surrogate, a blank filler, a noncharacter -> U+FFFD
 * Everything else stays. The result holds none of the above, so sanitising again changes nothing; a backslash that was
 * in the text stays a single backslash for the same reason (the text is for people, not for decoding).
 */

/** Cf covers bidi controls (U+061C 200E-F 202A-E 2066-9), zero-width U+200B-D 2060-4 FEFF, soft hyphen and tags. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115F\u1160\u2065\u3164\uFFA0\uFFFE\uFFFF]|\u034F|\u17B4|\u17B5/u;
const UNSAFE = new RegExp(`\\p{Cc}|${INVISIBLE.source}`, 'u');
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'gu');
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const REPLACEMENT = '\uFFFD';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether a text holds anything that `sanitize` would replace. */
export function isUnsafe(text: string): boolean {
  return !PRINTABLE_ASCII.test(text) && UNSAFE.test(text);
}

/**
 * Foreign bytes or text as one displayable line.
 * @param limit the most characters (code points of the result) to keep; an escape such as \x1b is kept whole or not at all
 */
export function sanitize(input: Uint8Array | string, limit = Number.POSITIVE_INFINITY): string {
  // A character takes at most four bytes: what lies further cannot be part of the first `limit` characters.
  const text = typeof input === 'string' ? escapeUnsafe(input) : fromBytes(input.subarray(0, limit * 4));
  return text.length <= limit ? text : cutCharacters(text, limit);
}

/**
 * A process's arguments as /proc/PID/cmdline gives them (each ended by NUL) in one line, joined by spaces.
 * Trailing NULs, which programs that rewrite their title leave behind, are dropped.
 */
export function sanitizeCommandLine(bytes: Uint8Array, limit = Number.POSITIVE_INFINITY): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const parts: string[] = [];
  for (let start = 0; start < end; ) {
    let stop = bytes.indexOf(0, start);
    if (stop < 0 || stop > end) stop = end;
    parts.push(sanitize(bytes.subarray(start, stop)));
    start = stop + 1;
  }
  const text = parts.join(' ');
  return text.length <= limit ? text : cutCharacters(text, limit);
}

function fromBytes(bytes: Uint8Array): string {
  try {
    return escapeUnsafe(strictUtf8.decode(bytes));
  } catch {
    return decodeBroken(bytes);
  }
}

function escapeUnsafe(text: string): string {
  return isUnsafe(text) ? text.replace(UNSAFE_ALL, replaceUnsafe) : text;
}

function replaceUnsafe(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a) return '\\n';
  if (code === 0x0d) return '\\r';
  if (code === 0x09) return '\\t';
  return code < 0xa0 ? hexByte(code) : REPLACEMENT;
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Valid sequences decoded, every other byte on its own as \xNN. */
function decodeBroken(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += hexByte(bytes[at] ?? 0);
      at++;
    } else {
      text += escapeUnsafe(strictUtf8.decode(bytes.subarray(at, at + length)));
      at += length;
    }
  }
  return text;
}

/** Length of the well-formed UTF-8 sequence at `at` (Unicode 15.0, table 3-7), 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  for (let i = 1; i < length; i++) {
    const [low, high] = i === 1 ? secondByteRange(first) : [0x80, 0xbf];
    const byte = bytes[at + i];
    if (byte === undefined || byte < low || byte > high) return 0;
  }
  return length;
}

/** Overlong forms, surrogates and code points above U+10FFFF show in the second byte. */
function secondByteRange(first: number): readonly [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}

/** What may not be cut apart: the escapes written above; otherwise one code point. */
const UNIT = /\\x[0-9a-f]{2}|\\[nrt]|./gsu;

function cutCharacters(text: string, limit: number): string {
  let used = 0;
  let end = 0;
  for (const match of text.matchAll(UNIT)) {
    const characters = match[0].startsWith('\\') ? match[0].length : 1;
    if (used + characters > limit) break;
    used += characters;
    end = match.index + match[0].length;
  }
  return text.slice(0, end);
}
