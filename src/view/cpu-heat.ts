// Owns: the heat map of many CPUs: one cell a CPU, by NUMA node and with the threads of a core side by side; its summary.
// Knows nothing of: bars, memory and load.
import type { CpuShares, HostModel } from '../model/model.ts';
import { busyShare } from './cpu-meters.ts';
import { type Span, type StyleToken, span, type TextMode } from './styled-text.ts';

/** Cells stand in groups, so that a CPU can be counted off. */
const GROUP = 8;
const BLOCKS = '▁▂▃▄▅▆▇█';
const LEAST_CAPTION = 4;

export interface HeatMap {
  /** Each of exactly the width asked for. */
  readonly lines: readonly (readonly Span[])[];
  /** Mean, busiest and idlest CPU stand beside the cells. */
  readonly isSummarised: boolean;
}

/** CPUs that stand together, with the caption of their first line. */
interface Block {
  readonly caption: string;
  readonly cpus: readonly CpuShares[];
}

/**
 * One cell a CPU, its height the load. In groups of eight while that fits `mostRows` lines, else without gaps.
 * undefined: it takes too many lines either way.
 */
export function heatMap(host: HostModel, width: number, mostRows: number, mode: TextMode): HeatMap | undefined {
  const blocks = arrange(host);
  const caption = Math.max(LEAST_CAPTION, ...blocks.map((block) => block.caption.length + 1));
  const room = width - caption;
  for (const perLine of [Math.floor((room + 1) / (GROUP + 1)) * GROUP, room]) {
    const rows = blocks.reduce((sum, { cpus }) => sum + Math.ceil(cpus.length / perLine), 0);
    if (perLine < 1 || rows > mostRows) continue;
    return summarise(host, cellLines(blocks, caption, perLine, perLine !== room, mode), width);
  }
  return undefined;
}

/** By node, within it by core; numbers that no CPU has stand nowhere. */
function arrange({ cpus, cpuCount, nodes, siblings }: HostModel): readonly Block[] {
  const core = new Map(siblings.flatMap((ids) => ids.map((id) => [id, Math.min(...ids)] as const)));
  const byCore = (a: CpuShares, b: CpuShares) => (core.get(a.id) ?? a.id) - (core.get(b.id) ?? b.id) || a.id - b.id;
  const plugged = (cpus ?? unknownCpus(cpuCount)).filter((cpu) => !cpu.absent);
  const placed = new Set(nodes.flatMap((node) => node.cpus));
  const blocks = nodes.map((node) => {
    const own = new Set(node.cpus);
    return { caption: `N${node.id}`, cpus: plugged.filter((cpu) => own.has(cpu.id)).sort(byCore) };
  });
  const rest = plugged.filter((cpu) => !placed.has(cpu.id)).sort(byCore);
  return [...blocks, { caption: 'CPU', cpus: rest }].filter((block) => block.cpus.length > 0);
}

/** Until there are figures each CPU has its cell all the same, so that nothing moves when they come. */
function unknownCpus(count: number): readonly CpuShares[] {
  const nothing = { nice: 0, user: 0, system: 0, irq: 0, softirq: 0, steal: 0, guest: 0, iowait: 0 };
  return Array.from({ length: count }, (_, id) => ({ id, online: false, absent: false, ...nothing }));
}

function cellLines(blocks: readonly Block[], caption: number, perLine: number, grouped: boolean, mode: TextMode) {
  return blocks.flatMap(({ caption: word, cpus }) => {
    const lines: Span[][] = [];
    for (let first = 0; first < cpus.length; first += perLine) {
      const text = (first === 0 ? word : '').padEnd(caption);
      lines.push([span(text, 'bar-caption'), ...cells(cpus.slice(first, first + perLine), grouped, mode)]);
    }
    return lines;
  });
}

function cells(cpus: readonly CpuShares[], grouped: boolean, mode: TextMode): readonly Span[] {
  return cpus.map((cpu, i) => {
    const blank = grouped && i > 0 && i % GROUP === 0 ? ' ' : '';
    if (!cpu.online) return span(`${blank}-`, 'dim');
    return span(blank + heatCharacter(busyShare(cpu), mode), heatStyle(busyShare(cpu)));
  });
}

/** The summary goes to the end of the last line where it fits. */
function summarise(host: HostModel, lines: readonly (readonly Span[])[], width: number): HeatMap {
  const beside = `   ${cpuSummary(host)}`;
  const isSummarised = lineWidth(lines.at(-1) ?? []) + beside.length <= width;
  return {
    lines: lines.map((line, i) => {
      const whole = isSummarised && i === lines.length - 1 ? [...line, span(beside)] : line;
      return [...whole, span(' '.repeat(Math.max(0, width - lineWidth(whole))))];
    }),
    isSummarised,
  };
}

function lineWidth(spans: readonly Span[]): number {
  return spans.reduce((sum, each) => sum + each.text.length, 0);
}

/** Mean, busiest and idlest CPU in words. */
export function cpuSummary(host: HostModel): string {
  const online = host.cpus?.filter((cpu) => cpu.online) ?? [];
  if (online.length === 0) return '--';
  const percent = (share: number) => (100 * share).toFixed(1);
  const mean = online.reduce((sum, cpu) => sum + busyShare(cpu), 0) / online.length;
  const busiest = online.reduce((a, b) => (busyShare(b) > busyShare(a) ? b : a));
  const idlest = online.reduce((a, b) => (busyShare(b) < busyShare(a) ? b : a));
  const ends = `max ${percent(busyShare(busiest))} #${busiest.id}  min ${percent(busyShare(idlest))} #${idlest.id}`;
  return `avg ${percent(mean)} %  ${ends}`;
}

/** Eighths in blocks; tenths in digits where there are none, or no colour to help the eye. */
function heatCharacter(busy: number, mode: TextMode): string {
  if (!mode.unicode || !mode.color || mode.ambiguousWidth === 2) return String(Math.min(9, Math.floor(busy * 10)));
  return BLOCKS[Math.min(7, Math.floor(busy * 8))] ?? ' ';
}

function heatStyle(busy: number): StyleToken {
  return busy < 0.6 ? 'load-ok' : busy < 0.9 ? 'load-warn' : 'load-bad';
}
