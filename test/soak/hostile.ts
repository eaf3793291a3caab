// Owns: clients that misbehave, each as a function over real sockets, and what a polite one gets meanwhile.
// Knows nothing of: how a service is started and what it may cost it.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Target {
  readonly port: number;
  readonly token: string;
}

/** The first line of what comes back, all of it in `text`; '' where the connection was closed without a word. */
export interface Said {
  readonly first: string;
  readonly text: string;
}

const LOCAL = '127.0.0.1';

/** Sends bytes and listens until the other side closes. */
export function raw({ port }: Target, bytes: string | Buffer, more: { readonly half?: boolean } = {}): Promise<Said> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: LOCAL, allowHalfOpen: true }, () =>
      more.half === true ? socket.end(bytes) : socket.write(bytes),
    );
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve({ first: text.split('\r\n', 1)[0] ?? '', text }));
  });
}

export function head(
  { port, token }: Target,
  path: string,
  lines: readonly string[] = [],
  host = `${LOCAL}:${port}`,
): string {
  return [`GET ${path} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${token}`, ...lines, '', ''].join('\r\n');
}

/** Whether somebody who behaves gets the snapshot, within `withinMs`, however often it has to ask. */
export async function polite(target: Target, withinMs: number): Promise<number | undefined> {
  const began = performance.now();
  while (performance.now() - began < withinMs) {
    const { first } = await raw(target, head(target, '/api/v1/snapshot', ['Connection: close']));
    if (first.includes(' 200 ')) return performance.now() - began;
    await sleep(200);
  }
  return undefined;
}

interface Held {
  release(): void;
}

