// Owns: proof that incremental frames show what a full repaint shows, in a real emulator.
// Knows nothing of: screens; frames are random.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEGIN_FRAME, END_FRAME, enterSequence } from '../src/tui/ansi.ts';
import { createScreen, type Screen } from '../src/tui/screen.ts';
import { createTheme, type Theme } from '../src/tui/theme.ts';
import type { CursorPosition, Frame, Row, Span } from '../src/view/styled-text.ts';
import { restyled, row, STYLE_TOKENS, span } from '../src/view/styled-text.ts';
import { createEmulator, type Emulator } from './tui-emulator.ts';
import { type Random, seededRandom } from './tui-random.ts';

/** As in use: the alternate screen, which emulators do not reflow when they are resized. */
const START = enterSequence(false);
const THEME = createTheme('16');
const PIECES = [
  'PID',
  ' ',
  '    ',
  '61.2 MB/s',
  '|||||',
  'postgres: walsender',
  '한글',
  '글',
  'ａ',
  '▇▇▆',
  '⣿⡇',
  'é',
  'e\u0301',
  '\u0301',
  '日本語テキスト',
  ' '.repeat(30),
  'x',
];
const UNSURE = ['😀', '🇩🇪', '❤\ufe0f', '👍🏽', 'क्ष'];

function randomRow(random: Random, columns: number, pieces: readonly string[]): Row {
  const spans: Span[] = Array.from({ length: random.below(8) }, () =>
    span(random.pick(pieces), random.below(2) === 0 ? 'normal' : random.pick(STYLE_TOKENS)),
  );
  if (random.below(4) === 0) spans.push(span('#'.repeat(random.below(columns + 3)), random.pick(STYLE_TOKENS)));
  const line = { spans };
  return random.below(6) === 0 ? restyled(line, 'selected') : line;
}

/** The last frame with a few changes, as a monitor makes them; sometimes another frame altogether. */
function mutate(random: Random, frame: Frame, columns: number, rows: number, pieces: readonly string[]): Frame {
  const share = random.pick([1, 4, 12]);
  const lines = Array.from({ length: random.below(4) === 0 ? random.below(rows + 2) : rows }, (_, at) => {
    const old = frame.rows[at];
    return old === undefined || random.below(share) === 0 ? randomRow(random, columns, pieces) : old;
  });
  const cursor: CursorPosition | null =
    random.below(3) === 0 ? { row: random.below(rows), column: random.below(columns) } : null;
  return { rows: lines, cursor };
}

async function repaint(
  frame: Frame,
  columns: number,
  rows: number,
  widths: 'ours' | 'old',
  theme: Theme,
): Promise<Emulator> {
  const emulator = createEmulator(columns, rows, widths);
  const screen = createScreen({ columns, rows }, theme);
  await emulator.write(START + screen.render(frame));
  return emulator;
}

interface Case {
  readonly columns: number;
  readonly rows: number;
  readonly frames: number;
  readonly seed: number;
  readonly widths: 'ours' | 'old';
  readonly pieces: readonly string[];
  readonly theme?: Theme;
}

async function runCase(options: Case): Promise<void> {
  const random = seededRandom(options.seed);
  const theme = options.theme ?? THEME;
  let { columns, rows } = options;
  const emulator = createEmulator(columns, rows, options.widths);
  const screen: Screen = createScreen({ columns, rows }, theme);
  await emulator.write(START);
  let frame: Frame = { rows: [] };
  for (let step = 0; step < options.frames; step++) {
    if (columns > 4 && random.below(8) === 0) {
      columns = Math.max(5, options.columns - random.below(10));
      rows = Math.max(2, options.rows - random.below(4));
      emulator.resize(columns, rows);
      screen.resize({ columns, rows });
    }
    frame = mutate(random, frame, columns, rows, options.pieces);
    await emulator.write(screen.render(frame));
    assert.equal(screen.render(frame), '', 'the same frame again is 0 bytes');
    const wanted = await repaint(frame, columns, rows, options.widths, theme);
    const where = `seed ${options.seed} step ${step} ${columns}x${rows}`;
    assert.deepEqual(emulator.cells(), wanted.cells(), where);
    if (frame.cursor) assert.deepEqual(emulator.cursor(), frame.cursor, where);
    wanted.dispose();
  }
  emulator.dispose();
}

test('differences show what a full repaint shows, at every size, with wide characters, styles and resizes', async () => {
  const sizes = [
    [1, 1, 40],
    [2, 2, 60],
    [20, 6, 80],
    [80, 24, 30],
    [300, 80, 4],
  ] as const;
  for (const [columns, rows, frames] of sizes) {
    for (const seed of [1, 2, 3]) await runCase({ columns, rows, frames, seed, widths: 'ours', pieces: PIECES });
  }
});

