// Owns: rows as aligned columns of plain text, two spaces apart.
// Knows nothing of: what the rows are.
import { fitText, textWidth } from '../base/text-width.ts';

export interface Column<R> {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly text: (row: R) => string;
  /** Text of this column in the last line, below the rows; no such line where no column has one. */
  readonly sum?: string;
  /** This column is cut so that a line has at most `room` cells. */
  readonly flexible?: { readonly room: number; readonly least: number };
}

const GAP = '  ';

/** Lines with a header; no spaces at their ends. Empty without rows. */
export function renderColumns<R>(rows: readonly R[], columns: readonly Column<R>[], unicode: boolean): string {
  if (rows.length === 0) return '';
  const cells = columns.map((column) => [
    column.title,
    ...rows.map(column.text),
    ...(columns.some((each) => each.sum !== undefined) ? [column.sum ?? ''] : []),
  ]);
  const natural = cells.map((texts) => texts.reduce((width, text) => Math.max(width, textWidth(text)), 0));
  const total = natural.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1));
  const widths = columns.map(({ flexible }, at) => {
    const width = natural[at] ?? 0;
    return flexible && total > flexible.room ? Math.max(flexible.least, width - (total - flexible.room)) : width;
  });
  const line = (row: number) =>
    columns
      .map((column, at) => fitText(cells[at]?.[row] ?? '', widths[at] ?? 0, column.align, { unicode }))
      .join(GAP)
      .trimEnd();
  return (cells[0] ?? []).map((_, row) => `${line(row)}\n`).join('');
}
