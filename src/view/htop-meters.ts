// Owns: the meters in htop's own places and widths (--bars htop), so that both can be compared cell for cell.
// Knows nothing of: nettrace's own arrangement.
import { formatUptime } from '../base/units.ts';
import type { HostModel } from '../model/model.ts';
import { type Bar, barSpans, headerColumnWidths } from './bar.ts';
import { type CpuGrid, cpuBars, describeAverage, describeCpus } from './cpu-meters.ts';
import { memoryBar, swapBar } from './memory-meters.ts';
import { type Row, type Span, span, type TextMode } from './styled-text.ts';

const MARGIN = 2;
const MOST_BARS = 128;

/** CPUs, memory and swap in the left half, CPUs and words in the right one; the columns a half by the CPUs online. */
export function htopRows(host: HostModel, columns: number, detailed: boolean, mode: TextMode): readonly Row[] {
  const [left = 0, right = 0] = headerColumnWidths(columns, [50, 50]);
  const bars = describeCpus(host, detailed);
  const isOneBar = host.cpuCount > MOST_BARS || bars.length < 2;
  const half = isSplit(host) ? Math.ceil(bars.length / 2) : bars.length;
  const inLeft = isOneBar ? [describeAverage(host, detailed)] : bars.slice(0, half);
  const inRight = isOneBar ? [] : bars.slice(half);
  const line = (bar: Omit<Bar, 'width'>): readonly Span[] => barSpans({ ...bar, width: left }, mode);
  const lefts = [...side(inLeft, host, left, mode), line(memoryBar(host)), line(swapBar(host))];
  const rights = [...side(inRight, host, right, mode), ...words(host)];
  return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, i): Row => {
    const blank = span(' '.repeat(MARGIN));
    const own = lefts[i] ?? [span(' '.repeat(left))];
    return { spans: [blank, ...own, span(' '), ...(rights[i] ?? [])] };
  });
}

/** Up to four CPUs stand in the left half alone. */
function isSplit(host: HostModel): boolean {
  return host.cpuCount > 4;
}

function side(bars: readonly Omit<Bar, 'width'>[], host: HostModel, width: number, mode: TextMode) {
  const count = host.cpuCount;
  const columns = count <= 8 || count > MOST_BARS ? 1 : count <= 16 ? 2 : count <= 32 ? 4 : 8;
  const grid: CpuGrid = { rows: Math.ceil(bars.length / columns), columns };
  return cpuBars(bars, grid, width, mode, true);
}

function words({ tasks, load, uptimeSeconds }: HostModel): readonly (readonly Span[])[] {
  const [one, five, fifteen] = load.map((value) => value.toFixed(2));
  const { processes = tasks.total, userThreads = 0, kernelThreads = 0 } = tasks;
  return [
    [
      span('Tasks: ', 'label'),
      span(String(processes), 'load-five'),
      span(', ', 'label'),
      span(String(userThreads), 'load-five'),
      span(' thr', 'label'),
      span(`, ${kernelThreads} kthr`, 'dim'),
      span('; ', 'label'),
      span(String(tasks.running), 'load-five'),
      span(' running', 'label'),
    ],
    [
      span('Load average: ', 'label'),
      span(`${one} `, 'load-one'),
      span(`${five} `, 'load-five'),
      span(`${fifteen} `, 'load-fifteen'),
    ],
    [span('Uptime: ', 'label'), span(formatUptime(uptimeSeconds), 'load-five')],
  ];
}
