// Tests: metrics that are pushed: what is sent can be read, and a receiver that is down, slow or rude is handled so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPusher, type PushAnswer, pauseMs, retryAfterMs } from '../src/app/push/push.ts';
import { readPushSettings } from '../src/app/push/settings.ts';
import { snappyCompress } from '../src/export/snappy.ts';
import { snappyDecompress } from './support/push-read.ts';

test('what is compressed is read back, whatever it is, and text that repeats itself becomes small', () => {
  const inputs = [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.alloc(200_000, 'x'),
    Buffer.from(Array.from({ length: 150_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 255)),
    Buffer.from(Array.from({ length: 9000 }, (_, i) => `nettrace_program_bytes_total program p${i % 700}`).join('')),
  ];
  for (const input of inputs) assert.deepEqual(snappyDecompress(snappyCompress(input)), input);
  const [text] = inputs.slice(-1);
  assert.ok(text !== undefined && snappyCompress(text).length < text.length / 5);
});

/** A pusher whose receiver gives `answers` in turn; records the pauses, and resolves when all answers were given. */
function receiver(answers: readonly (PushAnswer | Error)[], bufferBytes = 1000) {
  const pauses: number[] = [];
  const said: string[] = [];
  const got: string[] = [];
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let next = 0;
  const pusher = createPusher({
    target: 'otlp',
    async send(body) {
      const answer = answers[next++];
      got.push(body.toString());
      if (next >= answers.length) setImmediate(finish);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
      return answer;
    },
    clock: { now: () => 0, sleep: async (ms) => void pauses.push(ms) },
    wallClock: () => 0,
    random: () => 1,
    bufferBytes,
    say: (_, text) => said.push(text),
  });
  return { pusher, pauses, said, got, done };
}

const answer = (status: number, retryAfter: string | null = null): PushAnswer => ({ status, retryAfter });

test('a receiver that is down is asked again after longer and longer pauses, and said once', async () => {
  const { pusher, pauses, said, done } = receiver([new Error('no route'), answer(500), answer(503), answer(204)]);
  pusher.add(Buffer.from('one'), 3);
  await done;
  assert.deepEqual(pauses, [1000, 2000, 4000]);
  assert.deepEqual(pusher.reading(), { target: 'otlp', sent: 3, failures: 3, dropped: 0 });
  assert.deepEqual(said, ['metrics cannot be pushed to otlp: no route', 'metrics are pushed to otlp again']);
});

test('Retry-After is honoured where it is longer than the own pause', async () => {
  const { pusher, pauses, done } = receiver([answer(429, '30'), answer(204)]);
  pusher.add(Buffer.from('one'), 3);
  await done;
  assert.deepEqual(pauses, [30_000]);
  assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:00:20 GMT', 5000), 15_000);
  for (const odd of [null, '', '-5', 'soon', '1e9']) assert.ok(retryAfterMs(odd, 0) >= 0);
  assert.equal(retryAfterMs('999999999', 0), 600_000);
});

test('what is refused as wrong is not sent again, and counted', async () => {
  const { pusher, pauses, got, done } = receiver([answer(400), answer(204)]);
  pusher.add(Buffer.from('bad'), 2);
  pusher.add(Buffer.from('good'), 5);
  await done;
  assert.deepEqual([got, pauses], [['bad', 'good'], []]);
  assert.deepEqual(pusher.reading(), { target: 'otlp', sent: 5, failures: 1, dropped: 2 });
});

test('the buffer is bounded: the oldest values make room and are counted', () => {
  const { pusher } = receiver([], 10);
  for (let i = 0; i < 4; i++) pusher.add(Buffer.from('12345'), 1);
  assert.equal(pusher.reading().dropped, 2);
  pusher.stop();
  pusher.add(Buffer.from('12345'), 1);
  assert.deepEqual([pusher.reading().dropped, pusher.reading().sent], [4, 0]);
});

test('a receiver that was away gets what the buffer still has, oldest first, and the rest is counted as lost', async () => {
  const away = new Error('refused');
  const { pusher, got, done } = receiver([away, away, answer(204), answer(204)], 10);
  for (const body of ['first', 'later', 'newer']) pusher.add(Buffer.from(body), 3);
  await done;
  assert.deepEqual(got, ['first', 'later', 'later', 'newer']);
  assert.deepEqual(pusher.reading(), { target: 'otlp', sent: 6, failures: 2, dropped: 3 });
});

test('pauses stay between half of a step and a step, and below a minute', () => {
  assert.deepEqual([pauseMs(1, 0), pauseMs(1, 1), pauseMs(3, 0), pauseMs(400, 1)], [500, 1000, 2000, 60_000]);
});

test('[push] of the configuration: credentials leave the address, mistakes are one sentence', () => {
  const none = () => '';
  const settings = readPushSettings({ 'remote-write': 'http://me:se%20cret@h:1/w' }, none);
  assert.deepEqual(settings?.targets, [
    {
      kind: 'remote-write',
      url: 'http://h:1/w',
      authorization: `Basic ${Buffer.from('me:se cret').toString('base64')}`,
    },
  ]);
  assert.equal(readPushSettings(undefined, none), undefined);
  assert.throws(() => readPushSettings({ interval: 5 }, none), /\[push\] needs remote-write/);
  assert.throws(() => readPushSettings({ otlp: 'ftp://h' }, none), /\[push\] otlp: must be an http/);
  assert.throws(() => readPushSettings({ otpl: 'x' }, none), /\[push\] otpl: is no setting/);
});
