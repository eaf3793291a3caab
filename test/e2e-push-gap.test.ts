// Tests: what a service pushes is what /metrics says of that moment, and a receiver that was away gets what it missed.
// No server of Debian 12 takes OTLP, so its requests are read here; remote write goes to a real Prometheus.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from './e2e/free-port.ts';
import { has } from './e2e/places.ts';
import { type Pushed, readMetricsText, readOtlp } from './support/push-read.ts';
import { type Listener, listenTo, type Serving, serve } from './support/serve-run.ts';

/** By time in milliseconds. */
type Points = ReadonlyMap<number, number>;

const CLOCK = 'nettrace_refresh_timestamp_seconds';
const SENT = 'nettrace_traffic_bytes_total{direction="sent"}';
const root = process.getuid?.() === 0;

describe('metrics that are pushed', { skip: root ? false : 'the service drops rights that only root has' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-gap-'));
  const pushed: Pushed[] = [];
  const otlp = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    response.end();
    pushed.push(readOtlp(Buffer.concat(parts)));
    otlp.emit('pushed');
  });
  let service: Serving;
  let remote = '';
  const scrape = async () => readMetricsText((await service.get('/metrics')).text);
  const next = async (): Promise<Pushed> => {
    await once(otlp, 'pushed');
    const last = pushed.at(-1);
    ok(last !== undefined);
    return last;
  };

  before(async () => {
    // For a server that is not there yet.
    remote = `127.0.0.1:${await freePort()}`;
    otlp.listen(0, '127.0.0.1');
    await once(otlp, 'listening');
    const config = join(folder, 'config.toml');
    const to = `http://127.0.0.1:${(otlp.address() as AddressInfo).port}/v1/metrics`;
    writeFileSync(
      config,
      `delay = 1\n[push]\nremote-write = "http://${remote}/api/v1/write"\notlp = "${to}"\ninterval = 1\ninstance = "here"\n`,
    );
    service = serve(['--config', config, '--listen', 'unix:FOLDER/http.sock', '--no-history', 'lo']);
    await service.heard(/serving/);
  });
  after(() => {
    service.kill();
    otlp.closeAllConnections();
    otlp.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('OTLP has every value of /metrics of the same refresh, and nothing else', { timeout: 60_000 }, async () => {
    // The counts of pushes go on between the two, within one refresh.
    const counted = (values: ReadonlyMap<string, number>) =>
      new Map([...values].filter(([series]) => !series.startsWith('nettrace_push_')).sort());
    let request = await next();
    let text = await scrape();
    while (request.values.get(CLOCK) !== text.get(CLOCK)) {
      request = await next();
      text = await scrape();
    }
    ok(text.size > 40, `${text.size} series`);
    deepEqual(counted(request.values), counted(text));
    deepEqual(Object.fromEntries(pushed[0]?.resource ?? []), {
      'service.name': 'nettrace',
      'service.instance.id': 'here',
    });
  });

  test('a Prometheus that goes away and comes back has every value of the gap, once and with its time', {
    skip: has('prometheus') ? false : 'needs the program prometheus',
    timeout: 90_000,
  }, async () => {
    writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
    const receive = async (): Promise<Listener> => {
      const words = [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/tsdb`,
        `--web.listen-address=${remote}`,
        '--web.enable-remote-write-receiver',
      ];
      const program = listenTo(spawn('prometheus', words));
      await program.heard(/ready to receive web requests/);
      return program;
    };
    const leave = async ({ child, ended }: Listener) => {
      child.kill('SIGTERM');
      equal(await ended, 0);
    };
    const stored = async (series: string): Promise<Points> => {
      const query = new URLSearchParams({ query: `${series}[5m]` });
      const answer = await fetch(`http://${remote}/api/v1/query?${query}`);
      const { data } = (await answer.json()) as { data: { result: { values: [number, string][] }[] } };
      equal(data.result.length, 1, series);
      return new Map(data.result[0]?.values.map(([time, value]) => [Math.round(time * 1000), Number(value)]));
    };
    await service.heard(/metrics cannot be pushed to remote-write/);
    let prometheus = await receive();
    try {
      await service.heard(/metrics are pushed to remote-write again/);
      // The other receiver is never away: each of its requests is one that this one has to get, too.
      const first = (await next()).timeMs;
      await leave(prometheus);
      const said = service.said().length;
      await service.heard(/metrics cannot be pushed to remote-write/, said);
      for (let missed = 0; missed < 4; missed++) await next();
      prometheus = await receive();
      await service.heard(/metrics are pushed to remote-write again/, said);
      const last = (await next()).timeMs;
      for (let clock = await stored(CLOCK); !clock.has(last); clock = await stored(CLOCK)) await next();
      for (const series of [CLOCK, SENT]) {
        const expected = pushed.filter(({ timeMs }) => first <= timeMs && timeMs <= last);
        const points = await stored(series);
        deepEqual(
          [...points].filter(([timeMs]) => first <= timeMs && timeMs <= last),
          expected.map(({ timeMs, values }) => [timeMs, values.get(series)]),
          series,
        );
        ok(expected.length >= 6, `${expected.length} values`);
      }
      const values = await scrape();
      equal(values.get('nettrace_push_dropped_samples_total{target="remote-write"}'), 0);
      equal(values.get('nettrace_push_failures_total{target="otlp"}'), 0);
      ok((values.get('nettrace_push_failures_total{target="remote-write"}') ?? 0) < 8, 'it was asked without a pause');
    } finally {
      await leave(prometheus);
    }
  });
});
