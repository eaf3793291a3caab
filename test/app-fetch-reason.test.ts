// Tests: why a request over HTTP failed, in words: of real failures, as fetch throws them.
import { equal, match } from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fetchReason } from '../src/app/fetch-reason.ts';
import { createPusher } from '../src/app/push/push.ts';

const reasonFor = (url: string): Promise<string> => fetch(url).then(() => 'none', fetchReason);

test('a port at which nobody listens, a name that is none and a server without TLS are each said in words', async () => {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('HTTP/1.1 200 OK\r\n\r\n'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  equal(await reasonFor(`https://127.0.0.1:${port}/`), 'it does not speak TLS: is it http?');
  await new Promise((resolve) => server.close(resolve));
  equal(await reasonFor(`http://127.0.0.1:${port}/`), 'nobody listens there');
  match(
    await reasonFor('http://nosuchhost.invalid/'),
    /^(there is no host of that name|its name cannot be looked up now)$/,
  );
  equal(await reasonFor('http://127.0.0.1:6000/'), 'bad port');
});

test('what ends a connection before an answer, and codes that nobody knows, are no riddle either', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  match(
    await reasonFor(`http://127.0.0.1:${port}/`),
    /^it (ended the connection without an answer|broke off the connection)$/,
  );
  server.close();
  equal(fetchReason(new Error('no route')), 'no route');
  equal(fetchReason(Object.assign(new Error(), { code: 'EWHAT' })), 'EWHAT');
  equal(fetchReason(new Error('fetch failed', { cause: new Error('a\u001bb') })).includes('\u001b'), false);
});

test('a push says why it failed, and not that fetch did', async () => {
  const said: string[] = [];
  const ended = new Promise<void>((resolve) => {
    const pusher = createPusher({
      target: 'otlp',
      send: () =>
        Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })),
      bufferBytes: 1000,
      clock: { now: () => 0, sleep: async () => void pusher.stop() },
      wallClock: () => 0,
      random: () => 0,
      say(_, text) {
        said.push(text);
        resolve();
      },
    });
    pusher.add(Buffer.from('x'), 1);
  });
  await ended;
  equal(said[0], 'metrics cannot be pushed to otlp: nobody listens there');
});
