// Owns: the columns of the process table: title, width and cell of each, and which of them a width has room for.
// Knows nothing of: which rows are listed and where on the screen they stand.
import { cutText, textWidth } from '../base/text-width.ts';
import type { OwnerKind, OwnerRow } from '../model/model.ts';
import { programName } from '../model/program-name.ts';
import { countCell, type RowTone, rowMark, textCell, withGroupName } from './cells.ts';
import { graphCells, OWNER_CELLS, SAMPLES_PER_CELL } from './history.ts';
import {
  COMPACT,
  FIXED,
  isNumberColumn,
  type NumberColumn,
  numberCell,
  numberColumn,
  RATES,
  sortedBy,
  TINY,
  TOTALS,
} from './number-columns.ts';
import { isAncestor } from './owner-ancestors.ts';
import { isIdle, type OwnerEntry } from './owner-list.ts';
import { sparkline } from './sparkline.ts';
import type { Span, StyleToken, TextMode } from './styled-text.ts';
import { type Cells, chooseStep, type Step, type TableColumn } from './table.ts';
import { listOf } from './ui-state.ts';
import { isUsageColumn, USAGE_SORTS, type UsageColumn, unitText, usageCell, usageColumn } from './usage-columns.ts';
import type { ViewInput } from './view-input.ts';

type OwnerColumn = 'mark' | 'pid' | 'user' | 'program' | 'dev' | 'connections' | 'graph' | NumberColumn | UsageColumn;

/** The columns for one frame. */
export interface OwnerTable {
  readonly ids: readonly OwnerColumn[];
  readonly columns: readonly TableColumn[];
}

const PID_WIDTH = 7; // PID_MAX_LIMIT is 2^22 (proc(5), /proc/sys/kernel/pid_max)
const USER_WIDTH = 9;
/** A name that is cut shorter, to make room for its container, says too little. */
const LEAST_BESIDE_TAG = 18;
/** A clause that is cut shorter says nothing. */
const LEAST_CUT_CLAUSE = 24;
const KIND_NAMES: Readonly<Record<OwnerKind, string>> = {
  process: '',
  unattributed: 'unknown',
  kernel: 'kernel',
  forwarded: 'forwarded',
  'no-socket': 'no socket',
};

const NAMES = ['mark', 'pid', 'user', 'program'] as const;
const MOVED: readonly OwnerColumn[] = [...RATES, ...TOTALS, 'connections', 'graph'];

/**
 * Columns go in this order where it gets narrow: state, memory share and age, unit and threads, graph, connections,
 * resident memory, totals, device, CPU, user, units, pid.
 */
const ADAPTIVE_STEPS: readonly Step<OwnerColumn>[] = [
  {
    columns: [...NAMES, 'unit', 'dev', 'run-state', 'threads', 'cpu', 'memory', 'rss', 'age', ...MOVED],
    least: 36,
  },
  { columns: [...NAMES, 'unit', 'dev', 'threads', 'cpu', 'rss', ...MOVED], least: 32 },
  { columns: [...NAMES, 'dev', 'cpu', 'rss', ...MOVED], least: 20 },
  { columns: [...NAMES, 'dev', 'cpu', 'rss', ...RATES, ...TOTALS, 'connections'], least: 20 },
  { columns: [...NAMES, 'dev', 'cpu', 'rss', ...RATES, ...TOTALS], least: 20 },
  { columns: [...NAMES, 'dev', 'cpu', ...RATES, ...TOTALS], least: 16 },
  { columns: [...NAMES, 'dev', 'cpu', ...RATES], least: 14 },
  { columns: [...NAMES, 'cpu', ...RATES], least: 14 },
  { columns: ['mark', 'pid', 'user', 'program', ...RATES], least: 14 },
  { columns: ['mark', 'pid', 'program', ...RATES], least: 14 },
  { columns: ['mark', 'pid', 'program', ...COMPACT], least: 10 },
  { columns: ['mark', 'program', ...TINY], least: 1 },
];

