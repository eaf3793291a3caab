// Tests: a budget of a service, really run: exceeded by traffic, told everywhere, kept over a kill of the collector.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BudgetObject } from '../src/model/budget-text.ts';
import { createOpenApiChecker, type OpenApiChecker } from './support/openapi-valid.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

const MAIN = fileURLToPath(new URL('build/t/src/cli/main.js', PACKAGE_ROOT));
const SENT = 3_000_000;
/** Sends that much to itself and ends. */
const EATER = `
const net = require('node:net');
const server = net.createServer((socket) => socket.resume().on('end', () => server.close()));
server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').end(Buffer.alloc(${SENT})));
`;

interface Told {
  readonly kind: string;
  readonly budget: BudgetObject;
}

const root = process.getuid?.() === 0;

describe('a budget of a service', { skip: root ? false : 'the service drops rights that only root has' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-budgets-'));
  const hooked: (Told & { readonly event: string; readonly text: string })[] = [];
  const receiver = createServer((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.writeHead(204).end();
      hooked.push(JSON.parse(body));
      receiver.emit('told');
    });
  });
  let service: ChildProcess;
  let said = '';
  let base = '';
  let token = '';
  let api: OpenApiChecker;
  const get = (path: string, more: Record<string, string> = {}) =>
    fetch(base + path, { headers: { Authorization: `Bearer ${token}`, ...more } });
  const heard = async (what: RegExp) => {
    while (!what.test(said)) await once(service.stderr ?? receiver, 'data');
  };
  const budgets = async () => {
    // Also while there is no collector: refusals are part of the document.
    const answer = (await api.answer('/api/v1/budgets', await get('/api/v1/budgets'))) as {
      readonly budgets?: readonly BudgetObject[];
    };
    return answer.budgets?.[0];
  };
  /** Whatever is told from the start on, until `enough`. */
  const events = async (enough: (all: readonly Told[]) => boolean | Promise<boolean>) => {
    const response = await get('/api/v1/events', { 'Last-Event-ID': '0' });
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n').slice(0, -1);
      const all = blocks.flatMap((block) => {
        const data = /^event: event\nid: \d+\ndata: (.*)$/.exec(block)?.[1];
        return data === undefined ? [] : [JSON.parse(data) as Told];
      });
      if (await enough(all)) return all.filter(({ kind }) => kind === 'budget');
    }
    return [];
  };
  const eat = () => once(spawn(process.execPath, ['-e', EATER], { argv0: 'nt-eater', stdio: 'ignore' }), 'close');

  before(async () => {
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const config = join(folder, 'config.toml');
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const table = `name = "eater"\nby = "program"\nmatch = "nt-*"\nbytes = "2 MB"\nper = "month"\ndirection = "sent"`;
    writeFileSync(config, `delay = 0.2\n[[budget]]\n${table}\nwarn = 100\nwebhook = "${hook}"\n`, { mode: 0o600 });
    const words = ['serve', '--config', config, '--no-history', '--listen', '127.0.0.1:0', '--state-dir', folder, 'lo'];
    service = spawn(process.execPath, [MAIN, ...words]);
    service.stderr?.on('data', (text) => {
      said += text;
    });
    await heard(/serving/);
    base = /http:\/\/[\d.:]+/.exec(said)?.[0] ?? '';
    token = readFileSync(join(folder, 'token'), 'latin1').trim();
    api = createOpenApiChecker(await (await get('/api/v1/openapi.json')).json());
  });
  after(async () => {
    service.kill('SIGTERM');
    await once(service, 'exit');
    receiver.close();
    rmSync(folder, { recursive: true });
  });

  test('is told once as an event, a line of the log and a webhook, and is a metric', async () => {
    await eat();
    const [event] = await events((all) => all.some(({ kind }) => kind === 'budget'));
    equal(event?.budget.state, 'exceeded');
    while (hooked.length === 0) await once(receiver, 'told');
    deepEqual([hooked[0]?.event, hooked[0]?.budget.name, hooked[0]?.budget.state], ['budget', 'eater', 'exceeded']);
    match(
      hooked[0]?.text ?? '',
      /^budget "eater" is exceeded: \S+ MB of 2\.00 MB this month, \d+ % \(program nt-\*, sent\)$/,
    );
    await heard(/collector: budget "eater" is exceeded: /);
    const metrics = await (await get('/metrics')).text();
    match(metrics, /^nettrace_budget_exceeded\{budget="eater"\} 1$/m);
    match(metrics, /^nettrace_budget_limit_bytes\{budget="eater"\} 2000000$/m);
    const { service: more } = (await (await get('/api/v1/snapshot')).json()) as {
      service: { budgets: BudgetObject[] };
    };
    equal(more.budgets[0]?.state, 'exceeded');
  });

  test('every answer and event with a budget is as the OpenAPI document says', async () => {
    const { name, state } = (await budgets()) ?? {};
    deepEqual([name, state], ['eater', 'exceeded']);
    await api.answer('/api/v1/snapshot', await get('/api/v1/snapshot'));
    const [event] = await events((all) => all.some(({ kind }) => kind === 'budget'));
    api.value('Event', event);
    const refused = await get('/api/v1/budgets?name=eater');
    equal(refused.status, 400);
    await api.answer('/api/v1/budgets', refused);
  });

  test('survives a kill of the collector to the byte, is not told again, and goes on counting what is new', async () => {
    const file = join(folder, 'budgets.json');
    const saved = () => (JSON.parse(readFileSync(file, 'utf8')) as Saved).records[0]?.period.uses.at(-1)?.usedBytes;
    // All of it has its owner, and has been saved.
    await events(async () => {
      const used = (await budgets())?.usedBytes ?? 0;
      return used >= SENT && used === saved();
    });
    const before = await budgets();
    const pid = spawnSync('pgrep', ['-P', String(service.pid), '-f', 'role collector'])
      .stdout.toString()
      .trim();
    process.kill(Number(pid), 'SIGKILL');
    await heard(/the collector was ended by SIGKILL/);
    await events((all) => all.some(({ kind }) => kind === 'gap'));
    const known = await events(async () => (await budgets())?.usedBytes !== undefined);
    const { periodEnd: _, ...kept } = (await budgets()) ?? ({} as BudgetObject);
    const { periodEnd: __, ...expected } = before ?? ({} as BudgetObject);
    deepEqual(kept, expected);
    equal(known.length, 1);
    await eat();
    await events(async () => ((await budgets())?.usedBytes ?? 0) >= expected.usedBytes + SENT);
    const used = (await budgets())?.usedBytes ?? 0;
    ok(used < expected.usedBytes + 1.2 * SENT, `${used} after ${expected.usedBytes}`);
    equal(hooked.length, 1);
    const printed = spawnSync(process.execPath, [MAIN, 'budgets', '--file', file], { encoding: 'utf8' });
    equal(printed.status, 4);
    match(printed.stdout, /\neater +exceeded /);
  });
});

interface Saved {
  readonly records: readonly { readonly period: { readonly uses: readonly { readonly usedBytes: number }[] } }[];
}
