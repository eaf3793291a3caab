// Owns: the life of a terminal in a world of values: every way out, suspending, resizing, slow output.
// Knows nothing of: real terminals (tui-pty.test.ts).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enterSequence, LEAVE_SEQUENCE } from '../src/tui/ansi.ts';
import { detectCapabilities } from '../src/tui/capabilities.ts';
import { createTerminal, readSize } from '../src/tui/terminal.ts';
import type { Terminal, TerminalHandlers } from '../src/tui/terminal-world.ts';
import { type Key, keyChord } from '../src/view/keys.ts';
import { type Frame, row } from '../src/view/styled-text.ts';
import { createFakeWorld, type FakeWorld } from './tui-fake-world.ts';

const ENTERED = [`arm ${LEAVE_SEQUENCE}`, 'raw on', `last ${enterSequence(true)}`];
const LEFT = [`last ${LEAVE_SEQUENCE}`, 'raw off', 'disarm'];
const capabilities = detectCapabilities({ env: { TERM: 'xterm' }, stdinIsTty: true, stdoutIsTty: true });
const frame = (text: string): Frame => ({ rows: [row(text)] });

interface Setup {
  readonly world: FakeWorld;
  readonly terminal: Terminal;
  readonly events: string[];
  readonly keys: Key[];
}

function open(): Setup {
  const world = createFakeWorld();
  const events: string[] = [];
  const keys: Key[] = [];
  const handlers: TerminalHandlers = {
    onKey: (key) => {
      keys.push(key);
      events.push(`key ${keyChord(key)}`);
    },
    onRedraw: ({ columns, rows }) => events.push(`redraw ${columns}x${rows}`),
    onQuit: (reason) => events.push(reason.kind === 'signal' ? `quit ${reason.signal}` : 'quit gone'),
  };
  const terminal = createTerminal(world, { capabilities }, handlers);
  terminal.open();
  return { world, terminal, events, keys };
}

test('opening arms the crash guard, then raw mode, then the screen; closing undoes it in reverse, once', () => {
  const { world, terminal } = open();
  assert.deepEqual(world.take(), ENTERED);
  terminal.close();
  terminal.close();
  world.exit();
  assert.deepEqual(world.take(), [...LEFT, 'close']);
  assert.deepEqual(world.attached(), [], 'no handler and no timer is left');
  assert.equal(terminal.draw(frame('x')), 'inactive');
  assert.throws(() => terminal.open());
});

test('every way out restores the terminal before anybody hears of it', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    const { world, events } = open();
    world.take();
    world.signal(signal);
    assert.deepEqual(world.take(), [...LEFT, 'close'], signal);
    assert.deepEqual(events, [`quit ${signal}`]);
    assert.deepEqual(world.attached(), [], 'a second signal has its default effect');
  }
  for (const way of ['crash', 'exit'] as const) {
    const { world, events } = open();
    world.take();
    world[way]();
    assert.deepEqual(world.take(), [...LEFT, 'close'], way);
    assert.deepEqual(events, []);
  }
});

test('a terminal that is closed ends the program quietly', () => {
  const onWrite = open();
  onWrite.world.result = 'gone';
  assert.equal(onWrite.terminal.draw(frame('x')), 'inactive');
  assert.deepEqual(onWrite.events, ['quit gone']);
  const onRead = open();
  onRead.world.hangUp();
  assert.deepEqual(onRead.events, ['quit gone']);
});

test('restoring goes on when raw mode can no longer be set', () => {
  const { world, terminal } = open();
  world.take();
  world.input.setRawMode = () => {
    throw new Error('setRawMode EIO');
  };
  terminal.close();
  assert.deepEqual(world.take(), [`last ${LEAVE_SEQUENCE}`, 'disarm', 'close']);
});

test('Ctrl-Z leaves the screen, stops the group with the default action, and comes back whole', () => {
  const { world, terminal, events } = open();
  terminal.draw(frame('one'));
  world.take();
  world.type('\x1a');
  assert.deepEqual(world.take(), [...LEFT, 'raise SIGTSTP group, its handlers: 0']);
  assert.equal(terminal.draw(frame('two')), 'inactive');
  world.driverSize = { columns: 30, rows: 5 };
  world.signal('SIGCONT');
  assert.deepEqual(world.take(), ENTERED);
  assert.deepEqual(events, ['redraw 30x5']);
  assert.equal(terminal.draw(frame('one')), 'drawn', 'the old baseline is gone');
  world.pass(1000);
  assert.deepEqual(events, ['redraw 30x5'], 'once');
});

test('SIGTSTP stops this process only, and works again the next time', () => {
  const { world } = open();
  for (let round = 0; round < 2; round++) {
    world.take();
    world.signal('SIGTSTP');
    assert.deepEqual(world.take(), [...LEFT, 'raise SIGTSTP self, its handlers: 0']);
    world.signal('SIGCONT');
    assert.deepEqual(world.take(), ENTERED);
  }
});