const FIXED_STEPS: readonly Step<OwnerColumn>[] = [
  { columns: [...NAMES, 'dev', 'cpu', 'rss', ...FIXED, 'connections', 'graph'], least: 20 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...FIXED, 'connections', 'graph'], least: 26 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...FIXED, 'connections'], least: 20 },
  { columns: ['mark', 'pid', 'user', 'program', 'dev', ...FIXED], least: 12 },
  { columns: ['mark', 'pid', 'user', 'program', ...FIXED], least: 12 },
  { columns: ['mark', 'pid', 'program', ...FIXED], least: 10 },
  { columns: ['mark', 'program', ...FIXED], least: 8 },
  { columns: ['mark', 'program', ...TINY], least: 1 },
];

export function ownerTable(input: ViewInput): OwnerTable {
  const all = input.ui.viewMode.kind === 'adaptive' ? ADAPTIVE_STEPS : FIXED_STEPS;
  // Nobody needs a column of dashes, as where there is no systemd.
  const hasUnits = input.reading.model.owners.some((row) => unitText(row) !== undefined);
  const steps = hasUnits ? all : all.map((step) => ({ ...step, columns: step.columns.filter((id) => id !== 'unit') }));
  const chosen = chooseStep(steps, input.size.columns, (id) => {
    const column = describe(id, input, 0);
    return column.gap + column.width;
  });
  return { ids: chosen.columns, columns: chosen.columns.map((id) => describe(id, input, chosen.flexible)) };
}

