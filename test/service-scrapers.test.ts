// Tests: readers of metrics are told apart, also two servers of one address that differ in nothing but their connections.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { CollectorLink } from '../src/service/collector-link.ts';
import { createHttpFront } from '../src/service/http-front.ts';
import { metricsRoute } from '../src/service/metrics-route.ts';
import { createScrapers } from '../src/service/scrapers.ts';

const PROMETHEUS = { 'user-agent': 'Prometheus/2.42.0', 'x-prometheus-scrape-timeout-seconds': '1' };

function close(socket: Socket): void {
  socket.emit('close', false);
}

test('two servers of one address are two readers, and each is the same one with its next connection', () => {
  const scrapers = createScrapers();
  const nameOf = (socket: Socket) => scrapers.readerOf({ socket, headers: PROMETHEUS }).name;
  const [first, second] = [new Socket(), new Socket()];
  const names = [nameOf(first), nameOf(second)];
  assert.notEqual(names[0], names[1]);
  assert.deepEqual([nameOf(first), nameOf(second)], names);
  close(second);
  assert.equal(nameOf(new Socket()), names[1]);
  assert.equal(nameOf(first), names[0]);
});

test('another program at the same address is another reader, whose connection is no longer open', () => {
  const scrapers = createScrapers();
  const [server, person] = [new Socket(), new Socket()];
  const first = scrapers.readerOf({ socket: server, headers: PROMETHEUS });
  close(server);
  const second = scrapers.readerOf({ socket: person, headers: { 'user-agent': 'curl/8.0' } });
  assert.notEqual(first.name, second.name);
  assert.deepEqual([first.returns, second.returns], [true, false]);
});

test('a reader with a new connection each time stays one reader, and a crowd takes a bounded number of names and places', () => {
  const scrapers = createScrapers();
  const names = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const socket = new Socket();
    names.add(scrapers.readerOf({ socket, headers: PROMETHEUS }).name);
    close(socket);
  }
  assert.equal(names.size, 1);
  const crowd = Array.from({ length: 30 }, () => new Socket());
  for (const socket of crowd) scrapers.readerOf({ socket, headers: PROMETHEUS });
  const kept = crowd.filter((socket) => {
    scrapers.keep(socket);
    return socket.timeout === 130_000;
  });
  assert.deepEqual(kept, crowd.slice(-16));
  for (const socket of crowd) socket.destroy();
});

test('who comes after more than 130 s is asked for alone: what all are told is not made for it', async () => {
  let nowMs = 0;
  const scrapers = createScrapers(() => nowMs);
  const asked: unknown[] = [];
  const link = {
    metrics: () => ({ text: 'of all', refresh: 7 }),
    async ask(_: string, question: { readonly refresh?: number }) {
      asked.push(question);
      return question.refresh === undefined ? 'its own' : '';
    },
  } as unknown as CollectorLink;
  const texts: unknown[] = [];
  for (const atMs of [0, 300_000, 430_000]) {
    nowMs = atMs;
    const socket = new Socket();
    const reader = scrapers.readerOf({ socket, headers: PROMETHEUS });
    const { body } = await metricsRoute(true).reply({ query: new URLSearchParams(), accept: undefined, reader, link });
    texts.push(body);
    close(socket);
  }
  assert.deepEqual(texts, ['of all', 'its own', 'of all']);
  assert.deepEqual(asked[1], { format: 'prometheus', reader: { name: 'scraper 1', returns: true, seldom: true } });
});

test('the collector hears which refresh a reader was given; a HEAD has read nothing; the connection waits for more', async () => {
  const asked: unknown[] = [];
  const link = {
    metrics: () => ({ text: 'a 1\n', refresh: 7 }),
    async ask(_: string, question: unknown) {
      asked.push(question);
    },
    listen: () => () => {},
  } as unknown as CollectorLink;
  const tokens = { accepts: () => false, session: () => undefined };
  const front = createHttpFront({ routes: [metricsRoute(true)], link, tokens, now: () => 0 });
  const server = front.serve({ scheme: 'http', port: undefined, hosts: ['127.0.0.1'], names: [] }, undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { port } = server.address() as AddressInfo;
    const kept = new Promise<number | undefined>((resolve) =>
      server.on('request', (made, answer) =>
        answer.on('finish', () => setImmediate(() => resolve(made.socket.timeout))),
      ),
    );
    for (const method of ['GET', 'HEAD', 'GET']) {
      const made = request({ port, method, path: '/metrics', agent, headers: { ...PROMETHEUS, host: '127.0.0.1' } });
      const [answer] = (await once(made.end(), 'response')) as [IncomingMessage];
      assert.equal(answer.statusCode, 200);
      await answer.resume().toArray();
    }
    const read = { format: 'prometheus', reader: { name: 'scraper 1', returns: true, seldom: false }, refresh: 7 };
    assert.deepEqual(asked, [read, { format: 'prometheus', refresh: 7 }, read]);
    assert.equal(await kept, 130_000);
  } finally {
    agent.destroy();
    front.close();
    server.close();
  }
});
