// Owns: what processes use now, read from /proc/PID/stat and /proc/PID/cgroup for those that are asked for.
// Knows nothing of: which bytes they moved, shares of time and names of units.
import { closeSync, openSync, readSync } from 'node:fs';
import { readKernelUnits } from './auxv.ts';
import { createFileReader, type FileReader } from './file-reader.ts';
import { type ProcessStat, parseProcessStat } from './process-stat.ts';

/** A process by the id of its owner row; pid and start name it for good. */
export interface ProcessRequest {
  readonly id: number;
  readonly pid: number;
  /** Ticks since boot. */
  readonly startTicks: number;
  readonly exited: boolean;
}

/** CPU time that a process had used at a moment; `atMs` is on a clock that does not jump. */
export interface CpuTime {
  readonly atMs: number;
  readonly cpuMs: number;
}

export interface ProcessReading {
  /** undefined once it has ended. */
  readonly usage:
    | {
        readonly state: string;
        readonly threads: number;
        readonly rssBytes: number;
        readonly cpu: CpuTime;
        /** At the reading before; undefined at the first. */
        readonly cpuBefore: CpuTime | undefined;
      }
    | undefined;
  /** /proc/PID/cgroup, one character a byte, as last read while it ran. Foreign text, not sanitised. */
  readonly cgroup: string;
}

export interface ProcessReader {
  /** By id. About 9 us a process; see MOST_READINGS. */
  read(wanted: readonly ProcessRequest[]): ReadonlyMap<number, ProcessReading>;
  close(): void;
}

interface Entry {
  readonly request: ProcessRequest;
  /** Of /proc/PID/stat; -1: not kept open. */
  fd: number;
  reading: ProcessReading;
  /** When its turn was last. */
  turn: number;
  asked: number;
}

/** With more processes than this each is read in turn, those that waited longest first. */
const MOST_READINGS = 600;
/** A process may be moved to another cgroup, but rarely is: looked at again after so many readings. */
const CGROUP_EVERY = 16;
const STAT_BYTES = 1024;

/**
 * Descriptors of /proc/PID/stat are kept: that halves the cost of a reading, and they stay with the process that they
 * were opened for, so that a pid that is used again cannot be mistaken. Each costs the kernel about 4.5 KiB.
 * @param now monotonic, ms
 */
export function createProcessReader(root: string, now: () => number): ProcessReader {
  const proc = createFileReader(root);
  const { pageBytes, ticksPerSecond } = readKernelUnits(proc);
  const mostKept = descriptorBudget(proc);
  const entries = new Map<number, Entry>();
  const buffer = Buffer.allocUnsafe(STAT_BYTES);
  let kept = 0;
  let round = 0;

  function release(entry: Entry): void {
    if (entry.fd < 0) return;
    closeSync(entry.fd);
    entry.fd = -1;
    kept--;
  }

  /** The file through the descriptor of this process, or of whoever has its pid now. */
  function readStat(entry: Entry): ProcessStat | undefined {
    let fd = entry.fd;
    try {
      if (fd < 0) fd = openSync(`${root}/${entry.request.pid}/stat`, 'r');
      const stat = parseProcessStat(buffer, readSync(fd, buffer, 0, STAT_BYTES, 0));
      const isOurs = stat?.startTicks === entry.request.startTicks;
      if (isOurs && entry.fd < 0 && kept < mostKept) {
        entry.fd = fd;
        kept++;
      }
      return isOurs ? stat : undefined;
    } catch {
      return undefined; // ended, or hidden (hidepid)
    } finally {
      if (fd >= 0 && fd !== entry.fd) closeSync(fd);
    }
  }

  function refresh(entry: Entry): void {
    const { request, reading } = entry;
    const isFirst = entry.turn === 0;
    entry.turn = round;
    // Before the stat, which then proves that the pid was still this process's.
    const wantsCgroup = isFirst || (round + request.id) % CGROUP_EVERY === 0;
    const cgroup = wantsCgroup ? (proc.read(`${request.pid}/cgroup`) ?? '') : reading.cgroup;
    const stat = readStat(entry);
    if (stat === undefined) {
      release(entry);
      entry.reading = { ...reading, usage: undefined };
      return;
    }
    const cpu = { atMs: now(), cpuMs: (stat.cpuTicks * 1000) / ticksPerSecond };
    const { state, threads } = stat;
    const usage = { state, threads, rssBytes: stat.rssPages * pageBytes, cpu, cpuBefore: reading.usage?.cpu };
    entry.reading = { usage, cgroup };
  }

  function entryOf(request: ProcessRequest): Entry {
    const known = entries.get(request.id);
    if (known !== undefined) return known;
    const entry: Entry = { request, fd: -1, reading: { usage: undefined, cgroup: '' }, turn: 0, asked: 0 };
    entries.set(request.id, entry);
    return entry;
  }

  function read(wanted: readonly ProcessRequest[]): ReadonlyMap<number, ProcessReading> {
    round++;
    const due: Entry[] = [];
    const readings = new Map<number, ProcessReading>();
    for (const request of wanted) {
      const entry = entryOf(request);
      entry.asked = round;
      if (!request.exited) due.push(entry);
      else {
        release(entry);
        entry.reading = { ...entry.reading, usage: undefined };
      }
    }
    for (const [id, entry] of entries) {
      if (entry.asked === round) continue;
      release(entry);
      entries.delete(id);
    }
    if (due.length > MOST_READINGS) due.sort((a, b) => a.turn - b.turn).length = MOST_READINGS;
    due.forEach(refresh);
    for (const request of wanted) readings.set(request.id, entryOf(request).reading);
    return readings;
  }

  return {
    read,
    close() {
      for (const entry of entries.values()) release(entry);
      entries.clear();
    },
  };
}

/** An eighth of the descriptors that this process may have: rings, sockets and the capture need theirs. */
function descriptorBudget(proc: FileReader): number {
  const limit = /^Max open files +(\d{1,9}|unlimited)/m.exec(proc.read('self/limits') ?? '')?.[1];
  return Math.min(2048, Math.floor((limit === 'unlimited' ? 2 ** 20 : Number(limit ?? 1024)) / 8));
}
