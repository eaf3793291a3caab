// Owns: the life of the live view with everything around it made of values: samples, keys, timers, a real terminal object.
// Knows nothing of: this process and its terminal.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Live, type LiveEffects, type LiveEnd, type LiveParts, startLive } from '../src/app/live/loop.ts';
import type { Model } from '../src/model/model.ts';
import type { DrawResult, Terminal, TerminalHandlers } from '../src/tui/terminal-world.ts';
import type { Key, KeyName } from '../src/view/keys.ts';
import { type Frame, frameText } from '../src/view/styled-text.ts';
import { INITIAL_UI } from '../src/view/ui-state.ts';
import { FLOWS } from './support/view-flows.ts';
import { SETTINGS, UTF8 } from './support/view-input.ts';
import { fixtureModel } from './support/view-model.ts';

interface Scene {
  readonly live: Live;
  /** When samples were taken, and whether with flows. */
  readonly samples: { readonly at: number; readonly withFlows: boolean }[];
  readonly frames: string[];
  /** 'open', 'close', 'invalidate', 'suspend'. */
  readonly terminalLog: string[];
  readonly handlers: TerminalHandlers;
  pass(milliseconds: number): void;
  press(...keys: readonly (string | KeyName)[]): void;
  screen(): string;
  end: LiveEnd | 'running';
  size: { columns: number; rows: number };
  drawResult: DrawResult;
  failure: Error | undefined;
}

const NAMES: readonly string[] = ['Enter', 'Escape', 'Down', 'Up'];

function keyOf(text: string): Key {
  if (NAMES.includes(text)) return { kind: 'named', name: text as KeyName, ctrl: false, alt: false, shift: false };
  const ctrl = text.startsWith('C-');
  return { kind: 'char', char: ctrl ? text.slice(2) : text, ctrl, alt: false };
}

/** Models whose bytes grow by the second, so that frames differ. */
function modelAt(now: number, withFlows: boolean, first: boolean): Model {
  const model = fixtureModel(withFlows ? { flows: FLOWS, first } : { first });
  return { ...model, timeMs: model.timeMs + now };
}

const EFFECTS: LiveEffects = {
  exportTable: (table, format) => Promise.resolve({ text: `${table.rows.length} rows as ${format}`, isBad: false }),
  saveSettings: () => Promise.resolve({ text: 'saved', isBad: false }),
  sendSignal: ({ pid, signal }) => ({ text: `${signal} sent to ${pid}`, isBad: false }),
};

