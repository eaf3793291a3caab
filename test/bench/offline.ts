// Owns: how fast a capture file is read, by the whole program and by the engine alone.
// Knows nothing of: live capture.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Addon, type Engine, loadAddon } from '../../src/native/addon.ts';
import { ENGINE_STATES } from '../../src/native/schema.ts';
import { viewSnapshot } from '../../src/native/snapshot-view.ts';
import { generator, NETTRACE } from '../e2e/places.ts';
import { type Figure, median } from './figures.ts';

/** Makes a capture file, hands it to `body` and removes it. */
export async function withCapture<T>(packets: number, flows: number, body: (path: string) => Promise<T>): Promise<T> {
  const path = join(tmpdir(), `nettrace-bench-${process.pid}.pcap`);
  try {
    const made = spawnSync(generator('bench_capture'), ['generate', path, String(packets), String(flows)]);
    if (made.status !== 0) throw new Error(`bench_capture: ${made.stderr}`);
    return await body(path);
  } finally {
    rmSync(path, { force: true });
  }
}

/** An engine that has read the whole file. */
export async function readWithEngine(addon: Addon, file: string): Promise<Engine> {
  const engine = new addon.Engine({ file });
  engine.start();
  const state = () => ENGINE_STATES[viewSnapshot(engine.snapshot(false)).meta.state[0] ?? 0];
  while (state() === 'running') await new Promise((resolve) => setTimeout(resolve, 2));
  return engine;
}

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

async function engineCost(addon: Addon, file: string): Promise<Cost> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const engine = await readWithEngine(addon, file);
  const used = process.cpuUsage(before);
  const wall = (performance.now() - began) / 1000;
  engine.stop();
  return { wall, cpu: (used.user + used.system) / 1e6 };
}

/** User and system time of a program, as the shell's `times` says (POSIX): minutes and seconds of its children. */
export function programCost(args: readonly string[]): Cost {
  const began = performance.now();
  const script = '"$@" >/dev/null && times';
  const run = spawnSync('sh', ['-c', script, 'sh', ...args], { encoding: 'utf8', timeout: 120_000 });
  if (run.status !== 0) throw new Error(`${args.join(' ')}: ${run.stderr}`);
  const wall = (performance.now() - began) / 1000;
  const children = run.stdout.trim().split('\n').at(-1) ?? '';
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((all, [, m, s]) => all + Number(m) * 60 + Number(s), 0);
  return { wall, cpu };
}

export async function offline(rounds: number, packets: number): Promise<readonly Figure[]> {
  const addon = loadAddon();
  return withCapture(packets, 2000, async (file) => {
    const [engine, program]: [Cost[], Cost[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      engine.push(await engineCost(addon, file));
      program.push(programCost([process.execPath, NETTRACE, '--read', file, '--json']));
    }
    const millions = (costs: readonly Cost[], key: keyof Cost) =>
      packets / 1e6 / median(costs.map((cost) => cost[key]));
    const goal = { limit: 5, better: 'above' } as const;
    return [
      {
        what: 'offline, engine alone, by CPU time',
        value: millions(engine, 'cpu'),
        unit: 'M packets/s/core',
        goal,
        note: `${packets} packets, ${millions(engine, 'wall').toFixed(2)} M/s by the clock, median of ${rounds}`,
      },
      {
        what: 'offline, whole program from start to end, by CPU time',
        value: millions(program, 'cpu'),
        unit: 'M packets/s/core',
        note:
          `${millions(program, 'wall').toFixed(2)} M/s by the clock; ` +
          `${median(program.map(({ cpu }) => cpu)).toFixed(2)} s CPU, start of node included`,
      },
    ];
  });
}
