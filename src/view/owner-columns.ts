// Owns: the columns of the process table: title, width and cell of each, and which of them a width has room for.
// Knows nothing of: which rows are listed and where on the screen they stand.
import { cutText, textWidth } from '../base/text-width.ts';
import type { OwnerKind, OwnerRow } from '../model/model.ts';
import { programName } from '../model/program-name.ts';
import { countCell, type RowTone, textCell } from './cells.ts';
import { OWNER_CELLS, SAMPLES_PER_CELL } from './history.ts';
import {
  COMPACT,
  FIXED,
  isNumberColumn,
  type NumberColumn,
  numberCell,
  numberColumn,
  RATES,
  TINY,
  TOTALS,
} from './number-columns.ts';
import { isIdle } from './owner-list.ts';
import type { OwnerEntry } from './reading.ts';
import { sparkline } from './sparkline.ts';
import type { Span, StyleToken } from './styled-text.ts';
import { chooseStep, type Step, type TableColumn } from './table.ts';
import type { ViewInput } from './view-input.ts';

type OwnerColumn = 'mark' | 'pid' | 'user' | 'program' | 'dev' | 'connections' | 'graph' | NumberColumn;

/** The columns for one frame. */
export interface OwnerTable {
  readonly ids: readonly OwnerColumn[];
  readonly columns: readonly TableColumn[];
}

const PID_WIDTH = 7; // PID_MAX_LIMIT is 2^22 (proc(5), /proc/sys/kernel/pid_max)
const USER_WIDTH = 9;
/** A clause that is cut shorter says nothing. */
const LEAST_CUT_CLAUSE = 24;
const KIND_NAMES: Readonly<Record<OwnerKind, string>> = {
  process: '',
  unattributed: 'unknown',
  kernel: 'kernel',
  forwarded: 'forwarded',
  'no-socket': 'no socket',
};

/** Columns go in this order where it gets narrow: graph, connections, totals, device, user, units, pid. */
const ADAPTIVE_STEPS: readonly Step<OwnerColumn>[] = [
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...RATES, ...TOTALS, 'connections', 'graph'], least: 26 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...RATES, ...TOTALS, 'connections'], least: 20 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...RATES, ...TOTALS], least: 12 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...RATES], least: 12 },
  { columns: ['mark', 'pid', 'user', 'program', ...RATES], least: 14 },
  { columns: ['mark', 'pid', 'program', ...RATES], least: 14 },
  { columns: ['mark', 'pid', 'program', ...COMPACT], least: 10 },
  { columns: ['mark', 'program', ...TINY], least: 1 },
];

const FIXED_STEPS: readonly Step<OwnerColumn>[] = [
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...FIXED, 'connections', 'graph'], least: 26 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...FIXED, 'connections'], least: 20 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...FIXED], least: 12 },
  { columns: ['mark', 'pid', 'user', 'program', ...FIXED], least: 12 },
  { columns: ['mark', 'pid', 'program', ...FIXED], least: 10 },
  { columns: ['mark', 'program', ...FIXED], least: 8 },
  { columns: ['mark', 'program', ...TINY], least: 1 },
];

export function ownerTable(input: ViewInput): OwnerTable {
  const steps = input.ui.viewMode.kind === 'adaptive' ? ADAPTIVE_STEPS : FIXED_STEPS;
  const chosen = chooseStep(steps, input.size.columns, (id) => {
    const column = describe(id, input, 0);
    return column.gap + column.width;
  });
  return { ids: chosen.columns, columns: chosen.columns.map((id) => describe(id, input, chosen.flexible)) };
}

function describe(id: OwnerColumn, input: ViewInput, flexible: number): TableColumn {
  const left = { align: 'left' as const, gap: 1, sorted: false };
  switch (id) {
    case 'mark':
      return { ...left, title: '', gap: 0, width: 1 };
    case 'pid':
      return { ...left, title: 'PID', align: 'right', gap: 0, width: PID_WIDTH };
    case 'user':
      return { ...left, title: 'USER', width: USER_WIDTH };
    case 'program':
      return { ...left, title: 'PROGRAM', width: flexible };
    case 'dev':
      return { ...left, title: 'DEV', width: deviceWidth(input) };
    case 'connections':
      return { ...left, title: 'CONN', align: 'right', width: 5 };
    case 'graph':
      return { ...left, title: graphTitle(input), gap: 2, width: OWNER_CELLS };
    default:
      return numberColumn(id, input.ui);
  }
}

/** Fits the longest name and a mark for further devices, from a screen's width that can afford it. */
function deviceWidth(input: ViewInput): number {
  const { interfaces } = input.reading.model;
  const longest = Math.max(3, ...interfaces.map((row) => textWidth(row.name, input.mode)));
  const mark = interfaces.length > 1 ? 2 : 0;
  return Math.min(longest + mark, input.size.columns < 100 ? 6 : 10);
}

