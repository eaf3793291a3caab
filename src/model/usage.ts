// Owns: what a process uses besides the network: CPU, memory, threads, as shares from raw readings.
// Knows nothing of: /proc and columns.
import type { ProcessReading } from '../procfs/process-reader.ts';
import type { ProcessUsage } from './model.ts';
import { gain } from './rates.ts';
import { NO_UNIT, type Unit, unitOf } from './unit.ts';

/** @param memoryTotal the host's memory in bytes */
export function usageOf(reading: ProcessReading | undefined, memoryTotal: number): ProcessUsage | undefined {
  const usage = reading?.usage;
  if (usage === undefined) return undefined;
  const { cpu, cpuBefore, rssBytes, threads, state } = usage;
  const elapsedMs = cpuBefore === undefined ? 0 : cpu.atMs - cpuBefore.atMs;
  return {
    cpu: cpuBefore !== undefined && elapsedMs > 0 ? gain(cpu.cpuMs, cpuBefore.cpuMs) / elapsedMs : undefined,
    rssBytes,
    memory: memoryTotal > 0 ? Math.min(1, rssBytes / memoryTotal) : 0,
    threads,
    state,
  };
}

/** Units by the text that they are read from: most processes share a few. */
export interface UnitCache {
  get(cgroup: string): Unit;
}

const MOST_TEXTS = 4096;

export function createUnitCache(): UnitCache {
  const known = new Map<string, Unit>();
  return {
    get(cgroup) {
      if (cgroup === '') return NO_UNIT;
      let unit = known.get(cgroup);
      if (unit === undefined) {
        if (known.size >= MOST_TEXTS) known.clear();
        unit = unitOf(cgroup);
        known.set(cgroup, unit);
      }
      return unit;
    },
  };
}
