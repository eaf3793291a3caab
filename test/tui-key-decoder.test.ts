// Owns: the table of byte sequences and the keys they are, and that splitting them changes nothing.
// Knows nothing of: timers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyDecoder } from '../src/tui/key-decoder.ts';
import { type Key, keyChord } from '../src/view/keys.ts';
import { seededRandom } from './tui-random.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function keysOf(input: string | Uint8Array): Key[] {
  const decoder = createKeyDecoder();
  const keys = decoder.feed(typeof input === 'string' ? utf8(input) : input);
  return [...keys, ...decoder.flush()];
}
const chords = (input: string | Uint8Array): string => keysOf(input).map(keyChord).join(' ');

/** Bytes of one key and its chord. */
const TABLE: readonly (readonly [string, string])[] = [
  ['q', 'q'],
  ['G', 'G'],
  [' ', 'Space'],
  ['é', 'é'],
  ['한', '한'],
  ['😀', '😀'],
  ['\r', 'Enter'],
  ['\n', 'Enter'],
  ['\t', 'Tab'],
  ['\x7f', 'Backspace'],
  ['\b', 'Backspace'],
  ['\x03', 'C-c'],
  ['\x0c', 'C-l'],
  ['\x1a', 'C-z'],
  ['\x1c', 'C-\\'],
  ['\x1f', 'C-_'],
  ['\x00', 'C-Space'],
  ['\x1b', 'Escape'],
  ['\x1bx', 'M-x'],
  ['\x1bé', 'M-é'],
  ['\x1b\r', 'M-Enter'],
  ['\x1b\x03', 'C-M-c'],
  ['\x1b[A', 'Up'],
  ['\x1bOA', 'Up'],
  ['\x1b[B', 'Down'],
  ['\x1b[C', 'Right'],
  ['\x1b[D', 'Left'],
  ['\x1b\x1b[A', 'M-Up'],
  ['\x1b[1;2A', 'S-Up'],
  ['\x1b[1;3B', 'M-Down'],
  ['\x1b[1;5C', 'C-Right'],
  ['\x1b[1;8D', 'C-M-S-Left'],
  ['\x1b[a', 'S-Up'],
  ['\x1bOd', 'C-Left'],
  ['\x1b[H', 'Home'],
  ['\x1bOH', 'Home'],
  ['\x1b[1~', 'Home'],
  ['\x1b[7~', 'Home'],
  ['\x1b[F', 'End'],
  ['\x1b[4~', 'End'],
  ['\x1b[8~', 'End'],
  ['\x1b[2~', 'Insert'],
  ['\x1b[3~', 'Delete'],
  ['\x1b[3;5~', 'C-Delete'],
  ['\x1b[5~', 'PageUp'],
  ['\x1b[6~', 'PageDown'],
  ['\x1b[5^', 'C-PageUp'],
  ['\x1b[Z', 'S-Tab'],
  ['\x1bOP', 'F1'],
  ['\x1b[11~', 'F1'],
  ['\x1b[[A', 'F1'],
  ['\x1b[1;2P', 'S-F1'],
  ['\x1b[[E', 'F5'],
  ['\x1b[15~', 'F5'],
  ['\x1b[17~', 'F6'],
  ['\x1b[21~', 'F10'],
  ['\x1b[24;2~', 'S-F12'],
  ['\x1bOM', 'Enter'],
  ['\x1bOp', '0'],
  ['\x1bOk', '+'],
  ['\x1b[97u', 'a'],
  ['\x1b[97;2u', 'A'],
  ['\x1b[99;5u', 'C-c'],
  ['\x1b[99;5:3u', ''], // release
  ['\x1b[27u', 'Escape'],
  ['\x1b[13;2u', 'S-Enter'],
  ['\x1b[57441u', ''], // a modifier key by itself
  ['\x1b[27;5;105~', 'C-i'],
  ['\x1b[<0;10;5M', 'Click-Left'],
  ['\x1b[<2;10;5M', 'Click-Right'],
  ['\x1b[<0;10;5m', ''],
  ['\x1b[<64;10;5M', 'Wheel-Up'],
  ['\x1b[<65;10;5M', 'Wheel-Down'],
  ['\x1b[MC!!', ''], // X10 motion
  ['\x1b[M q!', 'Click-Left'], // its coordinates are letters and must not become commands
  ['\x1b[?62;22c', ''], // device attributes
  ['\x1b[12;40$y', ''],
  ['\x1b[I', ''],
  ['\x1b]11;rgb:0000/0000/0000\x07', ''],
  ['\x1bP1$r0m\x1b\\', ''],
  ['\u009b', ''],
  ['\u202e', ''],
];

test('every known sequence is its key', () => {
  for (const [bytes, chord] of TABLE) assert.equal(chords(bytes), chord, JSON.stringify(bytes));
});

