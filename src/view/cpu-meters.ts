// Owns: the CPU meters: one bar a CPU laid out as htop does, one cell a CPU where bars would be too small.
// Knows nothing of: memory, load and what stands beside the meters.
import type { CpuShares, HostModel } from '../model/model.ts';
import { type Bar, barSpans } from './bar.ts';
import { type Span, type StyleToken, span, type TextMode } from './styled-text.ts';

/** A bar of less than this says too little: caption and brackets take five cells, `100.0%` six. */
const LEAST_BAR_WIDTH = 16;
/** Heat-map cells stand in groups, so that a CPU can be counted off. */
const HEAT_GROUP = 8;
const HEAT_CAPTION = 'CPU ';
const BLOCKS = '▁▂▃▄▅▆▇█';

/** Where the bars of one side stand: `columns` of them side by side, filled downwards. */
export interface CpuGrid {
  readonly rows: number;
  readonly columns: number;
}

/** htop's columns a side for a number of CPUs; more where the screen is low, undefined where bars do not fit. */
export function cpuGrid(count: number, sideWidth: number, mostRows: number): CpuGrid | undefined {
  const half = Math.ceil(count / 2);
  let columns = count <= 8 ? 1 : count <= 16 ? 2 : count <= 32 ? 4 : 8;
  while (Math.ceil(half / columns) > mostRows && columns < half) columns *= 2;
  const rows = Math.ceil(half / columns);
  if (rows > mostRows || Math.floor(sideWidth / columns) < LEAST_BAR_WIDTH) return undefined;
  return { rows, columns };
}

/** The bars of one side as lines of exactly `width` cells. */
export function cpuBars(bars: readonly Omit<Bar, 'width'>[], grid: CpuGrid, width: number, mode: TextMode) {
  const base = Math.floor(width / grid.columns);
  const wider = width % grid.columns;
  return Array.from({ length: grid.rows }, (_, line): readonly Span[] =>
    Array.from({ length: grid.columns }, (_, column) => {
      const bar = bars[column * grid.rows + line];
      const cells = base + (column < wider ? 1 : 0);
      return bar === undefined ? [span(' '.repeat(cells))] : barSpans({ ...bar, width: cells }, mode);
    }).flat(),
  );
}

/** One bar for each CPU; without figures until there are two samples. */
export function describeCpus(host: HostModel): readonly Omit<Bar, 'width'>[] {
  if (host.cpus === undefined) {
    return Array.from({ length: host.cpuCount }, (_, id) => emptyBar(cpuCaption(id, host.cpuCount), '--'));
  }
  const { cpus } = host;
  return cpus.map((cpu) => {
    const caption = cpuCaption(cpu.id, cpus.length);
    return cpu.online ? describeCpu(caption, cpu) : emptyBar(caption, 'offline');
  });
}

/** One bar for all CPUs together. */
export function describeAverage(host: HostModel): Omit<Bar, 'width'> {
  const online = host.cpus?.filter((cpu) => cpu.online) ?? [];
  if (online.length === 0) return emptyBar('CPU', '--');
  const mean = (pick: (cpu: CpuShares) => number) => online.reduce((sum, cpu) => sum + pick(cpu), 0) / online.length;
  return describeCpu(online.length === 1 ? 'CPU' : 'Avg', {
    nice: mean((cpu) => cpu.nice),
    user: mean((cpu) => cpu.user),
    system: mean((cpu) => cpu.system),
    irq: mean((cpu) => cpu.irq),
    softirq: mean((cpu) => cpu.softirq),
    steal: mean((cpu) => cpu.steal),
    guest: mean((cpu) => cpu.guest),
  });
}

type Busy = Omit<CpuShares, 'id' | 'online' | 'iowait'>;

