// Owns: which words and values an option takes.
// Knows nothing of: the options there are, except that their defaults must be acceptable.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type Kind, MEBI, SETTINGS, type Setting } from '../src/app/config/option-table.ts';
import { acceptValue, describeAllowed, parseWord } from '../src/app/config/option-value.ts';

const integer: Kind = { kind: 'integer', min: 1, max: 100 };
const seconds: Kind = { kind: 'seconds', max: 10 };
const size: Kind = { kind: 'size', min: MEBI, max: 64 * MEBI };

test('numbers are digits only: nothing is cut off, rounded or guessed', () => {
  const words = ['1', '100', '007', '0', '101', '1.0', '1e1', '0x10', ' 1', '1 ', '', '-1', '+1', '1k', 'NaN', '９'];
  deepEqual(
    words.map((word) => parseWord(integer, word)),
    [1, 100, 7, ...Array(13).fill(undefined)],
  );
});

test('a delay may have decimals', () => {
  const words = ['0', '0.5', '.25', '10', '2.', '10.1', '1e-1', '-0', '.', 'Infinity'];
  deepEqual(
    words.map((word) => parseWord(seconds, word)),
    [0, 0.5, 0.25, 10, 2, ...Array(5).fill(undefined)],
  );
});

test('sizes take K, M and G as powers of 1024, with or without B', () => {
  const words = ['1048576', '1M', '1m', '1MiB', '1024K', '2 MB', '64M', '65M', '1G', 'M', '1T', '1.5M', '-1M'];
  const wanted = [MEBI, MEBI, MEBI, MEBI, MEBI, 2 * MEBI, 64 * MEBI, ...Array(6).fill(undefined)];
  deepEqual(
    words.map((word) => parseWord(size, word)),
    wanted,
  );
});

test('text with a NUL is refused: no file name or filter can hold one', () => {
  equal(acceptValue({ kind: 'text' }, 'a\0b'), undefined);
});

test('every default is a value that its own option accepts', () => {
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    deepEqual(acceptValue(setting.kind, setting.default), setting.default, name);
  }
});

test('what is allowed reads as a sentence', () => {
  equal(describeAllowed({ kind: 'choice', choices: ['a', 'b', 'c'] }), 'a, b or c');
  equal(describeAllowed(size), 'a size from 1M to 64M, such as 16M');
});
