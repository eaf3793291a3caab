// Owns: the live view on the real terminal code and an emulator: what a person sees, and how few bytes it takes.
// Knows nothing of: this process's own terminal.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstUi, showLive } from '../src/app/live.ts';
import type { LiveRun } from '../src/app/live-run.ts';
import { mergeSettings, type PartialSettings } from '../src/app/option-table.ts';
import { createShutdown } from '../src/app/shutdown.ts';
import { createRing } from '../src/base/ring.ts';
import type { Model } from '../src/model/model.ts';
import { FLOWS } from './support/view-flows.ts';
import { fixtureModel, NOW_MS } from './support/view-model.ts';
import { createEmulator } from './tui-emulator.ts';
import { createFakeWorld } from './tui-fake-world.ts';

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
  const recentLog: LiveRun['recentLog'] = createRing(10);
  recentLog.push({ timeMs: NOW_MS, level: 'warn', text: 'eth9: the device is gone' });
  const shutdown = createShutdown();
  const run: LiveRun = {
    collector: {
      start() {},
      state: () => 'running',
      stop() {},
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
