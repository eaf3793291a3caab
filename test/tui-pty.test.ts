// Owns: proof on a real pseudo-terminal that every way out leaves a usable terminal.
// Knows nothing of: the renderer; it looks at bytes, modes and exit codes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { enterSequence, LEAVE_SEQUENCE } from '../src/tui/ansi.ts';

type Step = readonly [string, ...(string | number)[]];

interface Outcome {
  readonly failure: string | null;
  readonly code: number;
  readonly cooked: boolean;
  readonly stops: readonly { readonly cooked: boolean; readonly at: number }[];
  /** How long the last step took. */
  readonly seconds: number;
  readonly text: string;
  readonly errors: string;
}

const root = fileURLToPath(import.meta.url).replace(/\/build\/.*$/, '');
const harness = `${root}/test/tui-pty-harness.py`;
const program = fileURLToPath(new URL('./tui-pty-program.js', import.meta.url));
const python = ['/usr/bin/python3', 'python3'].find(
  (name) => spawnSync(name, ['-c', 'import pty, termios']).status === 0,
);
const options = { skip: python === undefined ? 'python3 with the pty module is not installed' : false };
const ENTER = enterSequence(true);

function run(...steps: readonly Step[]): Outcome {
  const env = { ...process.env, TERM: 'xterm', LANG: 'C.UTF-8', NO_COLOR: '' };
  const child = spawnSync(python ?? '', [harness, JSON.stringify(steps), process.execPath, program], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(child.stderr, '');
  const outcome = JSON.parse(child.stdout);
  const text = Buffer.from(outcome.output, 'base64').toString();
  assert.equal(outcome.failure, null, outcome.errors);
  return { ...outcome, text };
}

function assertRestored(outcome: Outcome): void {
  assert.equal(outcome.cooked, true, 'termios is what it was');
  assert.ok(outcome.text.includes(ENTER));
  assert.equal(outcome.text.slice(-LEAVE_SEQUENCE.length), LEAVE_SEQUENCE, 'the last bytes give the screen back');
}

test('a signal that ends the program restores the terminal at once', options, () => {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 };
  for (const [name, code] of Object.entries(codes)) {
    const outcome = run(['expect', 'ready'], ['signal', name], ['exit']);
    assertRestored(outcome);
    assert.equal(outcome.code, code, name);
    // Several times what a starved machine takes; what waits for something else than the processor waits longer.
    assert.ok(outcome.seconds < 5, `${name} took ${outcome.seconds} s`);
  }
});

test('an exception, a rejected promise, process.exit and a normal end restore the terminal', options, () => {
  const ways: readonly (readonly [string, number, string])[] = [
    ['x', 1, 'thrown on purpose'],
    ['r', 1, 'rejected on purpose'],
    ['e', 3, ''],
    ['q', 0, ''],
  ];
  for (const [key, code, message] of ways) {
    const outcome = run(['expect', 'ready'], ['send', key], ['exit']);
    assertRestored(outcome);
    assert.equal(outcome.code, code, key);
    assert.ok(outcome.errors.includes(message));
  }
});

test('Ctrl-Z and SIGTSTP give the shell its terminal, and fg brings the view back whole', options, () => {
  const stops: readonly Step[] = [
    ['send', '\x1a'],
    ['signal', 'SIGTSTP'],
  ];
  for (const stop of stops) {
    const again: readonly Step[] = [stop, ['stopped'], ['continue'], ['expect', ENTER], ['expect', 'size 60x10']];
    const outcome = run(
      ['expect', 'ready'],
      ...again,
      ...again,
      ['send', 'k'],
      ['expect', 'key k'],
      ['send', 'q'],
      ['exit'],
    );
    assertRestored(outcome);
    assert.equal(outcome.stops.length, 2);
    for (const { cooked, at } of outcome.stops) {
      assert.equal(cooked, true, 'the shell has a cooked terminal');
      assert.ok(outcome.text.slice(0, at).endsWith(LEAVE_SEQUENCE), 'and its own screen');
    }
  }
});

test('after a stop that cannot be caught the view comes back as well', options, () => {
  const outcome = run(
    ['expect', 'ready'],
    ['signal', 'SIGSTOP'],
    ['stopped'],
    ['continue'],
    ['expect', ENTER],
    ['expect', 'size 60x10'],
    ['send', '\x1b[A'],
    ['expect', 'key Up'],
    ['signal', 'SIGTERM'],
    ['exit'],
  );
  assertRestored(outcome);
});

test('a resize is drawn at the new size', options, () => {
  const outcome = run(['expect', 'ready'], ['resize', 100, 30], ['expect', 'size 100x30'], ['send', 'q'], ['exit']);
  assertRestored(outcome);
});

test('Ctrl-C is a key, and Escape one after a pause', options, () => {
  const outcome = run(
    ['expect', 'ready'],
    ['send', '\x03'],
    ['expect', 'C-c'],
    ['send', '\x1b'],
    ['expect', 'Escape'],
    ['send', 'q'],
    ['exit'],
  );
  assertRestored(outcome);
});

test('a terminal that nobody reads does not stop the clock, and the program still ends at once', options, () => {
  // It is heard of once a hundred frames have been left out.
  const flooded = run(['expect', 'ready'], ['send', 'f'], ['hear', 'flooded'], ['send', 'q'], ['exit']);
  const counts = JSON.parse(flooded.errors.replace('flooded\n', ''));
  assert.ok(counts.ticks > counts.drawn, JSON.stringify(counts));
  assertRestored(flooded);
  const stalled = run(
    ['expect', 'ready'],
    ['send', 'f'],
    ['hear', 'flooded'],
    ['signal', 'SIGTERM'],
    ['ended'],
    ['exit'],
  );
  assert.equal(stalled.code, 143);
  assert.equal(stalled.cooked, true);
});

test('a terminal that is closed ends the program without a word', options, () => {
  const outcome = run(['expect', 'ready'], ['send', 'f'], ['expect', '31'], ['hangup'], ['exit']);
  // Whichever is noticed first: SIGHUP, or a read or write that fails.
  assert.ok([129, 0].includes(outcome.code), `${outcome.code}`);
  assert.match(outcome.errors, /^(flooded\n)?\{.*\}$/);
});
