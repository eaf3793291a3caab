// Tests: nettrace serve, really run: rights of the front, what it answers, hostile requests, a collector that dies, the end.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertValid } from './support/json-valid.ts';
import { createOpenApiChecker, type OpenApiChecker } from './support/openapi-valid.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

const MAIN = fileURLToPath(new URL('build/t/src/cli/main.js', PACKAGE_ROOT));
interface Sent {
  readonly sentTotal: number;
  readonly interfaces: readonly { readonly name: string; readonly sentTotal: number }[];
}

interface Line {
  readonly service: { readonly gaps: readonly unknown[] };
  readonly total: { readonly sentTotal: number };
  readonly processes: readonly Sent[];
  readonly exitedEarlier: Sent;
  readonly interfaces: readonly {
    readonly name: string;
    readonly ledger: { readonly wire: { readonly sentBytes: number } };
  }[];
}

interface Saved {
  readonly carry: { readonly total: { readonly sentBytes: number } };
}

const root = process.getuid?.() === 0;

describe('a service', { skip: root ? false : 'the service drops rights that only root has' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-serve-'));
  let service: ChildProcess;
  let said = '';
  let base = '';
  let token = '';
  let api: OpenApiChecker;
  const get = (path: string, bearer = token) => fetch(base + path, { headers: { Authorization: `Bearer ${bearer}` } });
  const heard = async (what: RegExp) => {
    while (!what.test(said)) await new Promise((resolve) => service.stderr?.once('data', resolve));
  };

  before(async () => {
    const places = ['--state-dir', folder];
    service = spawn(process.execPath, [MAIN, 'serve', '--listen', '127.0.0.1:0', ...places, '-d', '0.2', 'lo']);
    service.stderr?.on('data', (text) => {
      said += text;
    });
    await heard(/serving/);
    base = /http:\/\/[\d.:]+/.exec(said)?.[0] ?? '';
    token = readFileSync(join(folder, 'token'), 'latin1').trim();
    api = createOpenApiChecker(await (await get('/api/v1/openapi.json')).json());
  });
  after(() => {
    service.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const childOf = (role: string) =>
    Number(
      spawnSync('pgrep', ['-P', String(service.pid), '-f', `role ${role}`])
        .stdout.toString()
        .trim(),
    );

  test('every thread of the front is nobody, without capabilities, under seccomp', () => {
    const pid = childOf('front');
    const threads = readdirSync(`/proc/${pid}/task`);
    ok(threads.length > 5);
    for (const thread of threads) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
      const line = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1];
      equal(line('Uid'), '65534\t65534\t65534\t65534');
      equal(line('Groups')?.trim(), '');
      deepEqual([line('CapEff'), line('CapPrm')], ['0000000000000000', '0000000000000000']);
      deepEqual([line('NoNewPrivs'), line('Seccomp')], ['1', '2']);
    }
  });

  test('neither child hands rights on to a program that it would start', () => {
    for (const role of ['front', 'collector']) {
      const tasks = `/proc/${childOf(role)}/task`;
      for (const thread of readdirSync(tasks)) {
        const status = readFileSync(`${tasks}/${thread}/status`, 'latin1');
        equal(status.match(/^Cap(Inh|Amb):\t0{16}$/gm)?.length, 2, `${role}: ${status}`);
      }
    }
  });

  test('a snapshot is the object of --json, and only the token or its session opens it', async () => {
    equal(statSync(join(folder, 'token')).mode & 0o777, 0o600);
    const { service: more, ...line } = (await (await get('/api/v1/snapshot')).json()) as Record<string, unknown>;
    assertValid(line);
    deepEqual(more, { gaps: [] });
    equal((await get('/api/v1/snapshot', 'x')).status, 401);
    const once = /#token=(\S+)/.exec(said)?.[1] ?? '';
    const session = (await (await get('/api/v1/session', once)).json()) as { token: string };
    equal((await get('/api/v1/host', session.token)).status, 200);
    equal((await get('/api/v1/session', once)).status, 401);
    equal((await fetch(`${base}/healthz`)).status, 200);
    const { rows } = (await (await get('/api/v1/sockets')).json()) as { rows: { localPort?: number }[] };
    ok(rows.some(({ localPort }) => localPort === Number(new URL(base).port)));
    deepEqual(Object.keys((await (await get('/api/v1/connections')).json()) as object), ['total', 'connections']);
  });

  test('every answer is as the OpenAPI document says, refusals too, and the document is the one that --openapi prints', async () => {
    const printed = spawnSync(process.execPath, [MAIN, 'serve', '--openapi'], { encoding: 'utf8' }).stdout;
    equal(await (await get('/api/v1/openapi.json')).text(), printed);
    await api.answer('/healthz', await fetch(`${base}/healthz`));
    const parts = ['snapshot', 'processes', 'interfaces', 'host', 'queues', 'sockets', 'connections', 'history'];
    for (const part of [...parts, 'session', 'openapi.json']) {
      const response = await get(`/api/v1/${part}`);
      equal(response.status, 200, part);
      await api.answer(`/api/v1/${part}`, response);
    }
    await api.answer('/metrics', await get('/metrics'));
    for (const question of [
      'connections?limit=2',
      'history?by=remote&step=0&limit=3',
      'history?by=time&since=2h ago',
    ]) {
      const response = await get(`/api/v1/${question}`);
      equal(response.status, 200, question);
      await api.answer(`/api/v1/${question.replace(/\?.*/, '')}`, response);
    }
    for (const question of [
      'connections?limit=0',
      'connections?x=1',
      'history?by=x',
      'history?since=x',
      'sockets?a=1',
    ]) {
      const response = await get(`/api/v1/${question}`);
      equal(response.status, 400, question);
      await api.answer(`/api/v1/${question.replace(/\?.*/, '')}`, response);
    }
    const refused: readonly (readonly [number, RequestInit])[] = [
      [401, {}],
      [403, { headers: { Origin: 'http://evil.example' } }],
      [405, { method: 'POST' }],
    ];
    for (const [status, request] of refused) {
      const response = await fetch(`${base}/api/v1/host`, request);
      equal(response.status, status);
      await api.answer('/api/v1/host', response);
    }
  });

  test('all sockets of a busy server are one answer, of more than a megabyte too', async () => {
    const many =
      "import socket; all = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2500)]; [s.bind(('127.0.0.1', 0)) for s in all]; print('there', flush=True); input()";
    const more = 'import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)); ';
    const holder = spawn('python3', ['-c', more + many], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      // What was answered before is answered again for two seconds.
      await sleep(2100);
      const response = await get('/api/v1/sockets');
      const text = await response.text();
      equal(response.status, 200, text.slice(0, 300));
      ok(text.length > 1024 * 1024, String(text.length));
      const rows = (JSON.parse(text) as { rows: { owners?: { pid: number }[] }[] }).rows;
      ok(rows.length >= 2500);
    } finally {
      holder.kill('SIGKILL');
    }
  });

  test('the doctor answers as the OpenAPI document says, and who asks too much is told to wait', async () => {
    const response = await get('/api/v1/doctor');
    equal(response.status, 200);
    await api.answer('/api/v1/doctor', response);
    let late: Response | undefined;
    // Many at once: one after the other, a busy machine may be slower than what one may ask in a second.
    while (late === undefined) {
      const answers = await Promise.all(Array.from({ length: 30 }, () => get('/api/v1/host')));
      late = answers.find(({ status }) => status === 429);
      await Promise.all(answers.map((one) => (one === late ? undefined : one.arrayBuffer())));
    }
    equal(late.headers.get('retry-after'), '1');
    await api.answer('/api/v1/host', late);
    // The bucket fills again with 20 a second.
    while ((await get('/healthz')).status === 429) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  test('hostile requests are refused, and the front lives on', async () => {
    const pid = childOf('front');
    const port = Number(new URL(base).port);
    const raw = (bytes: string) =>
      new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(text));
      });
    const host = `Host: 127.0.0.1:${port}\r\n`;
    /** Every refusal is whole: a sentence as JSON, the headers of every answer, an end. */
    const refused = async (status: number, bytes: string) => {
      const [head = '', body = ''] = (await raw(bytes)).split('\r\n\r\n');
      match(head, new RegExp(`^HTTP/1.1 ${status} `), bytes);
      match(head, /^X-Content-Type-Options: nosniff$/im, bytes);
      match(head, /^Content-Type: application\/json; charset=utf-8$/im, bytes);
      match(head, new RegExp(`^Content-Length: ${body.length}$`, 'im'), bytes);
      api.value('Error', JSON.parse(body));
      equal(/^Allow: GET, HEAD$/im.test(head), status === 405, bytes);
    };
    const get = `GET /healthz HTTP/1.1\r\n${host}`;
    await refused(431, `${get}X: ${'a'.repeat(9000)}\r\n\r\n`);
    await refused(405, `POST /healthz HTTP/1.1\r\n${host}\r\n`);
    await refused(405, `BREW /healthz HTTP/1.1\r\n${host}\r\n`);
    await refused(405, `CONNECT a:1 HTTP/1.1\r\n${host}\r\n`);
    await refused(417, `${get}Expect: 100-continue\r\n\r\n`);
    await refused(417, `${get}Expect: tea\r\n\r\n`);
    await refused(404, `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`);
    await refused(400, `${get}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`);
    await refused(400, `${get}X: \0\r\n\r\n`);
    await refused(421, `GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n`);
    await refused(400, '\x16\x03\x01\x00\xff\r\n\r\n');
    // Where the target says whose it is, that and Host must be ours.
    const from = (site: string, named = host) => `GET ${site}/healthz?x HTTP/1.1\r\n${named}Connection: close\r\n\r\n`;
    match(await raw(from(`http://127.0.0.1:${port}`)), /^HTTP\/1.1 200 /);
    match(await raw(from(`HTTP://LOCALHOST:${port}`)), /^HTTP\/1.1 200 /);
    for (const site of [
      'http://evil.example',
      'http://127.0.0.1:1',
      `https://127.0.0.1:${port}`,
      `http://a@localhost:${port}`,
    ]) {
      await refused(421, from(site));
    }
    await refused(421, from(`http://127.0.0.1:${port}`, 'Host: evil.example\r\n'));
    await refused(400, `${get}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n`);
    equal(childOf('front'), pid);
  });

  test('a collector that is killed is started again, and the front answers all the while', async () => {
    const pid = childOf('collector');
    const saved = () => JSON.parse(readFileSync(join(folder, 'collector.json'), 'utf8')) as Saved;
    const isSaved = () => existsSync(join(folder, 'collector.json')) && saved().carry.total.sentBytes > 0;
    while (!isSaved()) await new Promise((resolve) => setTimeout(resolve, 100));
    const before = saved().carry.total;
    process.kill(pid, 'SIGKILL');
    await heard(/the collector was ended by SIGKILL/);
    equal((await get('/api/v1/snapshot')).status, 200);
    const response = await get('/api/v1/events');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk);
      // Of the new collector: it knows of the gap.
      if (/"kind":"gap"/.test(text) && /^event: snapshot\n.*"gaps":\[\{.*\n\n/m.test(text)) break;
    }
    ok(childOf('collector') !== pid);
    const line = (await (await get('/api/v1/snapshot')).json()) as Line;
    equal(line.service.gaps.length, 1);
    for (const [, kind = '', data = ''] of text.matchAll(/^event: (\w+)\n(?:id: \d+\n)?data: (.*)\n\n/gm)) {
      api.value(kind === 'snapshot' ? 'Snapshot' : 'Event', JSON.parse(data));
    }
    ok(line.total.sentTotal >= before.sentBytes, `${line.total.sentTotal} after, ${before.sentBytes} before`);
    const rows = [...line.processes, line.exitedEarlier];
    equal(
      rows.reduce((sum, row) => sum + row.sentTotal, 0),
      line.total.sentTotal,
    );
    const lo = line.interfaces.find(({ name }) => name === 'lo');
    const shares = rows.flatMap((row) => row.interfaces.filter(({ name }) => name === 'lo'));
    equal(
      shares.reduce((sum, share) => sum + share.sentTotal, 0),
      lo?.ledger.wire.sentBytes,
    );
  });

  test('a front that is killed loses no event: its successor tells all of them, and from Last-Event-ID on the rest', async () => {
    /** After `lastId`, until the event `until` is there; without that, all until a snapshot comes. */
    const eventsFrom = async (lastId: number, until?: number) => {
      const headers = { Authorization: `Bearer ${token}`, ...(lastId > 0 ? { 'Last-Event-ID': String(lastId) } : {}) };
      const response = await fetch(`${base}/api/v1/events`, { headers });
      let text = '';
      const decoder = new TextDecoder();
      const heardOf = () =>
        [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)].map(([, id, data]) => ({ id: Number(id), data }));
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk);
        const isThere = until !== undefined && heardOf().some(({ id }) => id === until);
        if (until === undefined ? /^event: snapshot\n.*\n\n/m.test(text) : isThere) break;
      }
      return heardOf();
    };
    // From the gap on: what the collector before told since it last saved its events went with it.
    const sinceGap = (events: Awaited<ReturnType<typeof eventsFrom>>) =>
      events.slice(events.findIndex(({ data }) => data?.includes('"kind":"gap"')));
    const told = sinceGap(await eventsFrom(0));
    const [gap, last] = [told[0], told.at(-1)];
    ok(gap !== undefined && last !== undefined && gap.data?.includes('"kind":"gap"'));
    const from = said.length;
    process.kill(childOf('front'), 'SIGKILL');
    await heard(/the front was ended by SIGKILL/);
    // The sockets stay open meanwhile: who asks waits for the next front.
    const again = sinceGap(await eventsFrom(0, last.id));
    // More may happen meanwhile.
    deepEqual(again.slice(0, told.length), told);
    if (told.length > 1) deepEqual((await eventsFrom(gap.id, last.id)).slice(0, told.length - 1), told.slice(1));
    equal(said.slice(from).trim().split('\n').length, 1, said.slice(from));
  });

  test('it ends soon after SIGTERM, with its processes', async () => {
    const pids = [childOf('front'), childOf('collector')];
    const started = performance.now();
    service.kill('SIGTERM');
    const code = await new Promise((resolve) => service.on('exit', resolve));
    equal(code, 0);
    // Whoever does not end is killed after 1.3 s; the rest is for a machine that is busy.
    ok(performance.now() - started < 5000);
    for (const pid of pids) equal(readdirSync('/proc').includes(String(pid)), false);
  });
});

