// Owns: how a screen is stacked: header, rule, column titles, the rows in sight, pinned rows and the footer.
// Knows nothing of: what any of them say.
import { type ListFacts, rowsInSight, type Spot, topFor } from './cursor.ts';
import { footer } from './footer.ts';
import { headerRows } from './header.ts';
import type { PageBody } from './page-body.ts';
import { rule } from './rule.ts';
import { EMPTY_ROW, type Frame, type Row } from './styled-text.ts';
import type { TableColumn } from './table.ts';
import { isEditing } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

/** A composed screen, and what keys need to know of it. */
export interface Composed {
  readonly frame: Frame;
  readonly facts: ListFacts;
}

const LEAST_ROWS_FOR_RULE = 12;
const LEAST_ROWS_FOR_FOOTER = 8;

export function composePage(input: ViewInput, body: PageBody): Composed {
  const { rows } = input.size;
  const hasRule = rows >= LEAST_ROWS_FOR_RULE;
  const hasFooter = rows >= LEAST_ROWS_FOR_FOOTER || isEditing(input.ui) || input.notice !== undefined;
  const header = headerRows(input, hasRule || input.ui.overlay !== 'none' ? '' : body.subject);
  const fixed = header.length + Number(hasRule) + body.titles.length + body.pinned.length + Number(hasFooter);
  const pageRows = Math.max(0, rows - fixed);
  const room = { pageRows, tall: body.below };
  const top = topFor(body.shown, body.top, room, body.keys.length);
  const firstLine = header.length + Number(hasRule) + body.titles.length;
  const inSight = { subject: body.subject, top, pageRows: rowsInSight(top, room), count: body.keys.length };
  const between = hasRule ? rule(input, inSight) : undefined;
  const facts: ListFacts = {
    keys: body.keys,
    ranked: body.ranked,
    top,
    ...room,
    firstLine,
    textRows: body.keys.length,
    textPageRows: pageRows,
    rows: body.rows,
    spots: [
      ...(between?.spots ?? []).map(({ tab, from, to }): Spot => ({ line: header.length, from, to, means: { tab } })),
      ...titleSpots(body.columns ?? [], firstLine - 1),
    ],
  };
  const last = hasFooter ? footer(input) : undefined;
  const lines = [
    ...header,
    ...(between === undefined ? [] : [between.row]),
    ...body.titles,
    ...listRows(body, top, pageRows),
    ...body.pinned,
    ...(last ? [last.row] : []),
  ].slice(0, rows);
  const cursor = last?.cursorColumn === undefined ? null : { row: lines.length - 1, column: last.cursorColumn };
  return { frame: { rows: lines, cursor }, facts };
}

/** The blank before a title belongs to it. */
function titleSpots(columns: readonly TableColumn[], line: number): readonly Spot[] {
  let from = 0;
  return columns.flatMap(({ gap, width, sort }): readonly Spot[] => {
    const to = from + gap + width;
    const spot = sort === undefined ? [] : [{ line, from, to, means: { sort } }];
    from = to;
    return spot;
  });
}

function listRows(body: PageBody, top: number, pageRows: number): readonly Row[] {
  const message: Row = { spans: [{ text: `  ${body.empty}`, style: 'dim' }] };
  if (body.keys.length === 0) return Array.from({ length: pageRows }, (_, line) => (line === 1 ? message : EMPTY_ROW));
  const lines: Row[] = [];
  for (let index = top; lines.length < pageRows; index++) {
    lines.push(index < body.keys.length ? body.rowAt(index) : EMPTY_ROW);
    const below = body.below?.get(index);
    if (below !== undefined) lines.push(below());
  }
  return lines.slice(0, pageRows);
}
