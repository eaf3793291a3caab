// Owns: the cells of a table: numbers and texts as spans of an exact width.
// Knows nothing of: which columns there are and what a row stands for.
import { cutText, fitText } from '../base/text-width.ts';
import {
  formatCount,
  formatRate,
  formatSize,
  type Quantity,
  rateUnitWidth,
  sizeUnitWidth,
  type UnitMode,
  VALUE_WIDTH,
} from '../base/units.ts';
import type { Span, StyleToken, TextMode } from './styled-text.ts';
import type { Cells, TableColumn } from './table.ts';
import type { FixedMode } from './view-modes.ts';

/** How a row as a whole looks; its cells follow. */
export type RowTone = 'normal' | 'dim' | 'exited' | 'bold';

export function textCell(
  text: string,
  width: number,
  style: StyleToken,
  mode: TextMode,
  align: 'left' | 'right' = 'left',
): Span {
  return { text: fitText(text, width, align, mode), style };
}

export function rateWidth(units: UnitMode): number {
  return VALUE_WIDTH + 1 + rateUnitWidth(units);
}

export function sizeWidth(units: UnitMode): number {
  return VALUE_WIDTH + 1 + sizeUnitWidth(units);
}

/** `61.2 MB/s` with the unit in a quieter style; a zero and an unknown are dim and have no unit. */
export function quantityCell(quantity: Quantity, width: number, tone: RowTone): readonly Span[] {
  const value = `${quantity.value} `.padStart(width - quantity.unit.length);
  if (quantity.kind !== 'number') return [{ text: value + quantity.unit, style: quietTone(tone) }];
  return [
    { text: value, style: tone },
    { text: quantity.unit, style: quietTone(tone) },
  ];
}

export function rateCell(rate: number | undefined, units: UnitMode, width: number, tone: RowTone): readonly Span[] {
  return quantityCell(formatRate(rate ?? Number.NaN, units), width, tone);
}

export function sizeCell(bytes: number, units: UnitMode, width: number, tone: RowTone): readonly Span[] {
  return quantityCell(formatSize(bytes, units), width, tone);
}

/** Value and prefix letter only, for narrow screens: `61.2M`, ` 410k`, `  98 `. */
export const COMPACT_WIDTH = VALUE_WIDTH + 1;

export function compactCell(rate: number | undefined, units: UnitMode, width: number, tone: RowTone): Span {
  const { kind, value, unit } = formatRate(rate ?? Number.NaN, units);
  const prefix = /^[A-Za-z](?=i?(B|bit)\/)/.exec(unit.trim())?.[0] ?? ' ';
  return { text: (value + prefix).padStart(width), style: kind === 'number' ? tone : quietTone(tone) };
}

/** A count with its prefix letter: ` 812 `, `1.02k`. */
export function countCell(count: number, width: number, tone: RowTone): Span {
  const { kind, value, unit } = formatCount(count);
  return { text: (value + unit).padStart(width), style: kind === 'number' ? tone : quietTone(tone) };
}

/** A value in a fixed unit, as nethogs writes it; the unit stands in the header. */
export function fixedCell(amount: number | undefined, mode: FixedMode, width: number, tone: RowTone): Span {
  if (amount === undefined) return { text: '-'.padStart(width), style: quietTone(tone) };
  if (amount === 0)
    return {
      text: `0${' '.repeat(mode.decimals === 0 ? 0 : mode.decimals + 1)}`.padStart(width),
      style: quietTone(tone),
    };
  return { text: (amount / mode.divisor).toFixed(mode.decimals).padStart(width), style: tone };
}

function quietTone(tone: RowTone): StyleToken {
  return tone === 'normal' ? 'dim' : tone;
}

/** The first cell of a row: whether it is selected, or pinned. */
export function rowMark({ pinned }: { readonly pinned?: boolean }, selected: boolean, tone: RowTone): Span {
  if (selected) return { text: '>', style: tone };
  return pinned ? { text: '*', style: 'pinned' } : { text: ' ', style: tone };
}

/** The cells of a line with the name of its group in the column at `at`, running over the empty ones behind it. */
export function withGroupName(
  cells: readonly (readonly Span[])[],
  columns: readonly TableColumn[],
  group: Group,
  at: number,
  style: StyleToken,
  mode: TextMode,
): Cells {
  const isBlank = (spans: readonly Span[]) => spans.every(({ text }) => text.trim() === '');
  const after = cells.findIndex((spans, i) => i > at && !isBlank(spans));
  const end = after < 0 ? columns.length : after;
  const width = columns.slice(at, end).reduce((sum, column, i) => sum + column.width + (i === 0 ? 0 : column.gap), 0);
  const name = [groupCell(group, width, style, mode)];
  return cells.map((spans, i) => (i === at ? name : i > at && i < end ? undefined : spans));
}

interface Group {
  readonly title?: string;
  readonly lead?: string;
  readonly members?: readonly unknown[];
}

/** What a group is called, and how many rows it has. */
function groupCell(group: Group, width: number, style: StyleToken, mode: TextMode): Span {
  const count = ` (${group.members?.length ?? 0})`;
  const text = cutText((group.lead ?? '') + (group.title ?? ''), Math.max(0, width - count.length), mode);
  return textCell(text + count, width, style === 'normal' ? 'bold' : style, mode);
}