function play(options: Partial<LiveParts> = {}): Scene {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  let handlers: TerminalHandlers | undefined;
  const scene: Omit<Scene, 'live' | 'handlers'> = {
    samples: [],
    frames: [],
    terminalLog: [],
    end: 'running',
    size: { columns: 120, rows: 40 },
    drawResult: 'drawn',
    failure: undefined,
    pass(milliseconds) {
      const until = now + milliseconds;
      for (;;) {
        const due = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        now = due.at;
        timers = timers.filter((timer) => timer !== due);
        due.callback();
      }
      now = until;
    },
    press: (...keys) => {
      for (const key of keys) handlers?.onKey(keyOf(key));
    },
    screen: () => scene.frames.at(-1) ?? '',
  };
  const terminal: Terminal = {
    open: () => scene.terminalLog.push('open'),
    size: () => scene.size,
    draw(frame: Frame) {
      scene.frames.push(frameText(frame));
      return scene.drawResult;
    },
    invalidate: () => scene.terminalLog.push('invalidate'),
    suspend: () => scene.terminalLog.push('suspend'),
    restyle: (theme) => scene.terminalLog.push(`theme ${theme}`),
    copy: (text) => scene.terminalLog.push(`copy ${text}`),
    close: () => scene.terminalLog.push('close'),
  };
  const live = startLive({
    sample(withFlows) {
      if (scene.failure) throw scene.failure;
      scene.samples.push({ at: now, withFlows });
      return modelAt(now, withFlows, scene.samples.length === 1);
    },
    createTerminal(given) {
      handlers = given;
      return terminal;
    },
    timers: {
      after(milliseconds, callback) {
        const timer = { at: now + milliseconds, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((each) => each !== timer);
        };
      },
    },
    now: () => now,
    log: () => [],
    mode: UTF8,
    settings: SETTINGS,
    ui: INITIAL_UI,
    effects: EFFECTS,
    count: 0,
    ...options,
  });
  live.ended.then(
    (end) => {
      scene.end = end;
    },
    () => {},
  );
  assert.ok(handlers);
  return Object.assign(scene, { live, handlers });
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const times = (scene: Scene) => scene.samples.map((sample) => sample.at);

describe('when samples are taken', () => {
  test('the first at once, drawn without rates; the second after 250 ms; then on the grid of the interval', () => {
    const scene = play();
    assert.equal(scene.frames.length, 1);
    assert.match(scene.screen(), /nginx: worker process +eth0\+1 .* +- +- +402 GB/);
    scene.pass(3000);
    assert.deepEqual(times(scene), [0, 250, 1000, 2000, 3000]);
    assert.match(scene.screen(), /nginx: worker process +eth0\+1 .* 22\.1 MB\/s/);
  });

  test('with a short interval there is no early sample', () => {
    const scene = play({ settings: { ...SETTINGS, intervalMs: 300 } });
    scene.pass(900);
    assert.deepEqual(times(scene), [0, 300, 600, 900]);
  });

  test('-c counts refreshes, not the early one, and ends', async () => {
    const scene = play({ count: 3 });
    scene.pass(5000);
    await settled();
    assert.deepEqual(times(scene), [0, 250, 1000, 2000]);
    assert.deepEqual(scene.end, { kind: 'counted' });
    assert.deepEqual(scene.terminalLog, ['open', 'close']);
  });

  test('-c 1 draws once and ends', async () => {
    const scene = play({ count: 1 });
    await settled();
    assert.deepEqual([scene.frames.length, scene.end], [1, { kind: 'counted' }]);
  });

  test('keys, resizes and repaints draw at once and take no sample', () => {
    const scene = play();
    scene.press('s', 'l', 'j', '?', 'Escape', 'C-l');
    scene.size = { columns: 80, rows: 24 };
    scene.handlers.onRedraw(scene.size);
    assert.deepEqual(times(scene), [0]);
    assert.equal(scene.frames.length, 8);
    assert.equal(scene.screen().split('\n').length, 24);
    assert.deepEqual(scene.terminalLog, ['open', 'invalidate']);
  });

  test('a key without a meaning draws nothing', () => {
    const scene = play();
    scene.press('Q', 'Ü');
    assert.equal(scene.frames.length, 1);
  });

  test('a terminal that is too slow loses frames, no samples', () => {
    const scene = play();
    scene.drawResult = 'skipped';
    scene.pass(4000);
    assert.deepEqual(times(scene), [0, 250, 1000, 2000, 3000, 4000]);
  });
});

test('the sockets of TCP connections in sight are asked for, of all where their round trip decides', () => {
  let wanted: readonly number[] = [];
  const want = (pairs: readonly number[]) => {
    wanted = pairs;
  };
  const scene = play({ want });
  scene.pass(1000);
  assert.deepEqual(wanted, [], 'processes have none');
  const pairs = FLOWS.filter(({ protocol, ended }) => protocol === 'tcp' && !ended).map(
    ({ localPort, remotePort }) => localPort * 65_536 + remotePort,
  );
  const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
  scene.press('2');
  scene.pass(1000);
  assert.deepEqual(sorted(wanted), sorted(pairs));
  scene.size = { columns: 80, rows: 6 };
  scene.pass(1000);
  assert.ok(wanted.length > 0 && wanted.length < pairs.length, `${wanted.length} of ${pairs.length}`);
  scene.press('/', 'r', 't', 't', '>', '1', 'Enter');
  assert.deepEqual(sorted(wanted), sorted(pairs), 'a filter by what is not known yet would find nothing');
});

describe('pause', () => {
  test('holds the screen while samples go on; keys still work on what is held', () => {
    const scene = play();
    scene.pass(1500);
    scene.press(' ');
    const held = scene.screen();
    assert.match(held, /paused 12:04:32/);
    scene.pass(3000);
    assert.deepEqual(times(scene), [0, 250, 1000, 2000, 3000, 4000]);
    assert.equal(scene.screen(), held);
    scene.press('s');
    assert.match(scene.screen(), /▾ SENT\/s/);
    assert.match(scene.screen(), /paused 12:04:32/);
    scene.press(' ');
    assert.match(scene.screen(), / 12:04:35\n/);
  });
});

describe('connections', () => {
  test('are asked for only while they are shown; the first come after a moment, not after a whole interval', () => {
    const scene = play({ settings: { ...SETTINGS, intervalMs: 10_000 } });
    scene.pass(2000);
    scene.press('j', 'Enter');
    assert.match(scene.screen(), /reading the connections/);
    scene.pass(10);
    assert.match(scene.screen(), /203\.0\.113\.77:51344/);
    scene.press('Escape');
    scene.pass(10_000);
    assert.deepEqual(scene.samples, [
      { at: 0, withFlows: false },
      { at: 250, withFlows: false },
      { at: 2000, withFlows: true },
      { at: 10_000, withFlows: false },
    ]);
  });

  test('a model is let go once it is neither shown nor the latest, and what a pause holds is not', () => {
    const gone: number[] = [];
    const scene = play({ release: ({ timeMs }) => gone.push(timeMs - fixtureModel().timeMs) });
    scene.pass(1000);
    assert.deepEqual([...new Set(gone)], [0, 250]);
    scene.press(' ');
    scene.pass(2000);
    assert.deepEqual([...new Set(gone)], [0, 250, 2000], '1000 is on the screen, 3000 the latest');
    scene.press(' ');
    assert.deepEqual([...new Set(gone)], [0, 250, 2000, 1000]);
  });

  test('opened during a pause they come too, and are held in their turn', () => {
    const scene = play();
    scene.pass(1500);
    scene.press(' ', 'j', 'Enter');
    scene.pass(100);
    const held = scene.screen();
    assert.match(held, /203\.0\.113\.77:51344/);
    scene.pass(5000);
    assert.equal(scene.screen(), held);
  });
});

describe('keys that do more than change the screen', () => {
  test('tell in the footer what came of them, until the next key', async () => {
    const scene = play();
    scene.press('e');
    await settled();
    assert.match(scene.screen(), /\n19 rows as csv$/);
    scene.press('Q');
    assert.match(scene.screen(), /\nEnter open/);
    scene.press('W');
    await settled();
    assert.match(scene.screen(), /\nsaved$/);
    scene.press('y');
    assert.ok(scene.terminalLog.includes('copy 9127'));
    assert.match(scene.screen(), /clipboard: 9127$/);
  });

  test('a failure of one is a sentence, not the end', async () => {
    const exportTable = () => Promise.reject(new Error('the disk is on fire'));
    const scene = play({ effects: { ...EFFECTS, exportTable } });
    scene.press('E');
    await settled();
    assert.match(scene.screen(), /the disk is on fire$/);
    assert.equal(scene.end, 'running');
  });

  test('a signal is sent after the question, once, and never with --read-only', () => {
    const sent: string[] = [];
    const sendSignal: LiveEffects['sendSignal'] = ({ pid, signal }) => {
      sent.push(`${signal} ${pid}`);
      return { text: 'sent', isBad: false };
    };
    const scene = play({ effects: { ...EFFECTS, sendSignal } });
    scene.press('Down', 'K', 'Enter', 'n', 'K', 'Enter', 'y', 'y');
    assert.deepEqual(sent, ['SIGTERM 9127']);
    const unselected = play({ effects: { ...EFFECTS, sendSignal } });
    unselected.press('K');
    assert.match(unselected.screen(), /select a process first/);
    const reading = play({ effects: { ...EFFECTS, sendSignal }, ui: { ...INITIAL_UI, readOnly: true } });
    reading.press('Down', 'K');
    assert.match(reading.screen(), /no signal can be sent: this is read-only/);
    reading.press('Enter', 'y');
    assert.equal(sent.length, 1);
    const past = play({ effects: { ...EFFECTS, sendSignal }, ui: { ...INITIAL_UI, readOnly: true, recorded: true } });
    past.press('Down', 'K');
    assert.match(past.screen(), /no signal can be sent: these are processes of a recording/);
  });

  test('themes change the terminal and nothing else', () => {
    const scene = play();
    const before = scene.screen();
    scene.press('T', 'T');
    assert.deepEqual(scene.terminalLog, ['open', 'theme colour-blind', 'theme high-contrast']);
    assert.equal(scene.screen(), before);
  });
});

describe('marks', () => {
  test('are taken from a sample with flows, and make the counters start there', () => {
    const scene = play();
    scene.pass(1000);
    scene.press('z');
    scene.pass(300);
    assert.deepEqual(
      scene.samples.map(({ withFlows }) => withFlows),
      [false, false, false, true],
    );
    assert.match(scene.screen(), / since 12:04:32 /);
    assert.match(scene.screen(), /nginx: worker process .*22\.1 MB\/s +9\.80 MB\/s +0 +0 /);
    scene.press('Z');
    assert.match(scene.screen(), /nginx: worker process .* 402 GB/);
  });
});

describe('the end', () => {
  test('q, Ctrl-C and end() close the terminal, stop the timers and tell it was asked for', async () => {
    for (const leave of [(s: Scene) => s.press('q'), (s: Scene) => s.press('C-c'), (s: Scene) => s.live.end()]) {
      const scene = play();
      leave(scene);
      await settled();
      assert.deepEqual([scene.end, scene.terminalLog], [{ kind: 'asked' }, ['open', 'close']]);
      scene.pass(5000);
      scene.press('s');
      assert.deepEqual([times(scene), scene.frames.length], [[0], 1]);
    }
  });

  test('a signal or a terminal that is gone is told as it is', async () => {
    const scene = play();
    scene.handlers.onQuit({ kind: 'signal', signal: 'SIGTERM' });
    await settled();
    assert.deepEqual(scene.end, { kind: 'signal', signal: 'SIGTERM' });
  });

  test('a sample that fails ends the view with its error, after the terminal is closed', async () => {
    const scene = play();
    scene.failure = new Error('the engine is gone');
    scene.pass(1000);
    await assert.rejects(scene.live.ended, /the engine is gone/);
    assert.deepEqual(scene.terminalLog, ['open', 'close']);
  });
});
