// Owns: the bars of memory, swap and load average: their segments, numbers and what full means.
// Knows nothing of: where they stand.
import { formatMemory } from '../base/units.ts';
import type { HostModel } from '../model/model.ts';
import type { Bar } from './bar.ts';
import type { StyleToken } from './styled-text.ts';

/** Order and number as in htop from 3.3 on: shared memory cannot be reclaimed, so it counts. */
export function memoryBar({ memory }: HostModel): Omit<Bar, 'width'> {
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

export function swapBar({ swap }: HostModel): Omit<Bar, 'width'> {
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

/** Full is one running task for each CPU that is online; its colour is that of the last minute. */
export function loadBar({ load, cpuCount }: HostModel): Omit<Bar, 'width'> {
  return {
    caption: 'Loa',
    segments: [{ value: load[0], style: loadStyle(load[0], cpuCount) }],
    total: Math.max(1, cpuCount),
    text: load.map((value) => value.toFixed(2)).join('/'),
  };
}

export function loadStyle(load: number, cpuCount: number): StyleToken {
  return load < 1 ? 'load-ok' : load < cpuCount ? 'load-warn' : 'load-bad';
}
