// Owns: tests of reverse look-ups: how many at a time, how long, and what an answer may hold.
// Knows nothing of: DNS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveHosts } from '../src/app/host-names.ts';

const never = new Promise<void>(() => {});

test('names are known by address, each asked for once, and made safe', async () => {
  const asked: string[] = [];
  const reverse = async (address: string) => {
    asked.push(address);
    if (address === '10.0.0.3') throw new Error('ENOTFOUND');
    return address === '10.0.0.2' ? 'evil\x1b[31m.example' : 'one.example';
  };
  const found = await resolveHosts(['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.3'], reverse, never);
  assert.deepEqual(
    [...found.names],
    [
      ['10.0.0.1', 'one.example'],
      ['10.0.0.2', 'evil\\x1b[31m.example'],
    ],
  );
  assert.deepEqual(asked, ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  assert.equal(found.unanswered, 0);
});

test('when the time is up the rest stays without names, and late answers change nothing', async () => {
  let expire = () => {};
  const expired = new Promise<void>((resolve) => {
    expire = resolve;
  });
  let answerLate = (_name: string) => {};
  const late = new Promise<string>((resolve) => {
    answerLate = resolve;
  });
  const reverse = (address: string) => (address === 'a' ? Promise.resolve('a.example') : late);
  const resolving = resolveHosts(['a', 'b', 'c'], reverse, expired);
  // The answer for a is handed on before anything that is queued behind it.
  await new Promise((resolve) => setImmediate(resolve));
  expire();
  const found = await resolving;
  answerLate('late.example');
  await late;
  assert.deepEqual([...found.names], [['a', 'a.example']]);
  assert.equal(found.unanswered, 2);
});

test('never more than 64 questions are open', async () => {
  let open = 0;
  let most = 0;
  const reverse = async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    return undefined;
  };
  await resolveHosts(
    Array.from({ length: 500 }, (_, i) => `10.0.0.${i}`),
    reverse,
    never,
  );
  assert.equal(most, 64);
});
