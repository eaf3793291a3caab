// Owns: the grid's promises: no control character, no half of a wide character.
// Knows nothing of: escape codes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CellBuffer, createCellBuffer, createGraphemeTable, RIGHT_HALF } from '../src/tui/cell-buffer.ts';

const table = createGraphemeTable();

function textOf(buffer: CellBuffer): string {
  return Array.from(buffer.glyphs, (glyph) => {
    if (glyph === RIGHT_HALF) return '';
    return table.get(glyph)?.text ?? String.fromCodePoint(glyph);
  }).join('');
}

test('a control character throws, wherever it stands', () => {
  const buffer = createCellBuffer(20, 1, table);
  for (const bad of ['\x1b', '\n', '\x7f', '\u009b', '\u202e', '\u200b', '\ud800', '\u2028']) {
    for (const text of [bad, `a${bad}`, `한${bad}글`, `${bad}z`]) {
      assert.throws(() => buffer.writeText(0, 0, text, 0), RangeError, JSON.stringify(text));
    }
  }
});

test('text is cut at the edge and a wide character is never halved there', () => {
  const buffer = createCellBuffer(5, 2, table);
  assert.equal(buffer.writeText(0, 0, '한글프', 0), 5);
  assert.equal(buffer.writeText(1, 0, 'abcdefg', 0), 5);
  assert.equal(textOf(buffer), '한글 abcde');
  assert.equal(buffer.writeText(0, 7, 'x', 0), 5, 'beyond the edge nothing is written');
});

test('writing over half of a wide character blanks its other half', () => {
  for (const [column, wanted] of [
    [1, ' x글'],
    [2, '한x '],
    [0, 'x 글'],
  ] as const) {
    const buffer = createCellBuffer(4, 1, table);
    buffer.writeText(0, 0, '한글', 0);
    buffer.writeText(0, column, 'x', 0);
    assert.equal(textOf(buffer), wanted);
  }
  const buffer = createCellBuffer(6, 1, table);
  buffer.writeText(0, 0, '한글프', 0);
  buffer.writeText(0, 1, '日本', 0);
  assert.equal(textOf(buffer), ' 日本 ');
});

test('marks stay with their character, and a mark without one takes no cell', () => {
  const buffer = createCellBuffer(6, 1, table);
  assert.equal(buffer.writeText(0, 0, 'ae\u0301b', 0), 3);
  assert.equal(buffer.writeText(0, 3, '\u0301z', 0), 4);
  assert.equal(textOf(buffer), 'ae\u0301bz  ');
});

test('without Unicode each cell of a foreign character is a question mark', () => {
  const buffer = createCellBuffer(8, 1, table, { unicode: false });
  buffer.writeText(0, 0, 'né한z', 0);
  assert.equal(textOf(buffer), 'n???z   ');
});

test('cells carry their style, and filling reaches the edge', () => {
  const buffer = createCellBuffer(6, 1, table);
  const column = buffer.writeText(0, 0, 'a한', 3);
  buffer.fillRight(0, column, 5);
  assert.deepEqual([...buffer.styles], [3, 3, 3, 5, 5, 5]);
});
