// Owns: bars equal to those that htop drew, and graphs.
// Knows nothing of: /proc. The vectors were captured from htop 3.2.2 at 100 columns (3.3+: computed).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMemory } from '../src/base/units.ts';
import { barSpans, headerColumnWidths, segmentSizes } from '../src/view/bar.ts';
import { graphLines, sparkline } from '../src/view/sparkline.ts';
import type { Span, StyleToken, TextMode } from '../src/view/styled-text.ts';

const COLOR: TextMode = { unicode: true, color: true, ambiguousWidth: 1 };
const MONO: TextMode = { unicode: true, color: false, ambiguousWidth: 1 };
const ASCII: TextMode = { unicode: false, color: true, ambiguousWidth: 1 };
const [LEFT = 0, RIGHT = 0] = headerColumnWidths(100, [50, 50]);

const segments = (values: readonly number[], style: StyleToken = 'cpu-user') =>
  values.map((value) => ({ value, style }));
const textOf = (spans: readonly Span[]): string => spans.map((span) => span.text).join('');

test('header columns share the terminal as in htop', () => {
  assert.deepEqual(headerColumnWidths(80, [50, 50]), [37, 38]);
  assert.deepEqual(headerColumnWidths(100, [50, 50]), [47, 48]);
  assert.deepEqual(headerColumnWidths(200, [50, 50]), [97, 98]);
});

interface Vector {
  readonly caption: string;
  readonly values: readonly number[];
  readonly total: number;
  readonly text: string;
  readonly width: number;
  readonly line: string;
  readonly sizes: readonly number[];
}

const used = (kib: number): string => `${formatMemory(kib)}/${formatMemory(16000000)}`;
const VECTORS: readonly Vector[] = [
  {
    caption: '0',
    values: [10, 20, 20, 20],
    total: 100,
    text: '70.0%',
    width: LEFT,
    line: '  0[||||||||||||||||||||||||||||||||     70.0%]',
    sizes: [5, 9, 9, 9],
  },
  {
    caption: '3',
    values: [0, 85, 15, 0],
    total: 100,
    text: '100.0%',
    width: LEFT,
    line: '  3[||||||||||||||||||||||||||||||||||||100.0%]',
    sizes: [0, 36, 6, 0],
  },
  {
    caption: '0',
    values: [10, 20, 10, 5, 5, 10, 10, 10],
    total: 100,
    text: '50.0%',
    width: LEFT,
    line: '  0[|||||||||||||||||||||||||||||||||||||50.0%]',
    sizes: [5, 9, 5, 3, 3, 5, 5, 5],
  },
  {
    caption: 'Mem',
    values: [6200000, 500000, 700000, 4600000],
    total: 16000000,
    text: used(6200000),
    width: LEFT,
    line: 'Mem[|||||||||||||||||||||||||||||||5.91G/15.3G]',
    sizes: [17, 2, 2, 13],
  },
  {
    caption: 'Mem',
    values: [6200000, 700000, 0, 500000, 4600000],
    total: 16000000,
    text: used(6900000),
    width: LEFT,
    line: 'Mem[|||||||||||||||||||||||||||||||6.58G/15.3G]',
    sizes: [17, 2, 0, 2, 13],
  },
  {
    caption: 'Swp',
    values: [900000, 100000],
    total: 4000000,
    text: `${formatMemory(900000)}/${formatMemory(4000000)}`,
    width: LEFT,
    line: 'Swp[||||||||||||                    879M/3.81G]',
    sizes: [10, 2],
  },
  {
    caption: 'Loa',
    values: [3.5],
    total: 4,
    text: '3.50/1.25/0.75',
    width: RIGHT,
    line: 'Loa[|||||||||||||||||||||||||||||3.50/1.25/0.75]',
    sizes: [38],
  },
];

