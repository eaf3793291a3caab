// Tests: who may ask the service: names, origins, tokens, how often; and what the front may ask the collector.
import { deepEqual, equal, match } from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { z } from 'zod';
import { createAnswers, verb } from '../src/app/serve/answers.ts';
import { gapBetween } from '../src/app/serve/collector.ts';
import { createEventLog } from '../src/app/serve/event-log.ts';
import { rightsLeft } from '../src/app/serve/front.ts';
import { redactSecrets } from '../src/base/redact.ts';
import { refusalOf } from '../src/service/access.ts';
import { createCollectorLink, snapshotLine } from '../src/service/collector-link.ts';
import { createConnections } from '../src/service/connections.ts';
import { createRateLimit } from '../src/service/rate-limit.ts';
import { createTokens } from '../src/service/tokens.ts';

const door = {
  scheme: 'http',
  port: 7373,
  hosts: ['localhost', '127.0.0.1', '[::1]'],
  names: ['mon.example'],
} as const;
const status = (headers: Record<string, string>) => refusalOf(headers, door)?.status;

test('a foreign name, another port and a missing Host are refused, as DNS rebinding needs them', () => {
  equal(status({ host: 'localhost:7373' }), undefined);
  equal(status({ host: '[::1]:7373' }), undefined);
  for (const host of [
    'evil.example:7373',
    'localhost',
    'localhost:80',
    '127.0.0.1:7373.evil.example',
    '',
    'a@localhost:7373',
  ])
    equal(status({ host }), 421, host);
  equal(status({}), 421);
  equal(
    refusalOf({ host: 'localhost:7373' }, door, 2)?.status,
    400,
    'what stands before us may have looked at the other',
  );
});

test('a name of --host is that of a proxy: on any port, also over TLS; no other name comes in by it', () => {
  for (const host of ['mon.example', 'mon.example:443', 'Mon.Example:8080']) equal(status({ host }), undefined, host);
  equal(status({ host: 'mon.example', origin: 'https://mon.example' }), undefined);
  equal(status({ host: 'mon.example', origin: 'https://evil.example' }), 403);
  equal(status({ host: 'localhost:7373', origin: 'https://localhost:7373' }), 403);
  for (const host of ['mon.example.evil', 'x.mon.example', 'mon.example:7373:1']) equal(status({ host }), 421, host);
});

test('somebody without a token makes room, the oldest first, for whoever comes; one with a token does not', () => {
  const connections = createConnections(2);
  const gone: string[] = [];
  const come = (name: string, remotePort: number) => {
    const socket = Object.assign(new Socket(), { destroy: () => gone.push(name) });
    Object.defineProperties(socket, { remotePort: { value: remotePort }, remoteAddress: { value: '127.0.0.1' } });
    connections.admit(socket);
    return socket;
  };
  const known = come('known', 1);
  connections.trust(known);
  const left = come('left', 2);
  come('third', 3);
  deepEqual(gone, ['left']);
  left.emit('close');
  come('fourth', 4);
  deepEqual(gone, ['left', 'third'], 'the end of one that had made room frees no second place');
  connections.trust(
    Object.defineProperties(new Socket(), { remotePort: { value: 4 }, remoteAddress: { value: '127.0.0.1' } }),
  );
  come('fifth', 5);
  deepEqual(gone, ['left', 'third', 'fifth'], 'all places are taken by those who have a token');
});