test('all colour tiers: differences show what a full repaint shows', async () => {
  for (const tier of ['mono', '256', 'truecolor'] as const) {
    await runCase({
      columns: 40,
      rows: 8,
      frames: 30,
      seed: 7,
      widths: 'ours',
      pieces: PIECES,
      theme: createTheme(tier),
    });
  }
});

test('a row stays in place where the terminal draws emoji narrower or wider than we think', async () => {
  const pieces = [...PIECES, ...UNSURE, ...UNSURE];
  for (const widths of ['ours', 'old'] as const) {
    for (const seed of [11, 12, 13]) await runCase({ columns: 30, rows: 6, frames: 60, seed, widths, pieces });
  }
  const emulator = createEmulator(20, 1, 'old');
  const screen = createScreen({ columns: 20, rows: 1 }, THEME);
  await emulator.write(START + screen.render({ rows: [row('😀😀🇩🇪|end')] }));
  assert.equal(emulator.cells()[0]?.[6]?.[0], '|', 'the text after three emoji of two cells starts in cell 6');
});

test('the screen shows the text that was given, cut at the right edge', async () => {
  const emulator = createEmulator(10, 3);
  const screen = createScreen({ columns: 10, rows: 3 }, THEME);
  await emulator.write(
    START + screen.render({ rows: [row('0123456789ABC'), row('012345678한'), row('한글', span('|', 'bad'))] }),
  );
  assert.deepEqual(emulator.lines(), ['0123456789', '012345678 ', '한글|     ']);
});

test('a small change costs few bytes', () => {
  const screen = createScreen({ columns: 200, rows: 60 }, THEME);
  const line = (rate: string): Row => row(`${'process name'.padEnd(150)}${rate}`);
  const frame = (rate: string): Frame => ({
    rows: Array.from({ length: 60 }, (_, at) => line(at === 30 ? rate : '61.2')),
  });
  screen.render(frame('61.2'));
  const bytes = screen.render(frame('61.9'));
  assert.equal(bytes, '\x1b[?2026h\x1b[31;154H9\x1b[?2026l');
});

test('near changes are one run, far ones are not, blanks at the end are erased', () => {
  const screen = createScreen({ columns: 60, rows: 1 }, THEME);
  const body = (text: string): string =>
    screen
      .render({ rows: [row(text)] })
      .replaceAll(BEGIN_FRAME, '')
      .replaceAll(END_FRAME, '');
  const base = '.'.repeat(40);
  assert.equal(body(base), `\x1b[1;1H\x1b[0m${base}\x1b[K\x1b[?25l`);
  assert.equal(body(`a.......b${'.'.repeat(31)}`), '\x1b[1;1Ha.......b');
  assert.equal(body(`c........d${'.'.repeat(30)}`), '\x1b[1;1Hc........d');
  assert.equal(body(`e.........f${'.'.repeat(29)}`), '\x1b[1;1He\x1b[1;10H.f');
  assert.equal(body('e....'), '\x1b[1;6H\x1b[K');
});

test('the cursor is shown where asked, stays without bytes, and is hidden again', () => {
  const screen = createScreen({ columns: 20, rows: 2 }, THEME);
  const at = (column: number | null, text = 'filter: '): string =>
    screen.render({ rows: [row(text)], cursor: column === null ? null : { row: 0, column } });
  assert.ok(at(null).includes('\x1b[?25l'));
  assert.equal(at(8), '\x1b[?2026h\x1b[1;9H\x1b[?25h\x1b[?2026l');
  assert.equal(at(8), '');
  assert.equal(at(99), '\x1b[?2026h\x1b[1;20H\x1b[?2026l', 'clamped to the screen');
  assert.ok(at(9, 'filter: x').endsWith('\x1b[1;10H\x1b[?2026l'), 'put back after writing');
  assert.equal(at(null, 'filter: x'), '\x1b[?2026h\x1b[?25l\x1b[?2026l');
});

test('after invalidating everything is painted again, and a screen without cells paints nothing', () => {
  const screen = createScreen({ columns: 20, rows: 2 }, THEME);
  const frame = { rows: [row('one'), row('two')] };
  const first = screen.render(frame);
  screen.invalidate();
  assert.equal(screen.render(frame), first);
  const none = createScreen({ columns: 0, rows: 0 }, THEME);
  none.render(frame);
  assert.equal(none.render(frame), '');
});