function describe(id: OwnerColumn, input: ViewInput, flexible: number): TableColumn {
  const plain = { align: 'left' as const, gap: 1, sorted: false } as const;
  const by = (sort: string) => ({ ...plain, sort, sorted: sortedBy(input.ui, sort) });
  switch (id) {
    case 'mark':
      return { ...plain, title: '', gap: 0, width: 1 };
    case 'pid':
      return { ...by('pid'), title: 'PID', align: 'right', gap: 0, width: PID_WIDTH };
    case 'user':
      return { ...by('user'), title: 'USER', width: USER_WIDTH };
    case 'program':
      return { ...by('program'), title: 'PROGRAM', width: flexible };
    case 'dev':
      return { ...plain, title: 'DEV', width: deviceWidth(input) };
    case 'connections':
      return { ...by('connections'), title: 'CONN', align: 'right', width: 5 };
    case 'graph':
      return { ...plain, title: graphTitle(input), gap: 2, width: OWNER_CELLS };
    default:
      if (!isUsageColumn(id)) return numberColumn(id, input.ui);
      return { ...usageColumn(id), sort: USAGE_SORTS[id], sorted: sortedBy(input.ui, USAGE_SORTS[id]) };
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
export function ownerCells(entry: OwnerEntry, table: OwnerTable, input: ViewInput, selected: boolean): Cells {
  const tone = toneOf(entry.row);
  const named = table.ids.includes('user');
  const tagged = !table.ids.includes('unit');
  const context = { input, selected, tone, named, tagged };
  const cells = table.ids.map((id, i) => ownerCell(id, entry, context, table.columns[i]?.width ?? 0));
  if (entry.title === undefined) return cells;
  const user = namesItsUser(input) ? -1 : table.ids.indexOf('user');
  const at = user < 0 ? table.ids.indexOf('program') : user;
  return withGroupName(cells, table.columns, entry, at, tone === 'normal' && entry.raised ? 'bold' : tone, input.mode);
}

/** Programs mostly have one user; what other groups are called may be long, and has its column as well. */
function namesItsUser({ ui }: ViewInput): boolean {
  return listOf(ui).group === 'program';
}

interface CellContext {
  readonly input: ViewInput;
  readonly selected: boolean;
  readonly tone: RowTone;
  /** There is a user column, which says what a row without a process is. */
  readonly named: boolean;
  /** There is no unit column: a container stands behind the program. */
  readonly tagged: boolean;
}

function ownerCell(id: OwnerColumn, entry: OwnerEntry, context: CellContext, width: number): readonly Span[] {
  const { row } = entry;
  const { input, tone } = context;
  const { mode } = input;
  if (isAncestor(row) && (isNumberColumn(id) || id === 'connections')) return [textCell('', width, tone, mode)];
  if (isNumberColumn(id)) return numberCell(id, row, input.ui, width, tone);
  if (isUsageColumn(id)) return [usageCell(id, row, input.reading.model.timeMs, width, tone, mode)];
  switch (id) {
    case 'mark':
      return [rowMark(entry, context.selected, tone)];
    case 'pid':
      return [textCell(pidText(entry), width, tone, mode, 'right')];
    case 'user':
      if (entry.title !== undefined && !namesItsUser(input)) return [textCell('', width, tone, mode)];
      return [textCell(row.kind === 'process' ? row.user : KIND_NAMES[row.kind], width, quiet(tone), mode)];
    case 'program':
      return programCell(entry, context, width);
    case 'dev':
      return [textCell(deviceText(row, width, input), width, quiet(tone), mode)];
    case 'connections':
      return [countCell(row.connections, width, tone)];
    case 'graph':
      return [graphCell(entry, input, width)];
  }
}

/** A group has none, and its name stands beside. */
function pidText({ row, title }: OwnerEntry): string {
  if (title !== undefined) return '';
  return row.pid === undefined ? '-' : String(row.pid);
}

/** Rows that move nothing step back; so do those that have ended. */
function toneOf(row: OwnerRow): RowTone {
  if (row.state === 'exited') return 'exited';
  return isIdle(row) ? 'dim' : 'normal';
}

function quiet(tone: StyleToken): StyleToken {
  return tone === 'normal' || tone === 'bold' ? 'dim' : tone;
}

function programCell(entry: OwnerEntry, context: CellContext, width: number): readonly Span[] {
  const { row, lead = '' } = entry;
  const { mode } = context.input;
  const style: StyleToken = context.tone === 'normal' && entry.raised ? 'bold' : context.tone;
  if (entry.title !== undefined) return [textCell('', width, style, mode)];
  const tag = programTag(row, context.tagged, width - lead.length, mode);
  const room = textWidth(tag, mode);
  const text =
    row.kind === 'process'
      ? programText(row, context.input, width - room - lead.length)
      : reasonText(row, context.named, width - lead.length);
  return [
    textCell(lead + text, width - room, style, mode),
    ...(tag === '' ? [] : [{ text: tag, style: quiet(style) }]),
  ];
}

/** What stands behind the program: that it has ended, or its container. */
function programTag(row: OwnerRow, tagged: boolean, width: number, mode: TextMode): string {
  if (row.state === 'exited') return row.pid !== undefined && width >= 14 ? ' exited' : '';
  const container = tagged ? row.unit?.container : undefined;
  if (container === undefined || width - textWidth(container, mode) - 3 < LEAST_BESIDE_TAG) return '';
  return ` [${container}]`;
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

function graphCell({ row, members }: OwnerEntry, input: ViewInput, width: number): Span {
  const cells = summedCells(members ?? [row], input);
  if (cells === undefined) return { text: ' '.repeat(width), style: 'dim' };
  const blank = OWNER_CELLS - Math.ceil(input.reading.history.samples / SAMPLES_PER_CELL);
  const known = blank > 0 ? cells.slice(blank) : cells;
  return { text: sparkline(known, width, input.mode), style: row.state === 'exited' ? 'exited' : 'received' };
}

/** The graph of a group is the sum of its rows. */
function summedCells(rows: readonly OwnerRow[], input: ViewInput): readonly number[] | undefined {
  const [first, ...others] = rows.flatMap(({ id }) => {
    const graph = input.reading.history.owners.get(id);
    return graph === undefined ? [] : [graphCells(graph)];
  });
  return others.reduce<readonly number[] | undefined>((sum, cells) => sum?.map((v, i) => v + (cells[i] ?? 0)), first);
}
