// Owns: the live view on the real terminal code and an emulator: what a person sees, and how few bytes it takes.
// Knows nothing of: this process's own terminal.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergeSettings, type PartialSettings } from '../src/app/config/option-table.ts';
import { firstUi, showLive } from '../src/app/live/live.ts';
import type { LiveRun } from '../src/app/live/run.ts';
import type { LogEntry } from '../src/app/logging.ts';
import { createShutdown } from '../src/app/shutdown.ts';
import { createRing } from '../src/base/ring.ts';
import type { Model } from '../src/model/model.ts';
import { FLOWS } from './support/view-flows.ts';
import { fixtureModel, NOW_MS } from './support/view-model.ts';
import { createEmulator } from './tui-emulator.ts';
import { createFakeWorld } from './tui-fake-world.ts';
import { seededRandom } from './tui-random.ts';

const ENV = { TERM: 'xterm-256color', LANG: 'C.UTF-8' };

interface Options {
  readonly settings?: PartialSettings;
  readonly count?: number;
  readonly sample?: (number: number) => Model;
}

function show(options: Options = {}) {
  const world = createFakeWorld(ENV);
  world.driverSize = { columns: 100, rows: 30 };
  let taken = 0;
  let now = 0;
  const recentLog = createRing<LogEntry>(10);
  recentLog.push({ timeMs: NOW_MS, level: 'warn', text: 'eth9: the device is gone' });
  const shutdown = createShutdown();
  const run: LiveRun = {
    collector: {
      sample: () => options.sample?.(taken++) ?? fixtureModel({ first: taken++ === 0, flows: FLOWS }),
    },
    settings: mergeSettings(options.settings ?? {}),
    clock: { now: () => now, sleep: () => Promise.resolve() },
    recentLog,
    shutdown,
    count: options.count ?? 0,
    user: undefined,
    configFile: undefined,
  };
  const ended = showLive(run, world, {
    exportTable: () => Promise.resolve({ text: '', isBad: false }),
    saveSettings: () => Promise.resolve({ text: '', isBad: false }),
    sendSignal: () => ({ text: '', isBad: false }),
  });
  return {
    world,
    shutdown,
    ended,
    pass(milliseconds: number) {
      for (let step = 0; step < milliseconds; step += 10) {
        now += 10;
        world.pass(10);
      }
    },
    written: () => world.log.filter((line) => line.startsWith('write ')).map((line) => line.slice(6)),
  };
}

async function emulate(chunks: readonly string[]): Promise<readonly string[]> {
  const emulator = createEmulator(100, 30);
  for (const chunk of chunks) await emulator.write(chunk);
  const lines = emulator.lines();
  emulator.dispose();
  return lines;
}

describe('the live view on a terminal', () => {
  test('shows the first screen before the call returns, and rates after a quarter of a second', async () => {
    const scene = show();
    assert.equal(scene.written().length, 1);
    assert.match((await emulate(scene.written()))[0] ?? '', /web-1/);
    scene.pass(300);
    const screen = (await emulate(scene.written())).join('\n');
    assert.match(screen, /9127 www-data {2}nginx: worker process .*22\.1 MB\/s/);
    assert.match(screen, /TOTAL .*85\.3 MB\/s/);
    scene.world.type('q');
    assert.deepEqual(await scene.ended, { kind: 'asked' });
  });

  test('writes no byte while nothing changes', () => {
    const idle = fixtureModel({ flows: FLOWS });
    const still = { ...idle, total: { ...idle.total, sentRate: undefined }, owners: idle.owners };
    const scene = show({ sample: () => still });
    scene.pass(1000);
    const before = scene.written().length;
    scene.pass(10_000);
    assert.equal(scene.written().length, before);
    scene.world.type('q');
  });

  test('writes little when only the time changes', () => {
    const still = fixtureModel();
    const scene = show({ sample: (n) => ({ ...still, timeMs: still.timeMs + n * 1000 }), settings: { delay: 1 } });
    scene.pass(100_000);
    const sizes = scene
      .written()
      .slice(-20)
      .map((text) => text.length);
    assert.ok(Math.max(...sizes) < 400, `${sizes}`);
    scene.world.type('q');
  });

  test('keys reach the screen: help, log, connections', async () => {
    const scene = show();
    scene.pass(300);
    scene.world.type('?');
    assert.match((await emulate(scene.written())).join('\n'), /Keys in Processes/);
    scene.world.type('L');
    assert.match((await emulate(scene.written())).join('\n'), /warn {2}eth9: the device is gone/);
    scene.world.type('1j\r');
    assert.match((await emulate(scene.written())).join('\n'), /Process 9127 nginx/);
    scene.world.type('q');
  });

  test('leaves the terminal as it was, and nothing attached, whatever ends it', async () => {
    const byKey = show();
    byKey.world.type('q');
    await byKey.ended;
    assert.deepEqual(byKey.world.attached(), []);
    const bySignal = show();
    bySignal.world.signal('SIGTERM');
    assert.deepEqual(await bySignal.ended, { kind: 'signal', signal: 'SIGTERM' });
    assert.deepEqual(bySignal.world.attached(), []);
    const byShutdown = show();
    byShutdown.shutdown.request('SIGINT');
    assert.deepEqual(await byShutdown.ended, { kind: 'asked' });
    assert.ok(byShutdown.world.log.includes('raw off'));
  });

  test('-c ends it by itself', async () => {
    const scene = show({ count: 2 });
    scene.pass(2000);
    assert.deepEqual(await scene.ended, { kind: 'counted' });
  });
});

