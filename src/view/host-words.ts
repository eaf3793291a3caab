// Owns: what the header says of the host in words: load, tasks, time that was waited or stolen, pressure, limits.
// Knows nothing of: bars and where the words stand.
import { formatMemory } from '../base/units.ts';
import type { CpuShares, HostModel } from '../model/model.ts';
import { type Piece, piece } from './pieces.ts';
import { type Span, type StyleToken, span } from './styled-text.ts';

/** Per cent of pressure, I/O wait and steal from which on they are worth a look. */
const WORTH_A_LOOK = 10;

/** `Load 1.32 0.97 0.80 of 4 CPUs`; without the CPUs where `isNarrow`. */
export function loadPiece({ load, cpuCount }: HostModel, isNarrow: boolean): Piece {
  const [one, five, fifteen] = load.map((value) => value.toFixed(2));
  return piece(
    5,
    span('Load ', 'label'),
    span(`${one} `, 'load-one'),
    span(`${five} `, 'load-five'),
    span(`${fifteen}`, 'load-fifteen'),
    span(isNarrow ? '' : cpuCountText(cpuCount), 'dim'),
  );
}

export function cpuCountText(count: number): string {
  return ` of ${count} ${count === 1 ? 'CPU' : 'CPUs'}`;
}

/** In the order in which they are read; without the load. `roomy`: with the kernel's own threads. */
export function hostPieces(host: HostModel, roomy: boolean): readonly Piece[] {
  return [taskPiece(host, roomy), waitPiece(host), ...pressurePieces(host), ...limitPieces(host), availablePiece(host)];
}

/** `Tasks 214, 397 thr, 68 kthr, 3 running`; all threads in one number where /proc does not list processes. */
function taskPiece({ tasks }: HostModel, roomy: boolean): Piece {
  const running = span(`, ${tasks.running} running`, 'dim');
  if (tasks.processes === undefined) {
    return piece(3, span('Threads ', 'label'), span(String(tasks.total)), running);
  }
  return piece(
    3,
    span('Tasks ', 'label'),
    span(String(tasks.processes)),
    span(tasks.userThreads === undefined ? '' : `, ${tasks.userThreads} thr`),
    span(roomy ? `, ${tasks.kernelThreads ?? 0} kthr` : '', 'dim'),
    running,
  );
}

/** Of the time of all CPUs, as top abbreviates it: idle although a disk was waited for; given to others. */
export function waitPiece(host: HostModel): Piece {
  return piece(
    4,
    span('wa ', 'label'),
    percentSpan(meanPercent(host, (cpu) => cpu.iowait)),
    span(' st ', 'label'),
    percentSpan(meanPercent(host, (cpu) => cpu.steal)),
  );
}

function meanPercent(host: HostModel, pick: (cpu: CpuShares) => number): number | undefined {
  const online = host.cpus?.filter((cpu) => cpu.online) ?? [];
  if (online.length === 0) return undefined;
  return (100 * online.reduce((sum, cpu) => sum + pick(cpu), 0)) / online.length;
}

function percentSpan(percent: number | undefined): Span {
  if (percent === undefined) return span('-');
  return span(percent.toFixed(1), percent >= WORTH_A_LOOK ? 'warn' : 'normal');
}

/** `PSI cpu 0.4 mem 0.0 io 1.2` */
function pressurePieces({ pressure }: HostModel): readonly Piece[] {
  if (pressure === undefined) return [];
  const part = (name: string, value: number | undefined): readonly Span[] =>
    value === undefined ? [] : [span(` ${name} `, 'dim'), percentSpan(value)];
  const parts = [...part('cpu', pressure.cpu), ...part('mem', pressure.memory), ...part('io', pressure.io)];
  return [piece(2, span('PSI', 'label'), ...parts)];
}

/** What this container may use: `Limit mem 312M/512M swap 1.00M/64.0M cpu 1.50`. */
function limitPieces({ limits, cpuCount }: HostModel): readonly Piece[] {
  if (limits === undefined) return [];
  const { memoryMax, memoryCurrent, swapMax, swapCurrent, cpus } = limits;
  const parts = [
    ...(memoryMax === undefined ? [] : used('mem', memoryCurrent, memoryMax)),
    ...(swapMax === undefined ? [] : swapMax === 0 ? [span(' no swap', 'dim')] : used('swap', swapCurrent, swapMax)),
    ...(cpus === undefined || cpus >= cpuCount ? [] : [span(' cpu ', 'dim'), span(cpus.toFixed(2))]),
  ];
  return parts.length === 0 ? [] : [piece(4.5, span('Limit', 'label'), ...parts)];
}

function used(name: string, current: number | undefined, max: number): readonly Span[] {
  const share = max > 0 && current !== undefined ? current / max : 0;
  const style: StyleToken = share >= 0.95 ? 'bad' : share >= 0.8 ? 'warn' : 'normal';
  const now = current === undefined ? '-' : formatMemory(current / 1024);
  return [span(` ${name} `, 'dim'), span(`${now}/${formatMemory(max / 1024)}`, style)];
}

/** What programs can still have without swapping; no part of the bar shows it. */
function availablePiece({ memory }: HostModel): Piece {
  return piece(1, span('Avail ', 'label'), span(formatMemory(memory.available / 1024), 'mem-available'));
}
