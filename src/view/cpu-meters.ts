// Owns: the CPU meters as htop draws them: one bar a CPU in four segments or in eight, laid out by their number.
// Knows nothing of: memory, load, heat maps and what stands beside the meters.
import type { CpuShares, HostModel } from '../model/model.ts';
import { type Bar, barSpans } from './bar.ts';
import { type Span, span, type TextMode } from './styled-text.ts';

/** A bar of less than this says too little: caption and brackets take five cells, `100.0%` six. */
const LEAST_BAR_WIDTH = 16;
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

/**
 * The bars of one side as lines of exactly `width` cells. What does not divide makes the first columns wider; `even`:
 * it stays blank behind them, as in htop.
 */
export function cpuBars(
  bars: readonly Omit<Bar, 'width'>[],
  grid: CpuGrid,
  width: number,
  mode: TextMode,
  even = false,
) {
  const base = Math.floor(width / grid.columns);
  const wider = width % grid.columns;
  return Array.from({ length: grid.rows }, (_, line): readonly Span[] =>
    Array.from({ length: grid.columns }, (_, column) => {
      const bar = bars[column * grid.rows + line];
      const cells = base + (column < wider ? 1 : 0);
      if (bar === undefined) return [span(' '.repeat(cells))];
      if (!even) return barSpans({ ...bar, width: cells }, mode);
      return [...barSpans({ ...bar, width: base }, mode), span(' '.repeat(cells - base))];
    }).flat(),
  );
}

/** One bar for each CPU; without figures until there are two samples. */
export function describeCpus(host: HostModel, detailed: boolean): readonly Omit<Bar, 'width'>[] {
  if (host.cpus === undefined) {
    return Array.from({ length: host.cpuCount }, (_, id) => emptyBar(cpuCaption(id, host.cpuCount), '--'));
  }
  const { cpus } = host;
  return cpus.map((cpu) => {
    const caption = cpuCaption(cpu.id, cpus.length);
    if (cpu.online) return describeCpu(caption, cpu, detailed);
    return emptyBar(caption, cpu.absent ? 'absent' : 'offline');
  });
}

/** One bar for all CPUs together. */
export function describeAverage(host: HostModel, detailed: boolean): Omit<Bar, 'width'> {
  const online = host.cpus?.filter((cpu) => cpu.online) ?? [];
  if (online.length === 0) return emptyBar('CPU', '--');
  const mean = (pick: (cpu: CpuShares) => number) => online.reduce((sum, cpu) => sum + pick(cpu), 0) / online.length;
  const average: Shares = {
    nice: mean((cpu) => cpu.nice),
    user: mean((cpu) => cpu.user),
    system: mean((cpu) => cpu.system),
    irq: mean((cpu) => cpu.irq),
    softirq: mean((cpu) => cpu.softirq),
    steal: mean((cpu) => cpu.steal),
    guest: mean((cpu) => cpu.guest),
    iowait: mean((cpu) => cpu.iowait),
  };
  return describeCpu(online.length === 1 ? 'CPU' : 'Avg', average, detailed);
}

type Shares = Omit<CpuShares, 'id' | 'online' | 'absent'>;

function describeCpu(caption: string, cpu: Shares, detailed: boolean): Omit<Bar, 'width'> {
  return { caption, total: 1, ...(detailed ? eightSegments(cpu) : fourSegments(cpu)) };
}

function fourSegments(cpu: Shares): Pick<Bar, 'segments' | 'text'> {
  return {
    segments: [
      { value: cpu.nice, style: 'cpu-low' },
      { value: cpu.user, style: 'cpu-user' },
      { value: cpu.system + cpu.irq + cpu.softirq, style: 'cpu-kernel' },
      { value: cpu.steal + cpu.guest, style: 'cpu-virt' },
    ],
    text: percentText(busyShare(cpu)),
  };
}

/** The number is what this system itself did: neither steal, guest nor I/O wait is in it, as in htop. */
function eightSegments(cpu: Shares): Pick<Bar, 'segments' | 'text'> {
  return {
    segments: [
      { value: cpu.nice, style: 'cpu-low' },
      { value: cpu.user, style: 'cpu-user' },
      { value: cpu.system, style: 'cpu-kernel' },
      { value: cpu.irq, style: 'cpu-irq' },
      { value: cpu.softirq, style: 'cpu-softirq' },
      { value: cpu.steal, style: 'cpu-steal' },
      { value: cpu.guest, style: 'cpu-guest' },
      { value: cpu.iowait, style: 'cpu-iowait' },
    ],
    text: percentText(cpu.nice + cpu.user + cpu.system + cpu.irq + cpu.softirq),
  };
}

function percentText(share: number): string {
  return `${(100 * Math.min(1, share)).toFixed(1)}%`;
}

function emptyBar(caption: string, text: string): Omit<Bar, 'width'> {
  return { caption, segments: [], total: 1, text };
}

function cpuCaption(id: number, count: number): string {
  return count === 1 ? 'CPU' : String(id);
}

/** Of a CPU's time: everything but idle and I/O wait. */
export function busyShare(cpu: Shares): number {
  return Math.min(1, cpu.nice + cpu.user + cpu.system + cpu.irq + cpu.softirq + cpu.steal + cpu.guest);
}
