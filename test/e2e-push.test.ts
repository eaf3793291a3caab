// Tests: a service that pushes to a real Prometheus by remote write, and to another receiver by OTLP: what arrives, and when
// they were away before. Prometheus takes OTLP from version 2.47 on, and Debian 12 has 2.42.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './e2e/free-port.ts';
import { has, NETTRACE, noWorld } from './e2e/places.ts';
import { type Program, start } from './e2e/program.ts';
import { readMetricsText } from './support/push-read.ts';

const missing = ['prometheus', 'promtool'].find((name) => !has(name));
const skip = noWorld() || (missing === undefined ? false : `needs the program ${missing}`);

/** Asks again until there is an answer, since neither a push nor a start is told of. */
async function until<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 25_000;
  for (let last: unknown; ; ) {
    try {
      const value = await read();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('what is pushed arrives as the service counts it, also after the receiver was away', {
  skip,
  timeout: 90_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-push-'));
  const [port, otlpPort, servicePort] = [await freePort(), await freePort(), await freePort()];
  const receiver = `http://127.0.0.1:${port}`;
  const programs: Program[] = [];
  const run = (command: string, args: readonly string[]): Program => {
    const program = start(command, args);
    programs.push(program);
    return program;
  };
  const bodies: Buffer[] = [];
  const otlp = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.method === 'POST' && request.headers['content-type'] === 'application/x-protobuf')
        bodies.push(Buffer.concat(parts));
      response.end();
    });
  });
  const receive = () =>
    run('prometheus', [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/tsdb`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ]);
  try {
    writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
    writeFileSync(
      join(folder, 'nettrace.toml'),
      `[push]\nremote-write = "${receiver}/api/v1/write"\notlp = "http://127.0.0.1:${otlpPort}/v1/metrics"\ninterval = 1\ninstance = "pushed"\n`,
    );
    run(process.execPath, [
      ...[NETTRACE, 'serve', '--config', join(folder, 'nettrace.toml'), '--listen', `127.0.0.1:${servicePort}`],
      ...['--state-dir', folder, '-d', '0.5', 'lo'],
    ]);
    const scrape = async () => {
      const token = readFileSync(join(folder, 'token'), 'latin1').trim();
      const answer = await fetch(`http://127.0.0.1:${servicePort}/metrics`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return answer.ok ? answer.text() : undefined;
    };
    const pushed = async (query: string) => {
      const answer = await fetch(`${receiver}/api/v1/query?${new URLSearchParams({ query })}`);
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      const found = data.result.find(({ metric }) => metric['instance'] === 'pushed');
      return found === undefined ? undefined : Number(found.value[1]);
    };

    // Nobody is there at first: both wait, and the service answers meanwhile.
    const failed = await until('failures', async () => {
      const values = readMetricsText((await scrape()) ?? '');
      const both = ['remote-write', 'otlp'].map((target) =>
        values.get(`nettrace_push_failures_total{target="${target}"}`),
      );
      return both.every((count) => (count ?? 0) >= 2) ? values : undefined;
    });
    assert.equal(failed.get('nettrace_push_samples_total{target="otlp"}'), 0);
    receive();
    otlp.listen(otlpPort, '127.0.0.1');
    await until('both ways in', async () => {
      const values = readMetricsText((await scrape()) ?? '');
      const arrived = ['remote-write', 'otlp'].map((target) =>
        values.get(`nettrace_push_samples_total{target="${target}"}`),
      );
      return arrived.every((count) => (count ?? 0) > 0) ? true : undefined;
    });

    const text = (await scrape()) ?? '';
    const own = readMetricsText(text);
    for (const query of [
      'nettrace_start_time_seconds',
      'nettrace_host_cpus',
      'nettrace_host_memory_bytes{state="total"}',
    ]) {
      assert.equal(await until(query, () => pushed(query)), own.get(query), query);
    }
    // A counter that moves: no more than the service says now, and no less than what it said before.
    const sent = 'nettrace_traffic_bytes_total{direction="sent"}';
    const least = own.get(sent) ?? Number.NaN;
    const value = await until('a newer count', async () => {
      const now = await pushed(sent);
      return now !== undefined && now >= least ? now : undefined;
    });
    assert.ok(value <= (readMetricsText((await scrape()) ?? '').get(sent) ?? 0));

    const last = bodies.at(-1)?.toString('latin1') ?? '';
    for (const word of ['service.instance.id', 'pushed', 'nettrace_traffic_bytes', 'nettrace_host_cpus'])
      assert.ok(last.includes(word), word);

    const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(`${check.stdout}${check.stderr}`, '');
    assert.equal(check.status, 0);
  } finally {
    otlp.closeAllConnections();
    otlp.close();
    for (const program of programs) program.signal('SIGTERM');
    await Promise.all(programs.map((program) => program.ended));
    rmSync(folder, { recursive: true, force: true });
  }
});