function describeCpu(caption: string, cpu: Busy): Omit<Bar, 'width'> {
  return {
    caption,
    segments: [
      { value: cpu.nice, style: 'cpu-low' },
      { value: cpu.user, style: 'cpu-user' },
      { value: cpu.system + cpu.irq + cpu.softirq, style: 'cpu-kernel' },
      { value: cpu.steal + cpu.guest, style: 'cpu-virt' },
    ],
    total: 1,
    text: `${(100 * busyShare(cpu)).toFixed(1)}%`,
  };
}

function emptyBar(caption: string, text: string): Omit<Bar, 'width'> {
  return { caption, segments: [], total: 1, text };
}

function cpuCaption(id: number, count: number): string {
  return count === 1 ? 'CPU' : String(id);
}

function busyShare(cpu: Busy): number {
  return Math.min(1, cpu.nice + cpu.user + cpu.system + cpu.irq + cpu.softirq + cpu.steal + cpu.guest);
}

export interface HeatMap {
  /** Each of exactly the width asked for. */
  readonly lines: readonly (readonly Span[])[];
  /** Mean and busiest CPU stand beside the cells. */
  readonly isSummarised: boolean;
}

/** One cell a CPU, its height the load; the summary beside them where it fits. undefined: it takes too many lines. */
export function heatMap(host: HostModel, width: number, mostRows: number, mode: TextMode): HeatMap | undefined {
  const cpus = host.cpus ?? [];
  const groups = Math.floor((width - HEAT_CAPTION.length + 1) / (HEAT_GROUP + 1));
  const perLine = groups * HEAT_GROUP;
  if (groups < 1 || Math.ceil(cpus.length / perLine) > mostRows) return undefined;
  const lines: (readonly Span[])[] = [];
  for (let first = 0; first === 0 || first < cpus.length; first += perLine) {
    lines.push(heatLine(cpus.slice(first, first + perLine), first === 0 ? HEAT_CAPTION : '    ', mode));
  }
  const beside = `   ${cpuSummary(host)}`;
  const isSummarised = lineWidth(lines.at(-1) ?? []) + beside.length <= width;
  if (isSummarised) lines.push([...(lines.pop() ?? []), span(beside)]);
  return { lines: lines.map((line) => [...line, span(' '.repeat(width - lineWidth(line)))]), isSummarised };
}

function lineWidth(spans: readonly Span[]): number {
  return spans.reduce((sum, each) => sum + each.text.length, 0);
}

/** Mean and busiest CPU in words. */
export function cpuSummary(host: HostModel): string {
  const online = host.cpus?.filter((cpu) => cpu.online) ?? [];
  if (online.length === 0) return '--';
  const mean = online.reduce((sum, cpu) => sum + busyShare(cpu), 0) / online.length;
  const busiest = online.reduce((a, b) => (busyShare(b) > busyShare(a) ? b : a));
  return `avg ${(100 * mean).toFixed(1)} %  max ${(100 * busyShare(busiest)).toFixed(1)} % #${busiest.id}`;
}

function heatLine(cpus: readonly CpuShares[], caption: string, mode: TextMode): readonly Span[] {
  const spans: Span[] = [span(caption, 'bar-caption')];
  cpus.forEach((cpu, i) => {
    const blank = i > 0 && i % HEAT_GROUP === 0 ? ' ' : '';
    const style = cpu.online ? heatStyle(busyShare(cpu)) : 'dim';
    spans.push({ text: blank + (cpu.online ? heatCharacter(busyShare(cpu), mode) : '-'), style });
  });
  return spans;
}

/** Eighths in blocks; tenths in digits where there are none, or no colour to help the eye. */
function heatCharacter(busy: number, mode: TextMode): string {
  if (!mode.unicode || !mode.color || mode.ambiguousWidth === 2) return String(Math.min(9, Math.floor(busy * 10)));
  return BLOCKS[Math.min(7, Math.floor(busy * 8))] ?? ' ';
}

function heatStyle(busy: number): StyleToken {
  return busy < 0.6 ? 'load-ok' : busy < 0.9 ? 'load-warn' : 'load-bad';
}