/** Keys, clicks and wheel turns as a terminal sends them. */
const INPUTS: readonly string[] = [
  ...Array.from('123458?rsglbxtfpmudzMZyeEKTWoc<>/kjG iLh'),
  ...['\t', '\x1b[Z', '\r', '\x1b[A', '\x1b[B', '\x1b[C', '\x1b[D', '\x1b[5~', '\x1b[6~', '\x1b[H', '\x1b[F', '\x7f'],
  ...['\x1bOP', '\x1b[15~', '\x1b[20~', '\x06', '\x02', '\x15', '\x17', '\x0c'],
  ...['port:443', 'rx>1k or (', '"', 'not user:root', '\x1b[200~pasted q\x1b[201~', '\x1b[<64;5;9M', '\x1b[<65;5;9M'],
];

describe('whatever is pressed, clicked or pasted', () => {
  for (const seed of [1, 2]) {
    test(`the screen stays whole and shows what a full repaint shows: seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const scene = show({ sample: (n) => fixtureModel({ first: n === 0, flows: FLOWS }) });
      const emulator = createEmulator(100, 30);
      let written = 0;
      const catchUp = async () => {
        for (const chunk of scene.written().slice(written)) await emulator.write(chunk);
        written = scene.written().length;
      };
      for (let step = 0; step < 240; step++) {
        const click = `\x1b[<0;${1 + random.below(100)};${1 + random.below(30)}M`;
        scene.world.type(random.below(5) === 0 ? click : random.pick(INPUTS));
        if (random.below(6) === 0) scene.pass(random.pick([60, 300, 1000]));
        if (step % 40 !== 39) continue;
        scene.pass(100);
        await catchUp();
        const shown = emulator.lines();
        scene.world.type('\x0c');
        scene.pass(60);
        await catchUp();
        assert.deepEqual(emulator.lines(), shown, `step ${step}`);
      }
      emulator.dispose();
      scene.world.signal('SIGTERM');
      assert.deepEqual(await scene.ended, { kind: 'signal', signal: 'SIGTERM' });
      assert.deepEqual(scene.world.attached(), []);
    });
  }
});

test('a copied value reaches the terminal as OSC 52, base64, and nothing else does', () => {
  const scene = show();
  scene.pass(300);
  scene.world.type('jy');
  const [osc] = scene.written().filter((text) => text.includes(']52;'));
  assert.equal(osc, `\x1b]52;c;${Buffer.from('9127').toString('base64')}\x1b\\`);
  scene.world.type('q');
});

test('options decide how it begins', () => {
  const ui = firstUi(
    mergeSettings({ 'sort-sent': true, 'command-line': true, 'view-mode': '3', units: 'bits', basename: true }),
  );
  assert.deepEqual(
    [ui.sort, ui.commandLine, ui.basename, ui.units.quantity, ui.viewMode.kind === 'fixed' && ui.viewMode.unit],
    ['sent', true, true, 'bits', 'MiB'],
  );
  assert.equal(firstUi(mergeSettings({})).viewMode.kind, 'adaptive');
});