test('any split of the bytes gives the same keys', () => {
  const random = seededRandom(3);
  const paste = '\x1b[200~rm -rf \x1b[A\n\x1b[201~';
  // A lone ESC ends only with a pause, so it is left out here.
  const complete = [...TABLE.map(([bytes]) => bytes).filter((bytes) => bytes !== '\x1b'), paste];
  for (let round = 0; round < 400; round++) {
    const input = utf8(Array.from({ length: 1 + random.below(12) }, () => random.pick(complete)).join(''));
    const decoder = createKeyDecoder();
    const keys: Key[] = [];
    for (let at = 0; at < input.length; ) {
      const length = 1 + random.below(5);
      keys.push(...decoder.feed(input.subarray(at, at + length)));
      at += length;
    }
    assert.equal(decoder.pending, false);
    assert.deepEqual(keys, keysOf(input), JSON.stringify(new TextDecoder().decode(input)));
  }
});

test('a lone ESC becomes the Escape key only when input pauses', () => {
  const decoder = createKeyDecoder();
  assert.deepEqual(decoder.feed(utf8('\x1b')), []);
  assert.equal(decoder.pending, true);
  assert.equal(decoder.flush().map(keyChord).join(), 'Escape');
  assert.equal(decoder.pending, false);
  assert.equal(decoder.feed(utf8('[A')).map(keyChord).join(' '), '[ A', 'what follows later is typed');
  assert.equal(chords('\x1b\x1b'), 'Escape Escape');
  assert.equal(chords('\x1b['), 'M-[');
  assert.equal(chords('\x1bO'), 'M-O');
  assert.equal(chords('\x1b]'), 'M-]');
});

test('mouse reports carry cells from 0, buttons and modifiers', () => {
  assert.deepEqual(keysOf('\x1b[<16;10;5M'), [
    { kind: 'mouse', action: 'press', button: 'left', row: 4, column: 9, ctrl: true, alt: false, shift: false },
  ]);
  assert.deepEqual(keysOf('\x1b[<34;300;70M'), [
    { kind: 'mouse', action: 'drag', button: 'right', row: 69, column: 299, ctrl: false, alt: false, shift: false },
  ]);
  assert.deepEqual(keysOf(Uint8Array.of(0x1b, 0x5b, 0x4d, 0x20, 0x71, 0x21)), [
    { kind: 'mouse', action: 'press', button: 'left', row: 0, column: 80, ctrl: false, alt: false, shift: false },
  ]);
});

test('pasted text is one harmless line and never a command', () => {
  const keys = keysOf('\x1b[200~q\nk\x1b[A\x03\u202e\x1b[201~x');
  assert.deepEqual(keys, [
    { kind: 'paste', text: 'q k[A\uFFFD' },
    { kind: 'char', char: 'x', ctrl: false, alt: false },
  ]);
  assert.equal(keys.map(keyChord).join(), ',x', 'no keymap can bind it');
  assert.deepEqual(keysOf('\x1b[200~\x1b[201~'), []);
});

test('a paste survives pauses, is bounded, and can be given up when its end is lost', () => {
  const decoder = createKeyDecoder();
  assert.deepEqual(decoder.feed(utf8('\x1b[200~que')), []);
  assert.deepEqual(decoder.flush(), [], 'a slow link is no end');
  assert.equal(decoder.pasting, true);
  assert.deepEqual(decoder.feed(utf8('q\x1b[20')), []);
  assert.deepEqual(decoder.endPaste(), [{ kind: 'paste', text: 'queq' }]);
  assert.equal(decoder.feed(utf8('q')).map(keyChord).join(), 'q');
  const [huge] = decoder.feed(utf8(`\x1b[200~${'a'.repeat(200000)}\x1b[201~`));
  assert.equal(huge?.kind === 'paste' && huge.text.length, 65536);
});

test('broken input is swallowed and the next key is understood', () => {
  assert.equal(chords(Uint8Array.of(0xff, 0xc3, 0x28, 0x71)), '( q');
  assert.equal(chords(Uint8Array.of(0xf0, 0x9f, 0x71)), 'q');
  assert.equal(chords('\x1b[1;5\x1b[A'), 'Up', 'ESC starts anew');
  assert.equal(chords('\x1b[1;5\rq'), 'Enter q');
  assert.equal(chords(`\x1b[${'1'.repeat(500)}Aq`), 'q');
  assert.equal(chords(`\x1b]${'x'.repeat(100000)}\x07q`), 'q');
});

test('random bytes never throw, and a key is never a control character', () => {
  const random = seededRandom(4);
  for (let round = 0; round < 2000; round++) {
    const input = Uint8Array.from({ length: random.below(30) }, () =>
      random.pick([0x1b, 0x5b, 0x3b, 0x4f, 0x3c, random.below(256), random.below(128)]),
    );
    for (const key of keysOf(input)) {
      if (key.kind === 'char') assert.match(key.char, /^[^\p{Cc}\p{Cf}\p{Cs}]$/u, `${[...input]}`);
    }
  }
});
