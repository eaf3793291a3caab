// Tests: nettrace serve under faults, really run: TLS, a service manager, hung and dying processes, sockets, users, crowds.
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { has } from './e2e/places.ts';
import { crowd, head, malformed, raw, type Target } from './soak/hostile.ts';
import { type Listener, MAIN, type Serving, serve, startManager } from './support/serve-run.ts';

const skip = process.getuid?.() === 0 ? false : 'the service drops rights that only root has';
const portOf = (text: string) => Number(/127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
const nextTick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ended = (...words: string[]) => spawnSync(process.execPath, [MAIN, 'serve', ...words], { encoding: 'utf8' });

describe('a service with TLS', { skip: skip || (has('openssl') ? false : 'needs the program openssl') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-tls-'));
  const [cert, key, other] = ['cert.pem', 'key.pem', 'other.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  let service: Serving;
  let port = 0;
  before(async () => {
    for (const out of [other, key]) {
      const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      spawnSync('openssl', [...made, '-subj', '/CN=localhost', '-keyout', out, '-out', cert]);
    }
    service = serve(['--listen', '127.0.0.1:0', '--no-history', '--tls-cert', cert, '--tls-key', key, 'lo']);
    port = portOf(await service.heard(/serving https:/));
  });
  after(() => {
    service.kill();
    rmSync(folder, { recursive: true });
  });

  const hello = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string>((resolve) => {
      // SECLEVEL=0: this client would speak even the oldest version; who refuses is the service.
      const options = { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });

  test('it answers over TLS 1.2 and 1.3, and refuses what is older', async () => {
    const headers = { Authorization: `Bearer ${service.token()}` };
    const status = await new Promise((resolve, reject) => {
      const options = { port, host: '127.0.0.1', path: '/api/v1/host', rejectUnauthorized: false, headers };
      httpsRequest(options, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    });
    equal(status, 200);
    deepEqual([await hello('TLSv1.3'), await hello('TLSv1.2')], ['TLSv1.3', 'TLSv1.2']);
    match(await hello('TLSv1.1'), /PROTOCOL_VERSION/);
  });

  test('a request without TLS gets no answer', async () => {
    const target = { port, token: service.token() };
    doesNotMatch((await raw(target, head(target, '/healthz'))).text, / 200 /);
  });

  test('a file that is no certificate, no key, or the key of another certificate is named in one sentence', () => {
    const said = (...words: string[]) => ended('--check', ...words).stderr;
    match(said('--tls-cert', MAIN, '--tls-key', key), /^nettrace: --tls-cert \S+ holds no certificate in PEM form\n$/);
    match(
      said('--tls-cert', cert, '--tls-key', MAIN),
      /^nettrace: --tls-key \S+ holds no private key in PEM form.*\n$/,
    );
    match(
      said('--tls-cert', cert, '--tls-key', other),
      /^nettrace: --tls-key \S+ is not the key of the certificate.*\n$/,
    );
    match(said('--tls-cert', cert), /^nettrace: --tls-cert and --tls-key need each other\n$/);
  });
});

describe('a service under a service manager', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-notify-'));
  let manager: Listener;
  let service: Serving;
  before(async () => {
    manager = await startManager(join(folder, 'notify'));
    const env = { NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '3000000' };
    service = serve(['--listen', 'unix:FOLDER/http.sock', '--no-history', '-d', '0.2', 'lo'], env);
    await service.heard(/serving/);
  });
  after(() => {
    service.kill();
    manager.child.kill();
    rmSync(folder, { recursive: true });
  });

  test('it says when it is ready and for whom, without a token, and that it is alive', async () => {
    const told = await manager.heard(/READY=1.*\n/);
    match(told, /^READY=1 \| STATUS=serving on unix:\S+\/http\.sock\n/m);
    doesNotMatch(told, /token/);
    await manager.heard(/^WATCHDOG=1$/m);
  });

  test('a process that hangs is ended and replaced before the manager would end all', async () => {
    const [from, toldFrom] = [service.said().length, manager.said().length];
    const hung = service.childOf('front');
    process.kill(hung, 'SIGSTOP');
    await service.heard(/the front was ended by SIGKILL; it is started again/, from);
    const told = await manager.heard(/READY=1.*\n/, toldFrom);
    match(told, /STATUS=the front was ended by SIGKILL/);
    ok(service.childOf('front') !== hung);
    equal((await service.get('/api/v1/snapshot')).status, 200);
  });

  test("a new collector's counters of metrics begin at 0 with a later start: no reader takes them for a fall", async () => {
    /** Of one answer: the next question may be one too many for the limit of requests. */
    const metrics = async () => {
      const { text } = await service.get('/metrics');
      const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
      const sent = read('nettrace_traffic_bytes_total\\{direction="sent"\\}');
      return { sent, start: read('nettrace_start_time_seconds') };
    };
    const saved = () => existsSync(join(service.folder, 'collector.json'));
    let before = await metrics();
    // Much more than anybody else may send on loopback meanwhile.
    for (; !saved() || !(before.sent > 20_000_000); before = await metrics()) await move();
    const toldFrom = manager.said().length;
    process.kill(service.childOf('collector'), 'SIGKILL');
    await manager.heard(/READY=1/, toldFrom);
    let now = await metrics();
    for (; Number.isNaN(now.sent); now = await metrics()) await nextTick(50);
    ok(now.sent < before.sent / 2, `${now.sent} after, ${before.sent} before`);
    ok(now.start > before.start);
  });

  test('a process that ends six times within a minute ends the service, with code 2 and one sentence', async () => {
    const from = service.said().length;
    const toldFrom = manager.said().length;
    const collector = service.childOf('collector');
    // How many that takes depends on how long ago it hung.
    for (let last = 0; service.child.exitCode === null; await nextTick(20)) {
      const front = service.childOf('front');
      if (front === 0 || front === last) continue;
      last = front;
      process.kill(front, 'SIGKILL');
    }
    equal(await service.ended, 2);
    match(
      service.said().slice(from),
      /\nnettrace: the front ended 6 times within a minute \(was ended by SIGKILL\)\n$/,
    );
    await manager.heard(/STOPPING=1/, toldFrom);
    equal(existsSync(`/proc/${collector}`), false);
  });
});

/** A megabyte over loopback. */
function move(): Promise<void> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.end(Buffer.alloc(1_000_000)));
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const socket = connect(port, '127.0.0.1');
      socket.resume();
      socket.on('close', () => server.close(() => resolve()));
    });
  });
}