test('bars equal htop cell for cell', () => {
  for (const { values, line, sizes, ...bar } of VECTORS) {
    assert.equal(textOf(barSpans({ ...bar, segments: segments(values) }, COLOR)), line);
    assert.deepEqual(segmentSizes({ segments: segments(values), total: bar.total }, bar.width - 5), sizes);
  }
});

test('without colour each segment has its letter', () => {
  const mono = (caption: string, values: readonly number[], text: string): string =>
    textOf(barSpans({ caption, segments: segments(values), total: 100, text, width: LEFT }, MONO));
  assert.equal(mono('0', [10, 20, 20, 20], '70.0%'), '  0[|||||#########*********@@@@@@@@@     70.0%]');
  assert.equal(mono('3', [0, 85, 15, 0], '100.0%'), '  3[####################################100.0%]');
});

test('the text takes the colour of the segment under it', () => {
  const bar = { caption: 'Mem', total: 16000000, text: used(6200000), width: LEFT };
  const parts = [
    { value: 6200000, style: 'mem-used' },
    { value: 500000, style: 'mem-buffers' },
    { value: 700000, style: 'mem-shared' },
    { value: 4600000, style: 'mem-cache' },
  ] as const;
  assert.deepEqual(barSpans({ ...bar, segments: parts }, COLOR), [
    { text: 'Mem', style: 'bar-caption' },
    { text: '[', style: 'bar-bracket' },
    { text: '|||||||||||||||||', style: 'mem-used' },
    { text: '||', style: 'mem-buffers' },
    { text: '||', style: 'mem-shared' },
    { text: '||||||||||5.9', style: 'mem-cache' },
    { text: '1G/15.3G', style: 'bar-text' },
    { text: ']', style: 'bar-bracket' },
  ]);
});

test('a bar of any width is exactly that wide, and odd values do not break it', () => {
  for (let width = 0; width < 60; width++) {
    for (const values of [[], [Number.NaN, -1, 5], [1e9, 1e9]]) {
      const bar = { caption: 'long', segments: segments(values), total: 10, text: 'some longer text', width };
      assert.equal(textOf(barSpans(bar, COLOR)).length, width);
    }
  }
  const cut = (text: string) => textOf(barSpans({ caption: 'x', segments: [], total: 1, text, width: 13 }, COLOR));
  assert.equal(cut('12 34567890'), '  x[      12]', 'a text that is too long ends at a space');
  assert.equal(cut('1234567890'), '  x[12345678]', 'or shows its start');
});

test('a sparkline is as wide as asked, newest at the right, and tells zero from little', () => {
  assert.equal(sparkline([0, 0.001, 4, 8], 6, COLOR), '  ▁▂▅█');
  assert.equal(sparkline([1, 2, 3, 4, 5, 6, 7], 3, COLOR, 7), '▆▇█');
  assert.equal(sparkline([0, 1, 8], 3, ASCII), '.:|');
  assert.equal(sparkline([Number.NaN, 0], 2, COLOR), ' ▁');
  assert.equal(sparkline([9], 2, COLOR, 3), ' █', 'above the top is the top');
  assert.equal(sparkline([1], 0, COLOR), '');
  assert.equal(sparkline([1, 2], 2, { ...COLOR, ambiguousWidth: 2 }), ':|', 'blocks would take two cells');
});

test('a graph holds two values a cell, fills from the bottom and can be mirrored', () => {
  assert.deepEqual(graphLines([0, 8, 4, 1], { width: 2, height: 2 }, COLOR), ['⢸⠀', '⢸⣇']);
  assert.deepEqual(graphLines([0, 8, 4, 1], { width: 2, height: 2 }, COLOR, 8, true), ['⢸⡏', '⢸⠀']);
  assert.deepEqual(graphLines([0, 8, 4, 1], { width: 2, height: 2 }, ASCII), [': ', '::']);
  assert.deepEqual(graphLines([0.0001], { width: 1, height: 1 }, COLOR, 8), ['⢀'], 'something shows one dot');
  assert.deepEqual(graphLines([1], { width: 0, height: 3 }, COLOR), []);
});
