// Owns: columns of given widths put side by side as header and rows, and the choice of columns for a width.
// Knows nothing of: what the columns show.
import { cutText, textWidth } from '../base/text-width.ts';
import type { Row, Span, TextMode } from './styled-text.ts';

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Blank cells before the column. */
  readonly gap: number;
  readonly width: number;
  /** What a click on the title sorts by: `sent`, `received` or the id of a field. */
  readonly sort?: string;
  /** Rows are ordered by it, or the other way round. */
  readonly sorted: boolean | 'reversed';
}

/** A set of columns that is used where its flexible column gets at least `least` cells. */
export interface Step<Id extends string> {
  readonly columns: readonly Id[];
  readonly least: number;
}

/**
 * The first step that fits: its columns, and the cells that are left for the flexible one. The last step always fits.
 * @param fixed cells that a column takes with its gap; for the flexible column its gap alone
 */
export function chooseStep<Id extends string>(
  steps: readonly Step<Id>[],
  available: number,
  fixed: (id: Id) => number,
): { readonly columns: readonly Id[]; readonly flexible: number } {
  let last = { columns: [] as readonly Id[], flexible: 0 };
  for (const { columns, least } of steps) {
    last = { columns, flexible: Math.max(0, available - columns.reduce((sum, id) => sum + fixed(id), 0)) };
    if (last.flexible >= least) return last;
  }
  return last;
}

export function headerRow(columns: readonly TableColumn[], mode: TextMode): Row {
  const spans = columns.flatMap((column): Span[] => {
    const title = cutText(titleText(column, mode), column.width, mode);
    const blank = ' '.repeat(column.width - textWidth(title, mode));
    const [before, after] = column.align === 'left' ? ['', blank] : [blank, ''];
    return [
      { text: ' '.repeat(column.gap) + before, style: 'table-header' },
      { text: title, style: column.sorted !== false ? 'table-header-sorted' : 'table-header' },
      { text: after, style: 'table-header' },
    ];
  });
  return { spans, fill: 'table-header' };
}

/** The mark says in every tier what the style of a sorted column says in colour. */
function titleText(column: TableColumn, mode: TextMode): string {
  if (column.sorted === false) return column.title;
  const [down, up] = mode.unicode ? ['▾', '▴'] : ['*', '^'];
  const mark = column.sorted === 'reversed' ? up : down;
  const spaced = `${mark} ${column.title}`;
  return textWidth(spaced, mode) <= column.width ? spaced : mark + column.title;
}

/** @param cells the spans of each column, exactly as wide as the column */
export function tableRow(columns: readonly TableColumn[], cells: readonly (readonly Span[])[]): Row {
  const spans: Span[] = [];
  columns.forEach((column, i) => {
    if (column.gap > 0) spans.push({ text: ' '.repeat(column.gap), style: 'normal' });
    spans.push(...(cells[i] ?? []));
  });
  return { spans };
}
