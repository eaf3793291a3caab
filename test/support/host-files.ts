// Owns: an invented host as the files that every tool reads: CPUs that do known work, memory, load, uptime.
// Knows nothing of: what reads them. Files are written in place, so that bind mounts of them stay valid.
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** USER_HZ ticks a step: user nice system idle iowait irq softirq steal guest guest_nice; guest is also in user. */
type Ticks = readonly [number, number, number, number, number, number, number, number, number, number];

/** What CPUs do, in turn: something of everything, nothing, waiting for a disk, all it can. */
export const WORK: readonly Ticks[] = [
  [30, 10, 10, 20, 10, 5, 5, 10, 10, 0],
  [0, 0, 0, 100, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 100, 0, 0, 0, 0, 0],
  [85, 0, 15, 0, 0, 0, 0, 0, 0, 0],
];

/** /proc/meminfo in KiB. */
export const MEMORY = {
  MemTotal: 16_000_000,
  MemFree: 4_000_000,
  MemAvailable: 9_000_000,
  Buffers: 500_000,
  Cached: 5_000_000,
  SwapCached: 100_000,
  SwapTotal: 4_000_000,
  SwapFree: 3_000_000,
  Shmem: 0,
  SReclaimable: 300_000,
} as const;

export interface HostFacts {
  readonly cpus: number;
  /** Ids that are switched off. */
  readonly offline?: readonly number[];
  readonly memory?: Partial<Record<keyof typeof MEMORY, number>>;
  readonly load?: readonly [number, number, number];
  readonly uptimeSeconds?: number;
  /** NUMA nodes that share the CPUs, each a run of ids; two threads a core, the second ones in the upper half of it. */
  readonly nodes?: number;
}

export interface HostFiles {
  /** Roots as nettrace takes them. */
  readonly proc: string;
  readonly sys: string;
  /** One more step of every CPU. */
  advance(): void;
}

/** A line is padded to this: no line lies in two pages, so that no reader sees half of one that changes. */
const LINE_BYTES = 128;

/** Writes the files below `root`. All counters begin at one step: shares since boot are those of every step. */
export function writeHost(root: string, facts: HostFacts): HostFiles {
  const { cpus, offline = [], load = [3.5, 1.25, 0.75], uptimeSeconds = 8_726_461 } = facts;
  const proc = join(root, 'proc');
  const sys = join(root, 'sys');
  const memory = Object.entries({ ...MEMORY, ...facts.memory });
  put(
    `${proc}/meminfo`,
    memory.map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`).join(''),
  );
  put(`${proc}/loadavg`, `${load.map((value) => value.toFixed(2)).join(' ')} 2/345 6789\n`);
  put(`${proc}/uptime`, `${uptimeSeconds.toFixed(2)} 100.00\n`);
  for (let id = 0; id < cpus; id++) {
    const folder = `${sys}/devices/system/cpu/cpu${id}`;
    mkdirSync(folder, { recursive: true });
    // The first CPU cannot be switched off: it has no such file.
    if (id > 0) put(`${folder}/online`, offline.includes(id) ? '0\n' : '1\n');
  }
  writeTopology(`${sys}/devices/system`, cpus, facts.nodes ?? 1);
  const pressure = { cpu: '0.42', memory: '0.00', io: '11.20' };
  for (const [name, some] of Object.entries(pressure)) {
    put(`${proc}/pressure/${name}`, `some avg10=${some} avg60=0.00 avg300=0.00 total=1\n`);
  }
  let steps = 0;
  const advance = () => {
    steps++;
    put(`${proc}/stat`, statText(cpus, offline, steps));
  };
  advance();
  return { proc, sys, advance };
}

function writeTopology(folder: string, cpus: number, nodes: number): void {
  const each = cpus / nodes;
  for (let node = 0; nodes > 1 && node < nodes; node++) {
    const first = node * each;
    put(`${folder}/node/node${node}/cpulist`, `${first}-${first + each - 1}\n`);
    for (let i = 0; i < each / 2; i++) {
      const [a, b] = [first + i, first + i + each / 2];
      for (const id of [a, b]) put(`${folder}/cpu/cpu${id}/topology/thread_siblings_list`, `${a},${b}\n`);
    }
  }
}

function statText(cpus: number, offline: readonly number[], steps: number): string {
  const ids = Array.from({ length: cpus }, (_, id) => id).filter((id) => !offline.includes(id));
  const rows = ids.map((id) => (WORK[id % WORK.length] ?? []).map((ticks) => ticks * steps));
  const all = Array.from({ length: 10 }, (_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0));
  const lines = [`cpu  ${all.join(' ')}`, ...rows.map((row, i) => `cpu${ids[i]} ${row.join(' ')}`)];
  const rest = 'intr 0\nctxt 1\nbtime 1700000000\nprocesses 100\nprocs_running 2\nprocs_blocked 0\n';
  return lines.map((line) => `${line.padEnd(LINE_BYTES - 1)}\n`).join('') + rest;
}

/** Changes the content of the file and not the file. */
function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a+');
  closeSync(fd);
  const file = openSync(path, 'r+');
  writeSync(file, text, 0);
  ftruncateSync(file, Buffer.byteLength(text));
  closeSync(file);
}
