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
  /** Whether the rows' values grow from top to bottom; `reversed` does unless given. */
  readonly ascends?: boolean;
  /** It shows the time since what it is sorted by: the later, the less. */
  readonly showsAge?: boolean;
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
  const spans: Span[] = [];
  for (const column of columns) {
    const mark = sortMark(column, mode);
    const fits = [`${mark} ${column.title}`, mark + column.title].find((text) => textWidth(text, mode) <= column.width);
    const title = cutText(mark === '' ? column.title : (fits ?? column.title), column.width, mode);
    const blank = ' '.repeat(column.width - textWidth(title, mode));
    const [before, after] = column.align === 'left' ? ['', blank] : [blank, ''];
    const lead = ' '.repeat(column.gap) + before;
    // Where the title needs its whole width the mark takes the place of the blank before it.
    const outside = mark === '' || fits !== undefined || !takeBlank(spans, lead) ? '' : mark;
    spans.push(
      { text: outside === '' ? lead : lead.slice(1), style: 'table-header' },
      { text: outside + title, style: column.sorted !== false ? 'table-header-sorted' : 'table-header' },
      { text: after, style: 'table-header' },
    );
  }
  return { spans, fill: 'table-header' };
}

/** Whether there is a blank before a title: in its lead, else the last cell of the columns before, which goes then. */
function takeBlank(spans: Span[], lead: string): boolean {
  if (lead !== '') return true;
  const at = spans.findLastIndex(({ text }) => text !== '');
  const last = spans[at];
  if (!last?.text.endsWith(' ')) return false;
  spans[at] = { ...last, text: last.text.slice(0, -1) };
  return true;
}

/** The mark says in every tier what the style of a sorted column says in colour: it points to where less stands. */
function sortMark({ sorted, ascends, showsAge }: TableColumn, { unicode }: TextMode): string {
  if (sorted === false) return '';
  const [down, up] = unicode ? ['▾', '▴'] : ['v', '^'];
  return (ascends ?? sorted === 'reversed') !== (showsAge === true) ? up : down;
}

/** The spans of each column, exactly as wide as the column; undefined: the one before runs over it. */
export type Cells = readonly (readonly Span[] | undefined)[];

export function tableRow(columns: readonly TableColumn[], cells: Cells): Row {
  const spans: Span[] = [];
  columns.forEach((column, i) => {
    if (cells[i] === undefined) return;
    if (column.gap > 0) spans.push({ text: ' '.repeat(column.gap), style: 'normal' });
    spans.push(...(cells[i] ?? []));
  });
  return { spans };
}