/** Connections that read a byte a second, or never; `bytes` is what each asks. */
export function slowReaders({ port }: Target, count: number, bytes: string, everyMs: number | undefined): Held {
  const sockets = Array.from({ length: count }, () => {
    const onread = { buffer: Buffer.alloc(1), callback: () => false };
    const socket = connect({ port, host: LOCAL, onread }, () => socket.write(bytes));
    socket.on('error', () => {});
    if (everyMs === undefined) socket.pause();
    return socket;
  });
  const timer = setInterval(
    () => {
      for (const socket of sockets) if (!socket.destroyed) socket.resume();
    },
    everyMs ?? 2 ** 30,
  );
  return {
    release() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Slow loris: requests that never get ready, a header's byte now and then. `closed`: how many were cut off; they come again. */
export function loris({ port }: Target, count: number): Held & { readonly closed: () => number } {
  let [closed, over] = [0, false];
  const sockets = new Set<Socket>();
  const open = () => {
    if (over) return;
    const socket = connect({ port, host: LOCAL }, () =>
      socket.write(`GET / HTTP/1.1\r\nHost: ${LOCAL}:${port}\r\nX: `),
    );
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      closed++;
      sockets.delete(socket);
      setTimeout(open, 100);
    });
  };
  for (let i = 0; i < count; i++) open();
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 1000);
  return {
    closed: () => closed,
    release() {
      over = true;
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** As many clients at once, each with one request; how each was answered. */
export async function crowd(target: Target, count: number): Promise<ReadonlyMap<string, number>> {
  const all = await Promise.all(
    Array.from({ length: count }, () => raw(target, head(target, '/healthz', ['Connection: close']))),
  );
  const answers = new Map<string, number>();
  for (const { first } of all) {
    const status = first.split(' ')[1] ?? 'closed';
    answers.set(status, (answers.get(status) ?? 0) + 1);
  }
  return answers;
}

/** What is sent, and what may come back: a status, or a closed connection (''). */
export interface Malformed {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly half?: boolean;
  readonly answer: RegExp;
}

export function malformed(target: Target): readonly Malformed[] {
  const host = `Host: ${LOCAL}:${target.port}\r\n`;
  const refused = /^(?:HTTP\/1\.1 4\d\d |$)/;
  const get = (path: string, lines = '', version = 'HTTP/1.1') => `GET ${path} ${version}\r\n${host}${lines}\r\n`;
  return [
    { name: 'a header of 9 kB', bytes: get('/', `X: ${'a'.repeat(9000)}\r\n`), answer: / 431 / },
    { name: '2,000 headers', bytes: get('/', 'X-Name: value\r\n'.repeat(2000)), answer: / 431 / },
    { name: 'a URL of 64 kB', bytes: get(`/${'a'.repeat(65_536)}`), answer: / (?:431|414) / },
    { name: 'a long query', bytes: get(`/healthz?${'a=1&'.repeat(1900)}`, 'Connection: close\r\n'), answer: / 200 / },
    { name: 'the way up', bytes: get('/../../../../etc/passwd'), answer: / 404 / },
    { name: 'the way up, written otherwise', bytes: get('/%2e%2e/%2e%2e/etc/passwd'), answer: / 404 / },
    { name: 'the way up by backslash', bytes: get('/..\\..\\etc\\passwd'), answer: / 404 / },
    { name: 'the way up below a folder', bytes: get('/vendor/uplot/../../../package.json'), answer: / 404 / },
    { name: 'a NUL in the path', bytes: get('/index.html\0.js'), answer: refused },
    { name: 'an absolute URL of another host', bytes: get('http://evil.example/healthz'), answer: / 421 / },
    { name: 'a property of objects as path', bytes: get('/__proto__'), answer: / 404 / },
    { name: 'another Host', bytes: 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', answer: / 421 / },
    { name: 'no Host', bytes: 'GET / HTTP/1.1\r\n\r\n', answer: / 421 / },
    { name: 'two Hosts', bytes: get('/', 'Host: evil.example\r\n'), answer: refused },
    { name: 'a Host with a user', bytes: `GET / HTTP/1.1\r\nHost: a@${LOCAL}:${target.port}\r\n\r\n`, answer: / 421 / },
    { name: 'another Origin', bytes: get('/', 'Origin: http://evil.example\r\n'), answer: / 403 / },
    { name: 'the Origin null', bytes: get('/', 'Origin: null\r\n'), answer: / 403 / },
    { name: 'another site', bytes: get('/healthz', 'Sec-Fetch-Site: cross-site\r\n'), answer: / 403 / },
    { name: 'HTTP/1.0', bytes: get('/healthz', '', 'HTTP/1.0'), answer: / 200 / },
    { name: 'HTTP/0.9', bytes: 'GET /\r\n', half: true, answer: refused },
    { name: 'HTTP/2 with prior knowledge', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', answer: refused },
    { name: 'HTTP/9.9', bytes: get('/', '', 'HTTP/9.9'), answer: refused },
    { name: 'a body', bytes: get('/healthz', 'Content-Length: 5\r\n'), answer: / 413 / },
    { name: 'a negative length', bytes: get('/healthz', 'Content-Length: -5\r\n'), answer: refused },
    { name: 'a chunked body', bytes: get('/healthz', 'Transfer-Encoding: chunked\r\n'), answer: / 413 / },
    { name: 'both lengths', bytes: get('/', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n'), answer: refused },
    { name: 'Expect', bytes: get('/healthz', 'Expect: 100-continue\r\n'), answer: / 4\d\d / },
    {
      name: 'Expect something else',
      bytes: get('/healthz', 'Expect: tea\r\nConnection: close\r\n'),
      answer: / 4\d\d /,
    },
    { name: 'an upgrade', bytes: get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), answer: refused },
    { name: 'CONNECT', bytes: `CONNECT a:1 HTTP/1.1\r\n${host}\r\n`, answer: refused },
    { name: 'OPTIONS *', bytes: `OPTIONS * HTTP/1.1\r\n${host}\r\n`, answer: / 405 / },
    { name: 'TRACE', bytes: `TRACE / HTTP/1.1\r\n${host}\r\n`, answer: / 405 / },
    { name: 'DELETE', bytes: `DELETE /healthz HTTP/1.1\r\n${host}\r\n`, answer: / 405 / },
    {
      name: 'a token of 4 kB',
      bytes: get('/api/v1/host', `Authorization: Bearer ${'a'.repeat(4096)}\r\n`),
      answer: / 401 /,
    },
    {
      name: 'a token with dots',
      bytes: get('/api/v1/host', 'Authorization: Bearer a.99999999999999.b\r\n'),
      answer: / 401 /,
    },
    { name: 'a line feed in a header', bytes: get('/healthz', 'X: a\n\tb\r\n'), answer: refused },
    {
      name: 'a fold',
      bytes: get('/healthz', 'X: a\r\n b\r\nConnection: close\r\n'),
      answer: /^(?:HTTP\/1\.1 (?:200|4\d\d) |$)/,
    },
    { name: 'TLS', bytes: Buffer.from('16030100ff010000fb0303', 'hex'), half: true, answer: refused },
    { name: 'nothing', bytes: '', half: true, answer: refused },
    { name: 'zeros', bytes: Buffer.alloc(4096), answer: refused },
    { name: 'half a request', bytes: 'GET / HT', half: true, answer: refused },
    { name: 'a request and no more to say', bytes: get('/healthz'), half: true, answer: / 200 / },
    { name: 'a thousand requests in one', bytes: get('/healthz').repeat(1000), answer: / (?:200|429) / },
  ];
}
