// Owns: the meters of the header: CPUs, memory, swap, and load, threads and I/O wait in words beside or below them.
// Knows nothing of: the host line, interfaces and tables.
import { formatMemory } from '../base/units.ts';
import type { HostModel } from '../model/model.ts';
import { type Bar, barSpans, headerColumnWidths } from './bar.ts';
import { cpuBars, cpuGrid, cpuSummary, describeAverage, describeCpus, heatMap } from './cpu-meters.ts';
import { joinPieces, keepPieces, type Piece, piece } from './pieces.ts';
import { type Row, type Span, span, type TextMode } from './styled-text.ts';

const SIDE_TEXT_WIDTH = 36;
const LEAST_COLUMNS_FOR_SIDE_TEXT = 110;
/** Three bars fit side by side from this width each. */
const LEAST_THIRD = 17;
const LEAST_WIDTH = 36;

/** At most `mostRows` lines for a screen of `columns` cells; none where meters would say nothing. */
export function meterRows(host: HostModel, columns: number, mostRows: number, mode: TextMode): readonly Row[] {
  if (mostRows < 1 || columns < LEAST_WIDTH) return [];
  const area = columns - SIDE_TEXT_WIDTH - 3;
  if (columns >= LEAST_COLUMNS_FOR_SIDE_TEXT && !needsWholeWidth(host.cpuCount, area, columns, mostRows)) {
    const { lines, lacksSummary } = meterLines(host, area, mostRows, mode);
    if (lines.length > 1) return besides(lines, textPieces(host, lacksSummary), mode);
  }
  const { lines, lacksSummary } = meterLines(host, columns, Math.max(1, mostRows - 1), mode);
  const rows = lines.map((spans): Row => ({ spans }));
  if (lines.length >= mostRows) return rows;
  return [...rows, { spans: joinPieces(keepPieces(textPieces(host, lacksSummary), columns, 3, mode), 3) }];
}

/** Bars that only fit without words beside them are worth a line for the words. */
function needsWholeWidth(cpus: number, area: number, columns: number, mostRows: number): boolean {
  const fits = (width: number, rows: number) => cpuGrid(cpus, (width - 1) >> 1, rows) !== undefined;
  return fits(columns, mostRows - 2) && !fits(area, mostRows - 1);
}

interface MeterLines {
  /** Each exactly as wide as asked for. */
  readonly lines: readonly (readonly Span[])[];
  /** CPUs are cells, and no figure stands beside them. */
  readonly lacksSummary: boolean;
}

function meterLines(host: HostModel, width: number, mostRows: number, mode: TextMode): MeterLines {
  const cpus = describeCpus(host);
  if (cpus.length < 2)
    return { lines: fewBars(describeAverage(host), host, width, mostRows, mode), lacksSummary: false };
  const [left = 0, right = 0] = headerColumnWidths(width, [50, 50], false);
  const side = (spans: readonly Span[], other: readonly Span[]) => [...spans, span(' '), ...other];
  const memory = side(
    barSpans({ ...memoryBar(host), width: left }, mode),
    barSpans({ ...swapBar(host), width: right }, mode),
  );
  const grid = cpuGrid(cpus.length, Math.min(left, right), mostRows - 1);
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
  return { lines: fewBars(describeAverage(host), host, width, mostRows, mode), lacksSummary: false };
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

/** Order and number as in htop from 3.3 on: shared memory cannot be reclaimed, so it counts. */
function memoryBar({ memory }: HostModel): Omit<Bar, 'width'> {
  const taken = memory.used + memory.shared + memory.compressed;
  return {
    caption: 'Mem',
    segments: [
      { value: memory.used, style: 'mem-used' },
      { value: memory.shared, style: 'mem-shared' },
      { value: memory.compressed, style: 'mem-compressed' },
      { value: memory.buffers, style: 'mem-buffers' },
      { value: memory.cache, style: 'mem-cache' },
    ],
    total: memory.total,
    text: `${formatMemory(taken / 1024)}/${formatMemory(memory.total / 1024)}`,
  };
}

function swapBar({ swap }: HostModel): Omit<Bar, 'width'> {
  return {
    caption: 'Swp',
    segments: [
      { value: swap.used, style: 'swap-used' },
      { value: swap.cache, style: 'swap-cache' },
      { value: swap.compressed, style: 'swap-frontswap' },
    ],
    total: swap.total,
    text: `${formatMemory(swap.used / 1024)}/${formatMemory(swap.total / 1024)}`,
  };
}

/** The words, in the order in which they are read. */
function textPieces(host: HostModel, lacksSummary: boolean): readonly Piece[] {
  const [one, five, fifteen] = host.load.map((value) => value.toFixed(2));
  return [
    piece(
      4,
      span('Load ', 'label'),
      span(`${one} `, 'load-one'),
      span(`${five} `, 'load-five'),
      span(`${fifteen}`, 'load-fifteen'),
      span(` of ${host.cpuCount} ${host.cpuCount === 1 ? 'CPU' : 'CPUs'}`, 'dim'),
    ),
    ...(lacksSummary ? [piece(3.5, span('CPU ', 'label'), span(cpuSummary(host)))] : []),
    piece(3, span('Threads ', 'label'), span(String(host.tasks.total)), span(`, ${host.tasks.running} running`, 'dim')),
    piece(2, span('I/O wait ', 'label'), span(meanPercent(host, 'iowait'))),
    piece(1, span('Steal ', 'label'), span(meanPercent(host, 'steal'))),
  ];
}

/** Of the time of all CPUs: idle although something waited for a disk; given to others by the hypervisor. */
function meanPercent(host: HostModel, pick: 'iowait' | 'steal'): string {
  const online = host.cpus?.filter((cpu) => cpu.online) ?? [];
  if (online.length === 0) return '-';
  return `${((100 * online.reduce((sum, cpu) => sum + cpu[pick], 0)) / online.length).toFixed(1)} %`;
}

/** Words right of the meters, one piece a line; what is left over shares the last line as far as it fits. */
function besides(lines: readonly (readonly Span[])[], pieces: readonly Piece[], mode: TextMode): readonly Row[] {
  return lines.map((spans, i): Row => {
    const own = i === lines.length - 1 ? pieces.slice(i) : pieces.slice(i, i + 1);
    if (own.length === 0) return { spans };
    return { spans: [...spans, span('   '), ...joinPieces(keepPieces(own, SIDE_TEXT_WIDTH, 3, mode), 3)] };
  });
}
