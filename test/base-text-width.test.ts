// Owns: vectors for cells, cutting and padding.
// Knows nothing of: terminals; tui-frame-diff.test.ts asks an emulator.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codePointWidth, cutText, fitText, graphemes, takeCells, textWidth } from '../src/base/text-width.ts';
import { seededRandom } from './tui-random.ts';

test('cells of single characters follow East-Asian width, marks take none', () => {
  const vectors: readonly (readonly [string, number])[] = [
    ['a', 1],
    ['é', 1],
    ['\u0301', 0],
    ['한', 2],
    ['ａ', 2],
    ['ﾊ', 1], // halfwidth katakana
    ['。', 2],
    ['😀', 2],
    ['⚡', 2],
    ['█', 1],
    ['⣿', 1],
    ['\u{2f800}', 2],
    ['\u200b', 0],
    ['\u11a8', 0], // conjoining final
  ];
  for (const [text, width] of vectors) assert.equal(codePointWidth(text.codePointAt(0) ?? 0), width, text);
});

test('ambiguous characters take two cells where the terminal says so', () => {
  assert.equal(textWidth('█▒α', { ambiguousWidth: 1 }), 3);
  assert.equal(textWidth('█▒α', { ambiguousWidth: 2 }), 6);
  assert.equal(textWidth('⣿', { ambiguousWidth: 2 }), 1, 'braille is neutral');
});

test('a cluster is one character: marks, flags, emoji variation, skin tones', () => {
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('🇩🇪'), 2);
  assert.equal(textWidth('❤\ufe0f'), 2);
  assert.equal(textWidth('👍🏽'), 2);
  assert.equal(textWidth('각'.normalize('NFD')), 2);
  assert.equal(textWidth('\u0301abc'), 3, 'a mark without a base has no cell');
  assert.deepEqual(graphemes('a한'), [
    { text: 'a', width: 1, unsure: false },
    { text: '한', width: 2, unsure: false },
  ]);
  assert.equal(graphemes('🇩🇪')[0]?.unsure, true);
});

test('a tower of marks reaches a cell as a bounded text', () => {
  const [tower, ...rest] = graphemes(`z${'\u0301'.repeat(10000)}`);
  assert.equal(rest.length, 0);
  assert.equal(tower?.width, 1);
  assert.equal([...(tower?.text ?? '')].length, 8);
});

test('a cut shows, and never halves a wide character', () => {
  assert.equal(cutText('postgres: walsender', 10), 'postgres:…');
  assert.equal(cutText('postgres: walsender', 10, { unicode: false }), 'postgres..');
  assert.equal(cutText('postgres', 8), 'postgres');
  assert.equal(cutText('한글프로', 5), '한글…');
  assert.equal(cutText('한글프로', 4), '한…');
  assert.equal(cutText('한글', 1), '…');
  assert.equal(cutText('abc', 1, { unicode: false }), '.');
  assert.equal(cutText('abc', 0), '');
  assert.equal(takeCells('a한글', 2), 'a');
  assert.equal(cutText('αβγδ', 5, { ambiguousWidth: 2 }), 'α..');
});

test('fitting gives exactly the wanted cells', () => {
  assert.equal(fitText('한글프로', 4), '한… ');
  assert.equal(fitText('한글프로', 4, 'right'), ' 한…');
  assert.equal(fitText('7', 4, 'right'), '   7');
  const random = seededRandom(2);
  const pool = ['a', 'Z', ' ', 'é', '한', 'ａ', '😀', '🇩🇪', 'e\u0301', '█', 'α', '\u0301'];
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: random.below(12) }, () => random.pick(pool)).join('');
    const width = random.below(16);
    const options = { unicode: random.below(2) === 0, ambiguousWidth: random.pick([1, 2] as const) };
    const fitted = fitText(text, width, random.pick(['left', 'right'] as const), options);
    assert.equal(textWidth(fitted, options), width, JSON.stringify({ text, width, options, fitted }));
  }
});
