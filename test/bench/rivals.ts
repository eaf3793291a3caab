// Owns: the programs that capture the same flood: nettrace, tcpdump, nethogs and the npm package cap, each behind one face.
// Knows nothing of: the flood.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { nethogs } from '../e2e/nethogs.ts';
import { has } from '../e2e/places.ts';
import type { Program } from '../e2e/program.ts';
import { watch } from '../e2e/watch.ts';
import type { Site } from '../e2e/world.ts';

export interface Counted {
  readonly packets: number;
  /** As the program reports them; not every program does. */
  readonly reportedDrops: number | undefined;
}

/** A program that counts packets on a device. */
export interface Counter {
  readonly pid: number;
  ready(): Promise<void>;
  /** Waits until it has had time to read what it was sent. */
  settle(): Promise<void>;
  stop(): Promise<Counted>;
}

export interface Rival {
  readonly name: string;
  start(site: Site, device: string): Counter;
}

const FRAME = 64;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** nettrace with these options. */
export const nettraceWith = (...options: readonly string[]): Rival => ({
  name: 'nettrace',
  start(site, device) {
    const run = watch(site, ['-d', '1', ...options, device]);
    return {
      pid: run.pid,
      ready: run.ready,
      settle: async () => void (await run.next(() => true, 'a refresh')),
      async stop() {
        const { last } = await run.stop();
        return { packets: last.total.receivedPackets + last.total.sentPackets, reportedDrops: last.drops.kernel };
      },
    };
  },
});

/** Ends a program with SIGINT, and its standard error. */
async function interrupt(program: Program): Promise<string> {
  program.signal('SIGINT');
  return (await program.ended).stderr;
}

const tcpdump: Rival = {
  name: 'tcpdump',
  start(site, device) {
    const program = site.start('tcpdump', ['-n', '-i', device, '-w', '/dev/null']);
    const number = (text: string, what: string) => Number(new RegExp(`(\\d+) packets? ${what}`).exec(text)?.[1] ?? 0);
    return {
      pid: program.pid,
      // It says so on standard error only; half a second is long for it.
      ready: () => pause(700),
      settle: () => pause(1200),
      async stop() {
        const said = await interrupt(program);
        return { packets: number(said, 'captured'), reportedDrops: number(said, 'dropped by kernel') };
      },
    };
  },
};

export const hogs: Rival = {
  name: 'nethogs',
  start(site, device) {
    const run = nethogs(site, [device]);
    return {
      pid: run.pid,
      ready: run.ready,
      settle: () => pause(1200),
      async stop() {
        const { unknown, byPid } = await run.stop(10_000);
        const bytes = [...byPid.values()].reduce((all, one) => all + one, unknown);
        return { packets: Math.round(bytes / FRAME), reportedDrops: undefined };
      },
    };
  },
};

const cap: Rival = {
  name: 'cap',
  start(site, device) {
    const worker = fileURLToPath(new URL('cap-worker.js', import.meta.url));
    const program = site.start(process.execPath, [worker, device]);
    return {
      pid: program.pid,
      ready: async () => void (await program.line((line) => line === 'ready', 'cap is ready')),
      settle: () => pause(1200),
      async stop() {
        const last = program.line((line) => line.startsWith('packets '), 'cap says what it saw', 10_000);
        program.signal('SIGINT');
        const packets = Number((await last).split(' ')[1]);
        await program.ended;
        return { packets, reportedDrops: undefined };
      },
    };
  },
};

function hasCap(): boolean {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
}

/** Those that are here; nettrace is the first. */
export function rivals(): readonly Rival[] {
  return [
    nettraceWith(),
    ...(has('tcpdump') ? [tcpdump] : []),
    ...(has('nethogs') ? [hogs] : []),
    ...(hasCap() ? [cap] : []),
  ];
}
