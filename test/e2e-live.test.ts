// Owns: the whole program on a real pseudo-terminal: keys, mouse, resize, suspend, and a crash in native code.
// Knows nothing of: figures; it looks at what is written, at modes and exit codes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { enterSequence, LEAVE_SEQUENCE } from '../src/tui/ansi.ts';

type Step = readonly [string, ...(string | number)[]];

const root = fileURLToPath(import.meta.url).replace(/\/build\/.*$/, '');
const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const python = ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', 'import pty']).status === 0);
const home = mkdtempSync(join(tmpdir(), 'nettrace-live-'));
after(() => rmSync(home, { recursive: true }));

function reasonToSkip(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root to capture';
  if (spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status !== 0) return 'no network namespaces here';
  return python === undefined ? 'python3 with the pty module is not installed' : false;
}
const options = { skip: reasonToSkip(), timeout: 60_000 };

/** Loopback of a network namespace of its own: how wide the tabs are depends on how much there is to be seen. */
const ALONE = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

/** In a folder of its own: keys may write files. */
function run(...steps: readonly Step[]) {
  const harness = join(root, 'test/tui-pty-harness.py');
  const child = spawnSync(python ?? '', [harness, JSON.stringify(steps), ...ALONE, process.execPath, main, 'lo'], {
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'xterm-256color', LANG: 'C.UTF-8', UV_USE_IO_URING: '0' },
    cwd: home,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(child.stderr, '');
  const outcome = JSON.parse(child.stdout);
  assert.equal(outcome.failure, null, outcome.errors);
  const text = Buffer.from(outcome.output, 'base64').toString();
  assert.equal(outcome.cooked, true, 'termios is what it was');
  assert.ok(text.includes(enterSequence(true)));
  assert.equal(text.slice(-LEAVE_SEQUENCE.length), LEAVE_SEQUENCE, 'the last bytes give the screen back');
  return { code: outcome.code as number, stops: outcome.stops as readonly { readonly cooked: boolean }[], text };
}

const START: readonly Step[] = [
  ['expect', 'PROGRAM'],
  ['resize', 110, 32],
  ['expect', 'Connections'],
];

/** A key, and something that only its page shows. */
const page = (key: string, shows: string): readonly Step[] => [
  ['send', key],
  ['expect', shows],
];

test('every page is reached by its key, by Tab and by the mouse, and choices are asked for', options, () => {
  const { code } = run(
    ...START,
    ...page('2', 'OWNER'),
    ...page('4', 'SERVICE'),
    ...page('5', 'BYTES OF'),
    ...page('8', 'capturing'),
    ...page('\t', 'PROGRAM'),
    ...page('\x1b[Z', 'capturing'),
    ...page('1', 'PROGRAM'),
    ...page('?', 'Keys in Processes'),
    ...page('\x1b', 'PROGRAM'),
    ...page('d', 'Look at one interface'),
    ...page('\x1b', 'PROGRAM'),
    ...page('/', 'Filter: '),
    ...page('pid:x', 'is no number'),
    ...page('\x1b', 'quit'),
    // The rule is below the header, whose height depends on the machine: one of these clicks hits the second tab.
    ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((row): Step => ['send', `\x1b[<0;17;${row}M`]),
    ['expect', 'OWNER'],
    ['send', 'q'],
    ['exit'],
  );
  assert.equal(code, 0);
});

test('every other key leaves the program alive, and keys that write leave private files', options, () => {
  const keys = Array.from('rsg gtfpmulbx<>ozMMZdyTTTTkjG1i1c1L1h').flatMap((key): readonly Step[] => [['send', key]]);
  const { code } = run(
    ...START,
    ...keys,
    // Escape: what follows two of them shows that they are no Alt, without a pause.
    ['send', '\x1b\x1b\x1b[A'],
    ...page('1', 'PROGRAM'),
    ...page('e', 'written to nettrace-processes'),
    ...page('W', 'settings saved to'),
    ['send', 'q'],
    ['exit'],
  );
  assert.equal(code, 0);
  assert.ok(readdirSync(home).some((name) => /^nettrace-processes-\w+\.csv$/.test(name)));
  assert.deepEqual(readdirSync(join(home, '.config/nettrace')), ['config.toml']);
});

test(
  'Ctrl-Z gives the shell its terminal, fg brings the view back; a crash in native code restores it',
  options,
  () => {
    const suspended = run(
      ...START,
      ['send', '\x1a'],
      ['stopped'],
      ['continue'],
      ['expect', enterSequence(true)],
      ...page('2', 'OWNER'),
      ['signal', 'SIGTERM'],
      ['exit'],
    );
    assert.deepEqual([suspended.code, suspended.stops.map(({ cooked }) => cooked)], [143, [true]]);
    const crashed = run(...START, ['signal', 'SIGSEGV'], ['exit']);
    assert.notEqual(crashed.code, 0);
  },
);