test('--check says which settings were read, or that there is no such file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-serve-'));
  const env = { ...process.env, CONFIGURATION_DIRECTORY: folder };
  const check = () => {
    const words = [MAIN, 'serve', '--check', '--state-dir', folder];
    return spawnSync(process.execPath, words, { encoding: 'utf8', env }).stdout;
  };
  match(check(), new RegExp(`^settings     none \\(${folder}/config.toml is not there, or not read\\)$`, 'm'));
  writeFileSync(join(folder, 'config.toml'), 'devices = ["wv0"]\n');
  const said = check();
  rmSync(folder, { recursive: true });
  match(said, new RegExp(`^settings     ${folder}/config.toml$`, 'm'));
  match(said, /^devices {6}wv0$/m);
});

test('addresses that others can reach, a readable token file and a taken port are each refused in one sentence', async () => {
  const check = (...words: string[]) => spawnSync(process.execPath, [MAIN, 'serve', ...words], { encoding: 'utf8' });
  const open = check('--check', '--listen', '0.0.0.0:7373');
  equal(open.status, 2);
  match(open.stderr, /^nettrace: 0\.0\.0\.0:7373 can be reached from other machines.*--tls-cert.*\n$/);
  match(check('--check', '--listen', 'x').stderr, /^nettrace: --listen must be an address with its port/);
  match(check('--check', '--token-file', '/etc/passwd').stderr, /^nettrace: others can read the token file/);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-serve-'));
  const refused = check('--listen', `127.0.0.1:${port}`, '--state-dir', folder);
  taken.close();
  rmSync(folder, { recursive: true });
  match(refused.stderr, /^nettrace: cannot listen on 127\.0\.0\.1:\d+: address already in use/);
});