describe('a service on a unix socket', { skip }, () => {
  test('it replaces what a dead one left, has the user that is asked for, refuses a second one, and leaves nothing', async () => {
    const first = serve(['--listen', 'unix:FOLDER/http.sock', '--no-history', '--user', 'daemon', 'lo']);
    const path = join(first.folder, 'http.sock');
    try {
      await first.heard(/serving/);
      equal(statSync(path).mode & 0o777, 0o660);
      match(readFileSync(`/proc/${first.childOf('front')}/status`, 'latin1'), /^Uid:\t1\t1\t1\t1$/m);
      const same = ended('--state-dir', first.folder, '--listen', '127.0.0.1:0', 'lo');
      equal(same.status, 1);
      match(
        same.stderr,
        /^nettrace: another nettrace serve uses the folder \S+: stop it, or give this one its own.*\n$/,
      );
      const place = mkdtempSync(join(tmpdir(), 'nettrace-faults-'));
      const taken = ended('--state-dir', place, '--listen', `unix:${path}`, 'lo');
      match(taken.stderr, /^nettrace: cannot listen on \S+\/http\.sock: address already in use; choose another.*\n$/);
      const file = join(place, 'file');
      writeFileSync(file, 'kept');
      match(ended('--state-dir', place, '--listen', `unix:${file}`, 'lo').stderr, /^nettrace: cannot listen on/);
      equal(readFileSync(file, 'latin1'), 'kept');
      rmSync(place, { recursive: true });
      const children = [first.childOf('front'), first.childOf('collector')];
      first.child.kill('SIGKILL');
      await first.ended;
      while (children.some((pid) => existsSync(`/proc/${pid}`))) await nextTick(20);
      equal(statSync(path).isSocket(), true);
      const next = serve(['--listen', `unix:${path}`, '--no-history', 'lo']);
      await next.heard(/serving/);
      next.child.kill('SIGTERM');
      equal(await next.ended, 0);
      equal(existsSync(path), false);
      next.kill();
    } finally {
      first.kill();
    }
  });

  test('a user that is root or not there, and a user without root, are refused', () => {
    match(ended('--check', '--user', 'root').stderr, /^nettrace: --user must not be root/);
    match(ended('--check', '--user', 'no-such-user').stderr, /^nettrace: there is no user "no-such-user"/);
  });
});

describe('a service among hostile clients', { skip }, () => {
  let service: Serving;
  let target: Target;
  before(async () => {
    service = serve(['--listen', '127.0.0.1:0', '--no-history', 'lo']);
    target = { port: portOf(await service.heard(/serving/)), token: service.token() };
  });
  after(() => service.kill());

  test('malformed requests are refused one by one, and the front lives on with as many descriptors', async () => {
    const front = service.childOf('front');
    const descriptors = () => readdirSync(`/proc/${front}/fd`).length;
    const before = descriptors();
    for (const { name, bytes, half, answer } of malformed(target)) {
      let first = ' 429 ';
      // Twenty a second are let through.
      while (first.includes(' 429 ')) first = (await raw(target, bytes, half === undefined ? {} : { half })).first;
      match(first, answer, name);
    }
    equal(service.childOf('front'), front);
    while (descriptors() > before) await nextTick(50);
    equal(service.said().trim().split('\n').length, 1, service.said());
  });

  test('whoever takes all connections and says nothing keeps out nobody who has a token', async () => {
    const idle: Socket[] = [];
    for (let i = 0; i < 100; i++) {
      idle.push(connect({ port: target.port, host: '127.0.0.1' }).on('error', () => {}));
    }
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    match((await raw(target, head(target, '/api/v1/host', ['Connection: close']))).first, / 200 /);
    for (const socket of idle) socket.destroy();
  });

  test('a thousand clients without a token use up what is for them, not what is for others', async () => {
    const answers = await crowd({ ...target, token: 'x' }, 1000);
    ok((answers.get('429') ?? 0) + (answers.get('closed') ?? 0) > 500, JSON.stringify([...answers]));
    match((await raw(target, head(target, '/api/v1/host', ['Connection: close']))).first, / 200 /);
  });
});
