// Owns: what stands on a screen that is too small for anything else.
// Knows nothing of: the model; counting goes on.
import { takeCells } from '../../base/text-width.ts';
import type { Frame } from '../styled-text.ts';
import type { ScreenSize } from '../view-input.ts';

/** From this size on there is a table. */
export const LEAST_SIZE: ScreenSize = { columns: 20, rows: 6 };

export function isTooSmall(size: ScreenSize): boolean {
  return size.columns < LEAST_SIZE.columns || size.rows < LEAST_SIZE.rows;
}

export function tooSmallScreen(size: ScreenSize): Frame {
  const lines = [
    `${size.columns}x${size.rows} cells`,
    `need ${LEAST_SIZE.columns}x${LEAST_SIZE.rows}`,
    'counting goes on',
  ];
  return {
    rows: lines.slice(0, Math.max(0, size.rows)).map((text, i) => ({
      spans: [{ text: takeCells(text, size.columns), style: i === 1 ? 'warn' : 'normal' }],
    })),
    cursor: null,
  };
}