function graphTitle(input: ViewInput): string {
  const seconds = Math.round((OWNER_CELLS * SAMPLES_PER_CELL * input.settings.intervalMs) / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** One row's cells. */
export function ownerCells(entry: OwnerEntry, table: OwnerTable, input: ViewInput, selected: boolean) {
  const tone = toneOf(entry.row);
  const named = table.ids.includes('user');
  return table.ids.map((id, i) => ownerCell(id, entry, { input, selected, tone, named }, table.columns[i]?.width ?? 0));
}

interface CellContext {
  readonly input: ViewInput;
  readonly selected: boolean;
  readonly tone: RowTone;
  /** There is a user column, which says what a row without a process is. */
  readonly named: boolean;
}

function ownerCell(id: OwnerColumn, entry: OwnerEntry, context: CellContext, width: number): readonly Span[] {
  const { row } = entry;
  const { input, tone } = context;
  const { mode } = input;
  if (isNumberColumn(id)) return numberCell(id, row, input.ui, width, tone);
  switch (id) {
    case 'mark':
      return [{ text: context.selected ? '>' : ' ', style: tone }];
    case 'pid':
      return [textCell(row.pid === undefined ? '-' : String(row.pid), width, tone, mode, 'right')];
    case 'user':
      return [textCell(row.kind === 'process' ? row.user : KIND_NAMES[row.kind], width, quiet(tone), mode)];
    case 'program':
      return programCell(entry, context, width);
    case 'dev':
      return [textCell(deviceText(row, width, input), width, quiet(tone), mode)];
    case 'connections':
      return [countCell(row.connections, width, tone)];
    case 'graph':
      return [graphCell(row, input, width)];
  }
}

/** Rows that move nothing step back; so do those that have ended. */
function toneOf(row: OwnerRow): RowTone {
  if (row.state === 'exited') return 'exited';
  return isIdle(row) ? 'dim' : 'normal';
}

function quiet(tone: RowTone): StyleToken {
  return tone === 'normal' ? 'dim' : tone;
}

function programCell(entry: OwnerEntry, context: CellContext, width: number): readonly Span[] {
  const { row } = entry;
  const { mode } = context.input;
  const style: StyleToken = context.tone === 'normal' && entry.raised ? 'bold' : context.tone;
  const tag = row.state === 'exited' && row.pid !== undefined && width >= 14 ? ' exited' : '';
  const text =
    row.kind === 'process'
      ? programText(row, context.input, width - tag.length)
      : reasonText(row, context.named, width);
  return [textCell(text, width - tag.length, style, mode), ...(tag === '' ? [] : [{ text: tag, style }])];
}

/** Where a path does not fit, its end says more than its beginning. */
function programText(row: OwnerRow, { ui, mode }: ViewInput, width: number): string {
  const text = programName(row, ui);
  return textWidth(text, mode) <= width ? text : programName(row, { ...ui, basename: true });
}

/** Why these bytes have no process: the clause where there is room for it, else the label, which is shorter. */
function reasonText(row: OwnerRow, named: boolean, width: number): string {
  const kind = KIND_NAMES[row.kind];
  const label = row.reason === undefined || row.reason === kind ? '' : row.reason.replaceAll('-', ' ');
  const join = (text: string) => (named ? text : [kind, text].filter(Boolean).join(': '));
  if (join(row.reasonText).length <= width || (label === '' && width >= LEAST_CUT_CLAUSE)) return join(row.reasonText);
  return join(label);
}

/** The busiest device; a mark where there are others: `eth0+2`. Where packets cross twice they count on one only. */
function deviceText(row: OwnerRow, width: number, input: ViewInput): string {
  const name = row.interfaces[0]?.name ?? '-';
  const others = new Set(row.interfaces.filter((each) => !each.repeated).map((each) => each.name)).size - 1;
  if (others < 1) return name;
  const mark = [`+${others}`, '+'].find((each) => textWidth(name, input.mode) + each.length <= width) ?? '+';
  return cutText(name, width - mark.length, input.mode) + mark;
}

function graphCell(row: OwnerRow, input: ViewInput, width: number): Span {
  const cells = input.reading.history.owners.get(row.id);
  if (cells === undefined) return { text: ' '.repeat(width), style: 'dim' };
  const blank = OWNER_CELLS - Math.ceil(input.reading.history.samples / SAMPLES_PER_CELL);
  const known = blank > 0 ? cells.slice(blank) : cells;
  return { text: sparkline(known, width, input.mode), style: row.state === 'exited' ? 'exited' : 'received' };
}
