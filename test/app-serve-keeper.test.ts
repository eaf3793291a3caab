// Tests: the keeper of a child: what the child says while it starts, how long it waits before the next start.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createChildWords, MOST_SAID } from '../src/app/serve/child-words.ts';
import { type KeeperParts, keepRunning } from '../src/app/serve/keeper.ts';

/** A child that runs `script`; `pulse(letter)` is its pulse. Resolves with what was said once `until` is called. */
function keep(script: string, more: (until: () => void, pid: () => number) => Partial<KeeperParts>) {
  const pulse = 'const pulse = (byte) => require("node:fs").writeSync(4, byte);';
  const said: string[] = [];
  return new Promise<readonly string[]>((resolve, reject) => {
    const keeper = keepRunning({
      role: 'collector',
      program: [process.execPath, '-e', `${pulse}${script}`, '--'],
      descriptors: ['ignore' as never, 'pipe'],
      orders: () => ({}),
      starting: (start) => start(),
      say: (text) => said.push(text),
      silenceMs: 60_000,
      now: () => performance.now(),
      onEnded: () => {},
      onReady: () => {},
      onUsed: () => {},
      onFailure: (sentence) => reject(new Error(sentence)),
      ...more(
        () => void keeper.stop().then(() => resolve(said)),
        () => keeper.pid ?? 0,
      ),
    });
  });
}

test('what a child says before it is ready is said, too', async () => {
  const script = 'console.error("nettrace: no history is kept"); pulse("r"); setInterval(() => {}, 1000)';
  deepEqual(await keep(script, (until) => ({ onReady: until })), ['collector: no history is kept']);
});

test('what a child says that cannot start is said once: its last line as the reason, what came before as it is', async () => {
  const script = 'console.error("nobody can attach"); console.error("nettrace: no such device"); process.exitCode = 1';
  let failure = '';
  const onFailure = (until: () => void) => (sentence: string) => {
    failure = sentence;
    until();
  };
  deepEqual(await keep(script, (until) => ({ onFailure: onFailure(until) })), ['collector: nobody can attach']);
  equal(failure, 'no such device');
});

test('a child that says too much while it starts or later is heard in part, and its last word before an end is kept', () => {
  const said: string[] = [];
  let nowMs = 0;
  const words = createChildWords(
    (line) => said.push(line),
    () => nowMs,
  );
  for (let line = 1; line <= 100; line++) words.take(Buffer.from(`${line}\n`));
  deepEqual(said, []);
  words.started();
  deepEqual([said.length, said[0], said.at(-1)], [MOST_SAID, '1', '100']);
  words.take(Buffer.from('more\n'));
  equal(said.length, MOST_SAID);
  nowMs += 60_001;
  const bytes = Buffer.from('later, in two \u00e4 pieces');
  words.take(bytes.subarray(0, 15));
  words.take(bytes.subarray(15));
  equal(words.ended(), 'later, in two \u00e4 pieces');
  deepEqual(said.slice(MOST_SAID), ['later, in two \u00e4 pieces']);
});

test('a child that ran for an hour is started again after 0.1 s, the second time within a minute after 0.2 s', async () => {
  let hours = 0;
  const restarts: string[] = [];
  await keep('pulse("r"); setInterval(() => {}, 1000)', (until, pid) => ({
    now: () => performance.now() + hours * 3_600_000,
    // After the pulse was taken down: the keeper counts from there.
    onReady: () =>
      setImmediate(() => {
        if (restarts.length === 2) return until();
        if (restarts.length === 0) hours = 1;
        process.kill(pid(), 'SIGKILL');
      }),
    onEnded: (text) => restarts.push(text.replace(/.* again in /, '')),
  }));
  deepEqual(restarts, ['0.1 s', '0.2 s']);
});