test('where a stop signal has no effect (no shell to come back to) the screen returns by itself', () => {
  const { world, events } = open();
  world.take();
  world.type('\x1a');
  world.pass(200);
  assert.deepEqual(world.take(), [...LEFT, 'raise SIGTSTP group, its handlers: 0', ...ENTERED]);
  assert.deepEqual(events, ['redraw 20x3']);
});

test('SIGCONT after an unannounced stop sets raw mode anew and repaints', () => {
  const { world, events } = open();
  world.take();
  world.signal('SIGCONT');
  assert.deepEqual(world.take(), ['raw off', ...ENTERED]);
  assert.deepEqual(events, ['redraw 20x3']);
});

test('a signal while suspended ends the program without touching the shell again', () => {
  const { world, events } = open();
  world.type('\x1a');
  world.take();
  world.signal('SIGTERM');
  assert.deepEqual(world.take(), ['close']);
  assert.deepEqual(events, ['quit SIGTERM']);
  assert.deepEqual(world.attached(), []);
});

test('many resizes are one redraw with the last size', () => {
  const { world, terminal, events } = open();
  for (const columns of [30, 40, 50]) {
    world.driverSize = { columns, rows: 7 };
    world.signal('SIGWINCH');
    world.pass(5);
  }
  assert.deepEqual(events, []);
  world.pass(30);
  assert.deepEqual(events, ['redraw 50x7']);
  assert.deepEqual(terminal.size(), { columns: 50, rows: 7 });
});

test('an unchanged frame writes nothing', () => {
  const { world, terminal } = open();
  assert.equal(terminal.draw(frame('same')), 'drawn');
  world.take();
  assert.equal(terminal.draw(frame('same')), 'unchanged');
  assert.deepEqual(world.take(), []);
  terminal.invalidate();
  assert.equal(terminal.draw(frame('same')), 'drawn');
});

test('while the terminal has not taken a frame the next ones are left out, not queued', () => {
  const { world, terminal, events } = open();
  world.result = 'pending';
  assert.equal(terminal.draw(frame('one')), 'drawn');
  world.take();
  for (let i = 0; i < 100; i++) assert.equal(terminal.draw(frame(`frame ${i}`)), 'skipped');
  assert.deepEqual(world.take(), [], 'no write, no attempt that could take time');
  world.pass(1000);
  assert.ok(world.take().length < 25, 'attempts become rare');
  world.result = 'written';
  world.pass(100);
  assert.deepEqual(events, ['redraw 20x3'], 'the frame that was left out is asked for again');
  assert.equal(terminal.draw(frame('two')), 'drawn');
  assert.deepEqual(world.take().filter((line) => line.startsWith('write')).length, 1);
});

test('a slow terminal is restored like any other', () => {
  const { world, terminal } = open();
  world.result = 'pending';
  terminal.draw(frame('one'));
  world.take();
  world.signal('SIGTERM');
  assert.deepEqual(world.take(), [...LEFT, 'close']);
  assert.deepEqual(world.attached(), []);
});

test('keys arrive as chords, a lone ESC after a pause, a paste without end after a longer one', () => {
  const { world, events, keys } = open();
  world.type('q\x1b[');
  world.type('A\x03\x1b');
  assert.deepEqual(events, ['key q', 'key Up', 'key C-c']);
  world.pass(60);
  assert.deepEqual(events.slice(3), ['key Escape']);
  world.type('\x1b[200~abc');
  world.pass(1000);
  assert.equal(keys.length, 4);
  world.pass(1500);
  assert.deepEqual(keys[4], { kind: 'paste', text: 'abc' });
});

test('a size that the driver does not know comes from the environment, and none is absurd', () => {
  const size = (columns: number, rows: number, env = {}) => {
    const world = createFakeWorld(env);
    world.driverSize = { columns, rows };
    return readSize(world);
  };
  assert.deepEqual(size(132, 43, { COLUMNS: '80' }), { columns: 132, rows: 43 });
  assert.deepEqual(size(0, 0, { COLUMNS: '100', LINES: '30' }), { columns: 100, rows: 30 });
  assert.deepEqual(size(0, 0, { COLUMNS: 'x', LINES: '-3' }), { columns: 80, rows: 24 });
  assert.deepEqual(size(65535, 65535), { columns: 1024, rows: 512 });
});

test('the mouse can be left to the terminal', () => {
  const world = createFakeWorld();
  const nothing = (): void => {};
  createTerminal(world, { capabilities, mouse: false }, { onKey: nothing, onRedraw: nothing, onQuit: nothing }).open();
  assert.equal(world.log[2], `last ${enterSequence(false)}`);
});