test('a page of another origin is refused, also one on another port of this host', () => {
  const host = '127.0.0.1:7373';
  equal(status({ host, origin: 'http://127.0.0.1:7373' }), undefined);
  equal(status({ host, origin: 'http://127.0.0.1:8080' }), 403);
  equal(status({ host, origin: 'null' }), 403);
  equal(status({ host, 'sec-fetch-site': 'same-site' }), 403);
  equal(status({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 403);
  equal(status({ host, 'sec-fetch-site': 'none' }), undefined);
});

test('a one-time token opens one session, which outlives the front and runs out', () => {
  let now = 1000;
  let used = 0;
  const token = 'a'.repeat(43);
  const make = (oneTime?: string) =>
    createTokens({
      token,
      oneTime: oneTime === undefined ? undefined : { token: oneTime, untilMs: 5000 },
      now: () => now,
      used: () => {
        used++;
      },
    });
  const tokens = make('once');
  equal(tokens.accepts('once'), false);
  const session = tokens.session('once')?.token ?? '';
  equal(used, 1);
  equal(tokens.session('once'), undefined);
  const restarted = make();
  equal(restarted.accepts(session), true);
  equal(restarted.accepts(`${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}`), false);
  equal(restarted.accepts(token), true);
  equal(restarted.accepts(''), false);
  now += 25 * 3600 * 1000;
  equal(restarted.accepts(session), false);
  equal(make('late').session('late'), undefined, 'it has run out');
});

test('a peer that asks too often waits, others do not', () => {
  const mayAsk = createRateLimit(20, 3);
  deepEqual(
    [1, 2, 3, 4].map(() => mayAsk('a', 0)),
    [true, true, true, false],
  );
  equal(mayAsk('b', 0), true);
  equal(mayAsk('a', 50), true);
  equal(mayAsk('a', 51), false);
});

test('the collector answers verbs that it knows and values of their schema, and nothing else', async () => {
  const answer = createAnswers({ twice: verb(z.strictObject({ n: z.number() }), ({ n }) => 2 * n) });
  equal(await answer('{"ask":"twice","id":7,"n":4}'), '{"answer":7,"value":8}\n');
  for (const line of ['{"ask":"twice","id":7,"n":"4"}', '{"ask":"twice","id":7,"n":4,"x":1}'])
    match((await answer(line)) ?? '', /^{"answer":7,"status":400,/);
  for (const ask of ['constructor', '__proto__', 'exec'])
    match((await answer(JSON.stringify({ ask, id: 1 }))) ?? '', /"status":404/);
  equal(await answer('{"ask":"tw'), undefined);
});

test('what a collector that died left half written is skipped, and its questions fail at once', async () => {
  const link = createCollectorLink(
    () => true,
    () => 5,
  );
  const [line, next] = ['{"time":"1"}', '{"time":"2","rows":[{"a":{}}]}'].map(snapshotLine);
  link.receive(line ?? '');
  link.receive('":1}}');
  for (let cut = 0; cut < (next?.length ?? 0); cut++) link.receive(next?.slice(0, cut) ?? '');
  deepEqual(link.object(), { time: '1' });
  const question = link.ask('doctor', {});
  link.receive('{"hello":{"pid":3}}');
  equal(await question.catch(({ status }) => status), 503);
});

test('a front that was just started hears of all events in their order, each once, whatever its predecessor left unread', () => {
  const lines: string[] = [];
  let nowMs = 1000;
  const log = createEventLog(
    () => nowMs,
    [{ id: 90_000, time: '1970-01-01T00:00:05.625Z', text: 'of the collector before' }],
    (line) => lines.push(line.trim()),
  );
  log.tell('warn', 'one', { gap: {} });
  nowMs = 10_000;
  log.tell('info', 'two');
  const link = createCollectorLink(
    () => true,
    () => 0,
  );
  const heard: (readonly [number, boolean])[] = [];
  link.listen({ snapshot: () => {}, event: ({ id }, isOld) => heard.push([id, isOld]) });
  link.receive(lines[1] ?? '');
  link.receive(log.all());
  link.receive(log.all());
  log.tell('info', 'three');
  link.receive(lines[2] ?? '');
  deepEqual(heard, [
    [90_000, true],
    [90_001, true],
    [160_000, true],
    [160_001, false],
  ]);
  deepEqual(
    link.events().map(({ id }) => id),
    heard.map(([id]) => id),
  );
  equal(link.events()[1]?.['kind'], 'gap');
});

test('an answer to the question of a front that died is not taken for one of its successor', async () => {
  const asked: string[] = [];
  const linkOf = (firstId: number) =>
    createCollectorLink(
      (line) => asked.push(line) > 0,
      () => 5,
      firstId,
    );
  const link = linkOf(700);
  const question = link.ask('history', {});
  link.receive('{"answer":1,"value":"metrics"}');
  const { id } = JSON.parse(asked[0] ?? '') as { id: number };
  link.receive(JSON.stringify({ answer: id, value: 'history' }));
  equal(await question, 'history');
});

test('secrets are left out of command lines, and what is none stays', () => {
  equal(redactSecrets('db --password=x1 --port 5'), 'db --password=*** --port 5');
  equal(redactSecrets('db --api-key x1 -v'), 'db --api-key *** -v');
  equal(redactSecrets('curl https://me:x1@host/p'), 'curl https://me:***@host/p');
  equal(redactSecrets('curl -H "Authorization: Bearer x1"'), 'curl -H "Authorization: Bearer ***');
  equal(redactSecrets('nginx -g daemon off;'), 'nginx -g daemon off;');
});

test('a thread with any right left is found', () => {
  const good = 'Uid:\t5\t5\t5\t5\nCapInh:\t00\nCapPrm:\t00\nCapEff:\t00\nCapAmb:\t00\nNoNewPrivs:\t1\nSeccomp:\t2\n';
  equal(rightsLeft(good), undefined);
  match(rightsLeft(good.replace('5\t5\n', '5\t0\n')) ?? '', /user id 0/);
  match(rightsLeft(good.replace('CapPrm:\t00', 'CapPrm:\t10')) ?? '', /CapPrm/);
  match(rightsLeft(good.replace('Seccomp:\t2', 'Seccomp:\t0')) ?? '', /Seccomp/);
  match(rightsLeft('') ?? '', /user id 0/);
});

test('no gap in the counting ends before it begins, whatever the clock did meanwhile', () => {
  deepEqual(gapBetween(0, 5000), { from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:00:05.000Z' });
  deepEqual(gapBetween(86_400_000, 5000), { from: '1970-01-01T00:00:05.000Z', to: '1970-01-01T00:00:05.000Z' });
});

test('metrics that came with the last refresh need no question, those of a collector that fell silent do', () => {
  let now = 0;
  const link = createCollectorLink(
    () => true,
    () => now,
  );
  const refresh = (text?: string) => {
    link.receive(snapshotLine('{}'));
    if (text !== undefined) link.receive(JSON.stringify({ metrics: { format: 'prometheus', refresh: 7, text } }));
  };
  equal(link.metrics('prometheus'), undefined);
  refresh('a 1\n');
  equal(link.metrics('prometheus')?.text, 'a 1\n');
  equal(link.metrics('openmetrics'), undefined);
  // The next refresh is there, and its metrics are on their way.
  refresh();
  equal(link.metrics('prometheus')?.text, 'a 1\n');
  refresh();
  equal(link.metrics('prometheus'), undefined);
  refresh('a 2\n');
  now = 10_000;
  equal(link.metrics('prometheus'), undefined);
  now = 0;
  equal(link.metrics('prometheus')?.text, 'a 2\n');
  link.receive('{"hello":{"pid":7}}');
  equal(link.metrics('prometheus'), undefined);
});
