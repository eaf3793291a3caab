// Owns: the number columns that owners and connections share: rates and totals of both directions, in the chosen mode.
// Knows nothing of: which rows there are and the columns around these.
import type { UnitMode } from '../base/units.ts';
import type { Rates, Totals } from '../model/model.ts';
import {
  COMPACT_WIDTH,
  compactCell,
  fixedCell,
  type RowTone,
  rateCell,
  rateWidth,
  sizeCell,
  sizeWidth,
} from './cells.ts';
import type { Span } from './styled-text.ts';
import type { TableColumn } from './table.ts';
import { type SortKey, sortOf, type UiState } from './ui-state.ts';
import type { FixedMode } from './view-modes.ts';

export const NUMBER_COLUMNS = [
  'sent-rate',
  'received-rate',
  'sent-total',
  'received-total',
  'sent-compact',
  'received-compact',
  'sent-tiny',
  'received-tiny',
  'sent-fixed',
  'received-fixed',
] as const;
export type NumberColumn = (typeof NUMBER_COLUMNS)[number];

export const RATES: readonly NumberColumn[] = ['sent-rate', 'received-rate'];
export const TOTALS: readonly NumberColumn[] = ['sent-total', 'received-total'];
export const COMPACT: readonly NumberColumn[] = ['sent-compact', 'received-compact'];
/** For the smallest screens: the rate in five cells. */
export const TINY: readonly NumberColumn[] = ['sent-tiny', 'received-tiny'];
export const FIXED: readonly NumberColumn[] = ['sent-fixed', 'received-fixed'];

/** Room for 2^53 bytes in nethogs' mode of bytes, else for ten digits of the unit and three decimals. */
const FIXED_WIDTH = 14;
const FIXED_BYTES_WIDTH = 16;

export function isNumberColumn(id: string): id is NumberColumn {
  return (NUMBER_COLUMNS as readonly string[]).includes(id);
}

export function numberColumn(id: NumberColumn, ui: UiState): TableColumn {
  const direction: SortKey = id.startsWith('sent') ? 'sent' : 'received';
  const sort = id.endsWith('total') ? `${direction}Bytes` : direction;
  const sorted = sortedBy(ui, sort);
  const base = { align: 'right' as const, gap: 2, sort };
  switch (id) {
    case 'sent-rate':
      return { ...base, title: 'SENT/s', width: rateWidth(ui.units), sorted };
    case 'received-rate':
      return { ...base, title: 'RECV/s', width: rateWidth(ui.units), sorted };
    case 'sent-total':
      return { ...base, title: 'SENT', width: sizeWidth(ui.units), sorted };
    case 'received-total':
      return { ...base, title: 'RECEIVED', width: Math.max(8, sizeWidth(ui.units)), gap: 1, sorted };
    case 'sent-compact':
      return compactColumn('SENT', sort, sorted, ui.units);
    case 'received-compact':
      return compactColumn('RECV', sort, sorted, ui.units);
    case 'sent-tiny':
      return { ...base, title: 'SENT', gap: 1, width: COMPACT_WIDTH, sorted };
    case 'received-tiny':
      return { ...base, title: 'RECV', gap: 1, width: COMPACT_WIDTH, sorted };
    case 'sent-fixed':
      return fixedColumn('SENT', sort, sorted, fixedMode(ui));
    case 'received-fixed':
      return fixedColumn('RECV', sort, sorted, fixedMode(ui));
  }
}

/** How a column with this sort stands to the order of the list. */
export function sortedBy(ui: UiState, sort: string): TableColumn['sorted'] {
  const { by, reversed } = sortOf(ui);
  if (by !== sort) return false;
  return reversed ? 'reversed' : true;
}

/** Says what the letters count, since values here have no unit of their own. */
function compactColumn(word: string, sort: string, sorted: TableColumn['sorted'], units: UnitMode): TableColumn {
  const title = `${word}${units.quantity === 'bits' ? ' b' : ''}/s`;
  return { title, align: 'right', gap: 1, width: Math.max(COMPACT_WIDTH, title.length + 1), sort, sorted };
}

function fixedColumn(word: string, sort: string, sorted: TableColumn['sorted'], mode: FixedMode): TableColumn {
  const width = mode.decimals === 0 ? FIXED_BYTES_WIDTH : FIXED_WIDTH;
  return { title: `${word} ${mode.unit}`, align: 'right', gap: 2, width, sort, sorted };
}

export function numberCell(
  id: NumberColumn,
  row: Totals & Rates,
  ui: UiState,
  width: number,
  tone: RowTone,
): readonly Span[] {
  switch (id) {
    case 'sent-rate':
      return rateCell(row.sentRate, ui.units, width, tone);
    case 'received-rate':
      return rateCell(row.receivedRate, ui.units, width, tone);
    case 'sent-total':
      return sizeCell(row.sentBytes, ui.units, width, tone);
    case 'received-total':
      return sizeCell(row.receivedBytes, ui.units, width, tone);
    case 'sent-compact':
    case 'sent-tiny':
      return [compactCell(row.sentRate, ui.units, width, tone)];
    case 'received-compact':
    case 'received-tiny':
      return [compactCell(row.receivedRate, ui.units, width, tone)];
    case 'sent-fixed':
      return [fixedCell(fixedValue(row, 'sent', fixedMode(ui)), fixedMode(ui), width, tone)];
    case 'received-fixed':
      return [fixedCell(fixedValue(row, 'received', fixedMode(ui)), fixedMode(ui), width, tone)];
  }
}

/** Fixed columns are only chosen in a fixed mode. */
function fixedMode({ viewMode }: UiState): FixedMode {
  if (viewMode.kind !== 'fixed') throw new Error('fixed columns need a fixed mode');
  return viewMode;
}

function fixedValue(row: Totals & Rates, direction: SortKey, mode: FixedMode): number | undefined {
  if (mode.measure === 'total') return direction === 'sent' ? row.sentBytes : row.receivedBytes;
  return direction === 'sent' ? row.sentRate : row.receivedRate;
}
