// Owns: the meters of the header: CPUs, memory, swap and load, and the words beside or below them.
// Knows nothing of: the host line, interfaces and tables.
import type { HostModel } from '../model/model.ts';
import { type Bar, barSpans, headerColumnWidths } from './bar.ts';
import type { Bars } from './bars.ts';
import { cpuSummary, heatMap } from './cpu-heat.ts';
import { cpuBars, cpuGrid, describeAverage, describeCpus } from './cpu-meters.ts';
import { cpuCountText, hostPieces, loadPiece } from './host-words.ts';
import { htopRows } from './htop-meters.ts';
import { loadBar, memoryBar, swapBar } from './memory-meters.ts';
import { fitPieces, joinPieces, type Piece, piece } from './pieces.ts';
import { type Row, type Span, span, type TextMode } from './styled-text.ts';

export interface MeterOptions {
  readonly bars: Bars;
  /** Eight segments a CPU instead of four. */
  readonly detailed: boolean;
  readonly mode: TextMode;
}

const SIDE_WIDTH = 42;
const LEAST_COLUMNS_FOR_SIDE = 110;
/** Three bars fit side by side from this width each. */
const LEAST_THIRD = 17;
const LEAST_WIDTH = 36;
/** Below, I/O wait and steal need the room beside the load. */
const LEAST_FOR_CPU_COUNT = 48;
const LEAST_FOR_KERNEL_THREADS = 100;
/** From here on the CPUs are worth a line more. */
const MANY_CPUS = 128;

/**
 * The lines for a screen of `columns` cells; none where meters would say nothing.
 * @param mostRows a quarter of the screen; htop's arrangement may take twice as much
 */
export function meterRows(host: HostModel, columns: number, mostRows: number, options: MeterOptions): readonly Row[] {
  if (mostRows < 1 || columns < LEAST_WIDTH) return [];
  if (options.bars === 'htop') {
    const rows = htopRows(host, columns, options.detailed, options.mode);
    if (rows.length <= 2 * mostRows) return rows;
  }
  return ownRows(host, columns, mostRows + (host.cpuCount > MANY_CPUS ? 1 : 0), options);
}

function ownRows(host: HostModel, columns: number, mostRows: number, options: MeterOptions): readonly Row[] {
  const { mode } = options;
  const area = columns - SIDE_WIDTH - 3;
  if (columns >= LEAST_COLUMNS_FOR_SIDE && !needsWholeWidth(host, area, columns, mostRows, options)) {
    const { lines, lacksSummary } = meterLines(host, area, mostRows, options);
    if (lines.length > 1) return besides(lines, host, lacksSummary, mode);
  }
  const { lines, lacksSummary } = meterLines(host, columns, Math.max(1, mostRows - 1), options);
  const rows = lines.map((spans): Row => ({ spans }));
  if (lines.length >= mostRows) return rows;
  const pieces = [
    loadPiece(host, columns < LEAST_FOR_CPU_COUNT),
    ...summaryPieces(host, lacksSummary),
    ...hostPieces(host, columns >= LEAST_FOR_KERNEL_THREADS),
  ];
  return [...rows, { spans: joinPieces(fitPieces(pieces, columns, 3, mode), 3) }];
}

/** Bars that only fit without words beside them are worth a line for the words. */
function needsWholeWidth(
  { cpuCount }: HostModel,
  area: number,
  columns: number,
  mostRows: number,
  { bars }: MeterOptions,
): boolean {
  if (bars === 'heat') return false;
  const fits = (width: number, rows: number) => cpuGrid(cpuCount, (width - 1) >> 1, rows) !== undefined;
  return fits(columns, mostRows - 2) && !fits(area, mostRows - 1);
}

interface MeterLines {
  /** Each exactly as wide as asked for. */
  readonly lines: readonly (readonly Span[])[];
  /** Not every CPU has its own figure, and no summary stands beside them. */
  readonly lacksSummary: boolean;
}

function meterLines(host: HostModel, width: number, mostRows: number, options: MeterOptions): MeterLines {
  const { mode, detailed, bars } = options;
  const cpus = describeCpus(host, detailed);
  const few = (lacksSummary: boolean) => ({
    lines: fewBars(describeAverage(host, detailed), host, width, mostRows, mode),
    lacksSummary,
  });
  if (cpus.length < 2) return few(false);
  const [left = 0, right = 0] = headerColumnWidths(width, [50, 50], false);
  const side = (spans: readonly Span[], other: readonly Span[]) => [...spans, span(' '), ...other];
  const memory = side(
    barSpans({ ...memoryBar(host), width: left }, mode),
    barSpans({ ...swapBar(host), width: right }, mode),
  );
  const grid = bars === 'heat' ? undefined : cpuGrid(cpus.length, Math.min(left, right), mostRows - 1);
  if (grid !== undefined) {
    const half = Math.ceil(cpus.length / 2);
    const [first, second] = [
      cpuBars(cpus.slice(0, half), grid, left, mode),
      cpuBars(cpus.slice(half), grid, right, mode),
    ];
    return { lines: [...first.map((spans, i) => side(spans, second[i] ?? [])), memory], lacksSummary: false };
  }
  const cells = heatMap(host, width, mostRows - 1, mode);
  if (cells !== undefined) return { lines: [...cells.lines, memory], lacksSummary: !cells.isSummarised };
  return few(true);
}

/** One bar for the CPUs with memory and swap, in one line where that fits, else in two. */
function fewBars(cpu: Omit<Bar, 'width'>, host: HostModel, width: number, mostRows: number, mode: TextMode) {
  const bars = [cpu, memoryBar(host), swapBar(host)];
  const thirds = headerColumnWidths(width, [100 / 3, 100 / 3, 100 / 3], false);
  if (Math.min(...thirds) >= LEAST_THIRD) return [barLine(bars, thirds, mode)];
  const halves = headerColumnWidths(width, [50, 50], false);
  const lines = [barLine(bars.slice(0, 2), halves, mode), barLine(bars.slice(2), halves, mode)];
  return lines.slice(0, mostRows);
}

function barLine(bars: readonly Omit<Bar, 'width'>[], widths: readonly number[], mode: TextMode): readonly Span[] {
  return widths.flatMap((width, i) => {
    const bar = bars[i];
    const spans = bar === undefined ? [span(' '.repeat(width))] : barSpans({ ...bar, width }, mode);
    return i === 0 ? spans : [span(' '), ...spans];
  });
}

function summaryPieces(host: HostModel, lacksSummary: boolean): readonly Piece[] {
  return lacksSummary ? [piece(4.7, span('CPU ', 'label'), span(cpuSummary(host)))] : [];
}

/** Right of the meters: the load as a bar, then one piece a line; what is left over shares the last line. */
function besides(
  lines: readonly (readonly Span[])[],
  host: HostModel,
  lacksSummary: boolean,
  mode: TextMode,
): readonly Row[] {
  const pieces = [...summaryPieces(host, lacksSummary), ...hostPieces(host, true)];
  const count = cpuCountText(host.cpuCount);
  const load = [...barSpans({ ...loadBar(host), width: SIDE_WIDTH - count.length }, mode), span(count, 'dim')];
  return lines.map((spans, i): Row => {
    const own = i === lines.length - 1 ? pieces.slice(i - 1) : pieces.slice(i - 1, i);
    const words = i === 0 ? load : joinPieces(fitPieces(own, SIDE_WIDTH, 2, mode), 2);
    return { spans: words.length === 0 ? spans : [...spans, span('   '), ...words] };
  });
}
