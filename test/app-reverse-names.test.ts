// Tests: reverse DNS: what is asked, how much at once, and what an answer is worth.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createReverseNames, reverseName } from '../src/app/reverse-names.ts';

interface Asked {
  readonly name: string;
  readonly answer: (names: readonly string[]) => void;
  readonly fail: () => void;
}

function createResolver() {
  const asked: Asked[] = [];
  let nowMs = 0;
  let cancelled = 0;
  const names = createReverseNames({
    resolvePtr: (name) =>
      new Promise((resolve, reject) => {
        asked.push({ name, answer: resolve, fail: () => reject(new Error('ENOTFOUND')) });
      }),
    cancel: () => {
      cancelled++;
    },
    now: () => nowMs,
  });
  return {
    names,
    asked,
    cancelled: () => cancelled,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('an address is named once its answer has come, and is asked for only once until then', async () => {
  const { names, asked } = createResolver();
  equal(names.hostName('10.0.0.9'), undefined);
  equal(names.hostName('10.0.0.9'), undefined);
  deepEqual(
    asked.map(({ name }) => name),
    ['9.0.0.10.in-addr.arpa'],
  );
  asked[0]?.answer(['db.example.org', 'other.example.org']);
  await turn();
  equal(names.hostName('10.0.0.9'), 'db.example.org');
  equal(asked.length, 1);
});

test('at most 16 questions are open at a time, the others wait for their turn', async () => {
  const { names, asked } = createResolver();
  for (let i = 0; i < 40; i++) names.hostName(`10.0.0.${i}`);
  equal(asked.length, 16);
  asked[0]?.answer(['a.example']);
  asked[1]?.fail();
  await turn();
  equal(asked.length, 18);
});

test('a flood of addresses waits in a bounded queue', async () => {
  const { names, asked } = createResolver();
  for (let i = 0; i < 10_000; i++) names.hostName(`10.1.${i >> 8}.${i & 255}`);
  for (let i = 0; i < asked.length; i++) {
    asked[i]?.fail();
    await turn();
  }
  equal(asked.length, 16 + 256);
});

test('what has no name is asked for again after five minutes, what has one after an hour', async () => {
  const { names, asked, pass } = createResolver();
  names.hostName('10.0.0.1');
  names.hostName('10.0.0.2');
  asked[0]?.fail();
  asked[1]?.answer(['b.example']);
  await turn();
  pass(299_000);
  names.hostName('10.0.0.1');
  equal(asked.length, 2);
  pass(2000);
  names.hostName('10.0.0.1');
  equal(asked.length, 3);
  pass(3_600_000);
  equal(names.hostName('10.0.0.2'), 'b.example', 'the old name stands while it is asked for');
  equal(asked.length, 4);
});

test('an answer cannot reach the terminal with escape codes', async () => {
  const { names, asked } = createResolver();
  names.hostName('10.0.0.1');
  asked[0]?.answer(['evil\x1b[2J.example']);
  await turn();
  equal(names.hostName('10.0.0.1'), 'evil\\x1b[2J.example');
});

test('after the end nothing is asked and what is open is given up', async () => {
  const { names, asked, cancelled } = createResolver();
  for (let i = 0; i < 20; i++) names.hostName(`10.0.0.${i}`);
  names.stop();
  asked[0]?.fail();
  await turn();
  names.hostName('10.9.9.9');
  equal(asked.length, 16);
  equal(cancelled(), 1);
});

test('IPv6 addresses are asked for by their nibbles', () => {
  equal(reverseName('2001:db8::1'), '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa');
  equal(reverseName('::'), `${'0.'.repeat(32)}ip6.arpa`);
});
