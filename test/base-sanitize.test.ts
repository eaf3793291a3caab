// Owns: proof that nothing hostile passes the data boundary.
// Knows nothing of: outputs; what they may rely on is asserted here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnsafe, sanitize, sanitizeCommandLine } from '../src/base/sanitize.ts';
import { seededRandom } from './tui-random.ts';

const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not appear
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|\p{Cs}/u;

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function assertHarmless(text: string, from: string): void {
  assert.ok(!FORBIDDEN.test(text), `${JSON.stringify(text)} from ${from}`);
  assert.equal(sanitize(text), text, `not idempotent: ${from}`);
  assert.equal(sanitize(utf8(text)), text, `bytes and text differ: ${from}`);
  assert.ok(!isUnsafe(text));
}

test('each kind of hostile byte has its documented replacement', () => {
  assert.equal(sanitize('a\x1b[31mR\x07'), 'a\\x1b[31mR\\x07');
  assert.equal(sanitize('one\ntwo\tthree\r'), 'one\\ntwo\\tthree\\r');
  assert.equal(sanitize('\x7f\u009b5\u0080'), '\\x7f\\x9b5\\x80');
  assert.equal(sanitize(bytes(0x65, 0x9b, 0x35)), 'e\\x9b5');
  assert.equal(sanitize('exe\u202egnp.\u2066x\u200d\ufeff'), 'exe\uFFFDgnp.\uFFFDx\uFFFD\uFFFD');
  assert.equal(sanitize('\u2028\u2029\u061c\u200e'), '\uFFFD\uFFFD\uFFFD\uFFFD');
  assert.equal(sanitize('a\ud800b\udc00'), 'a\uFFFDb\uFFFD');
  assert.equal(sanitize(utf8('\ufeffname')), '\uFFFDname', 'a byte order mark is not swallowed');
});

test('text that is fine stays as it is', () => {
  for (const text of [
    '',
    'postgres: walsender 10.0.0.9',
    'naïve',
    '한글프로',
    '😀',
    'C:\\temp',
    'e\u0301',
    '❤\ufe0f',
  ]) {
    assert.equal(sanitize(text), text);
    assert.equal(sanitize(utf8(text)), text);
  }
});

test('broken UTF-8 is shown byte by byte and valid neighbours survive', () => {
  const hangul = utf8('x한글프로그램').subarray(0, 15); // a comm is cut at 15 bytes
  assert.equal(sanitize(hangul), 'x한글프로\\xea\\xb7');
  assert.equal(sanitize(bytes(0xc0, 0xaf)), '\\xc0\\xaf', 'overlong');
  assert.equal(sanitize(bytes(0xed, 0xa0, 0x80)), '\\xed\\xa0\\x80', 'surrogate');
  assert.equal(sanitize(bytes(0xf4, 0x90, 0x80, 0x80)), '\\xf4\\x90\\x80\\x80', 'above U+10FFFF');
  assert.equal(sanitize(bytes(0xe2, 0x82, 0x41)), '\\xe2\\x82A');
  assert.equal(sanitize(bytes(0xff, 0xc3, 0xa9, 0xff, 0x0a)), '\\xffé\\xff\\n');
});

test('all 256 bytes in every position of a name are harmless', () => {
  const frames = [utf8('abcd'), utf8('한글'), utf8('😀'), bytes(0xc3), bytes(0xf0, 0x9f)];
  for (let value = 0; value < 256; value++) {
    for (const frame of frames) {
      for (let at = 0; at <= frame.length; at++) {
        const name = bytes(...frame.subarray(0, at), value, ...frame.subarray(at));
        assertHarmless(sanitize(name), `${[...name]}`);
        assertHarmless(sanitizeCommandLine(name), `${[...name]}`);
      }
    }
  }
});

test('random bytes and random text are harmless', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 3000; round++) {
    const raw = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    assertHarmless(sanitize(raw), `${[...raw]}`);
    const text = Array.from({ length: random.below(20) }, () =>
      String.fromCharCode(random.pick([random.below(0x100), random.below(0x3000), random.below(0x10000)])),
    ).join('');
    assertHarmless(sanitize(text), JSON.stringify(text));
    const limit = random.below(12);
    const cut = sanitize(raw, limit);
    assert.ok([...cut].length <= limit);
    assert.ok(sanitize(raw).startsWith(cut));
    assertHarmless(cut, `cut ${[...raw]}`);
  }
});

test('a limit counts characters and never leaves half an escape', () => {
  assert.equal(sanitize('한글프로그램', 3), '한글프');
  assert.equal(sanitize(utf8('😀😀😀'), 2), '😀😀');
  assert.equal(sanitize('ab\x1bcd', 5), 'ab');
  assert.equal(sanitize('ab\x1bcd', 6), 'ab\\x1b');
  assert.equal(sanitize('a\nb', 2), 'a');
  assert.equal(sanitize(utf8('é'.repeat(100000)), 4), 'éééé');
});

test('arguments are joined by spaces and cannot forge a record', () => {
  assert.equal(sanitizeCommandLine(utf8('nginx\0-g\0daemon off;\0')), 'nginx -g daemon off;');
  assert.equal(sanitizeCommandLine(utf8('nginx: worker process\0\0\0\0')), 'nginx: worker process');
  assert.equal(sanitizeCommandLine(utf8('a\0\0b\0')), 'a  b', 'an empty argument keeps its place');
  assert.equal(sanitizeCommandLine(utf8('x\n1\t2\0')), 'x\\n1\\t2');
  assert.equal(sanitizeCommandLine(bytes(0xc3, 0, 0xa9, 0)), '\\xc3 \\xa9', 'no character grows over a NUL');
  assert.equal(sanitizeCommandLine(utf8('abc\0def\0'), 5), 'abc d');
  assert.equal(sanitizeCommandLine(bytes()), '');
});
