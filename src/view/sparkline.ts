// Owns: small graphs made of characters: one-line sparklines and several-line braille graphs.
// Knows nothing of: units, colours and where the values come from. Values are oldest first.
import type { TextMode } from './styled-text.ts';

const BLOCKS = '▁▂▃▄▅▆▇█';
const ASCII_LEVELS = '.:|';
const BRAILLE_EMPTY = 0x2800;
/** Dots of a braille cell from the bottom up: left column, right column (Unicode 15.0, Braille Patterns). */
const BRAILLE_DOTS: readonly (readonly number[])[] = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
];

/**
 * One cell a value, the newest at the right; `width` cells. Zero is the lowest level and something is never shown as
 * zero; where there is no value yet (or it is not a number) there is a blank.
 * @param top the value of a full cell; the largest one shown when absent
 */
export function sparkline(values: readonly number[], width: number, mode: TextMode, top?: number): string {
  const shown = values.slice(-Math.max(0, width));
  if (width <= 0) return '';
  const scale = top ?? largest(shown);
  // In terminals with wide ambiguous characters a block would take two cells.
  const levels = mode.unicode && mode.ambiguousWidth === 1 ? BLOCKS : ASCII_LEVELS;
  const cells = shown.map((value) => levelCharacter(value, scale, levels));
  return cells.join('').padStart(width);
}

export interface GraphSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A filled graph of `height` lines, top line first. In Unicode a cell holds two values of four dots each, in ASCII the
 * larger of two values in two steps ('.', ':'). A value above zero shows at least one dot.
 * @param top the value of the full height; the largest one shown when absent
 * @param downwards grows from the top line down, to mirror a graph above it
 */
export function graphLines(
  values: readonly number[],
  size: GraphSize,
  mode: TextMode,
  top?: number,
  downwards = false,
): string[] {
  const { width, height } = size;
  if (width <= 0 || height <= 0) return [];
  const shown = values.slice(-2 * width);
  const padded = [...new Array<number>(2 * width - shown.length).fill(0), ...shown];
  const scale = top ?? largest(shown);
  const steps = mode.unicode ? 4 : 2;
  const heights = padded.map((value) => dots(value, scale, height * steps));
  const lines = Array.from({ length: height }, (_, line) => {
    // Steps that lie below (above, when growing downwards) this line.
    const base = (downwards ? line : height - 1 - line) * steps;
    let text = '';
    for (let cell = 0; cell < width; cell++) {
      const left = clamp((heights[2 * cell] ?? 0) - base, steps);
      const right = clamp((heights[2 * cell + 1] ?? 0) - base, steps);
      text += mode.unicode ? brailleCell(left, right, downwards) : asciiCell(Math.max(left, right));
    }
    return text;
  });
  return lines;
}

function levelCharacter(value: number, top: number, levels: string): string {
  if (!Number.isFinite(value) || value < 0) return ' ';
  if (value === 0 || !(top > 0)) return levels[0] ?? ' ';
  const level = Math.ceil((Math.min(value, top) / top) * (levels.length - 1));
  return levels[Math.max(1, level)] ?? ' ';
}

function dots(value: number, top: number, most: number): number {
  if (!(value > 0) || !(top > 0)) return 0;
  return Math.max(1, Math.round((Math.min(value, top) / top) * most));
}

function brailleCell(left: number, right: number, downwards: boolean): string {
  let bits = 0;
  for (const [column, count] of [left, right].entries()) {
    for (let i = 0; i < count; i++) bits |= BRAILLE_DOTS[column]?.[downwards ? 3 - i : i] ?? 0;
  }
  return String.fromCodePoint(BRAILLE_EMPTY + bits);
}

function asciiCell(steps: number): string {
  return steps === 0 ? ' ' : steps === 1 ? '.' : ':';
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? value : 0), 0);
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
