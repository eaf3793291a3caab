// Tests: three hosts with known loads, real servers between them and `nettrace fleet`: what it says is what they counted,
// also of a program that began and ended between two scrapes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './e2e/free-port.ts';
import { has, NETTRACE, noWorld } from './e2e/places.ts';
import { type Program, start } from './e2e/program.ts';

const missing = ['prometheus', 'victoria-metrics', 'python3'].find((name) => !has(name));
const skip = noWorld() || (missing === undefined ? false : `needs the program ${missing}`);

interface Fleet {
  readonly hosts: readonly { readonly host: string; readonly sentTotal: number; readonly receivedTotal: number }[];
  readonly programs: readonly { readonly host: string; readonly program: string; readonly sentRate: number | null }[];
}

/** Asks again until `accept`, since a scrape is no event that anybody tells of. */
async function until<T>(what: string, read: () => Promise<T>, accept: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 20_000;
  for (let last: unknown; ; ) {
    try {
      const value = await read();
      if (accept(value)) return value;
      last = JSON.stringify(value)?.slice(0, 2000);
    } catch (error) {
      last = String(error);
    }
    if (performance.now() > end) throw new Error(`${what}: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function fleetOf(url: string): Promise<Fleet> {
  const run = start(process.execPath, [NETTRACE, 'fleet', '--from', url, '--json', '--window', '5']);
  let text = '';
  run.onLine((line) => {
    text += line;
  });
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(text) as Fleet;
}

const MEGABYTES = [3, 5, 8];

/** Seconds; long against the interval of scrapes: what Prometheus takes for the rate outside its values is one of these. */
const BURST_WINDOW = 20;
const BURST_PACKETS = 2000;
/** All its bytes are in its first refresh, and it lives until that has found it. */
const BURST = `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(${BURST_PACKETS}): s.sendto(b"x" * 1000, ("10.89.0.1", 9))
time.sleep(1.5)
`;

/** Sent bytes of the burst in a series, by the moment of each value. */
async function valuesOf(server: string, series: string): Promise<readonly number[]> {
  const answer = await fetch(`${server}/api/v1/query?${new URLSearchParams({ query: `${series}[1m]` })}`);
  const { data } = (await answer.json()) as { data: { result: { values: [number, string][] }[] } };
  assert.ok(data.result.length <= 1, 'each byte is in one series');
  return data.result[0]?.values.map(([, value]) => Number(value)) ?? [];
}

test('the fleet says what three hosts counted, by scrape and by remote write', {
  skip,
  timeout: 100_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-fleet-'));
  const names = MEGABYTES.map((_, i) => `ntf${process.pid % 10_000}-${i}`);
  const programs: Program[] = [];
  const run = (command: string, args: readonly string[]): Program => {
    const program = start(command, args);
    programs.push(program);
    return program;
  };
  const ip = (...words: readonly string[]) => execFileSync('ip', words);
  try {
    const [prometheusPort, victoriaPort] = [await freePort(), await freePort()];
    const prometheus = `http://127.0.0.1:${prometheusPort}`;
    const victoria = `http://127.0.0.1:${victoriaPort}`;
    const targets: string[] = [];
    run('victoria-metrics', [
      `-httpListenAddr=127.0.0.1:${victoriaPort}`,
      `-storageDataPath=${folder}/victoria`,
      '-search.latencyOffset=0s',
    ]);
    for (const [i, name] of names.entries()) {
      ip('netns', 'add', name);
      // The load goes over a device of its own, so that the scrapes are not in the count.
      ip('link', 'add', `ntf${i}l`, 'type', 'veth', 'peer', 'name', 'load', 'netns', name);
      ip('link', 'add', `ntf${i}s`, 'type', 'veth', 'peer', 'name', 'scrape', 'netns', name);
      ip('addr', 'add', `10.89.${i}.1/24`, 'dev', `ntf${i}l`);
      ip('addr', 'add', `10.88.${i}.1/24`, 'dev', `ntf${i}s`);
      for (const device of [`ntf${i}l`, `ntf${i}s`]) ip('link', 'set', device, 'up');
      ip('-n', name, 'addr', 'add', `10.89.${i}.2/24`, 'dev', 'load');
      ip('-n', name, 'addr', 'add', `10.88.${i}.2/24`, 'dev', 'scrape');
      for (const device of ['lo', 'load', 'scrape']) ip('-n', name, 'link', 'set', device, 'up');
      const state = join(folder, name);
      const words = ['serve', '--listen', `10.88.${i}.2:7373`, '--insecure-i-know', '--state-dir', state];
      run('nsenter', [`--net=/run/netns/${name}`, process.execPath, NETTRACE, ...words, '-d', '0.5', 'load']);
      targets.push(`10.88.${i}.2:7373`);
    }
    const tokens = await until(
      'tokens',
      async () => names.map((name) => readFileSync(join(folder, name, 'token'), 'utf8').trim()),
      (all) => all.every((token) => token !== ''),
    );
    const jobs = targets.map(
      (target, i) =>
        `  - job_name: host${i}\n    scrape_interval: ${i === 0 ? '100ms' : '1s'}\n    scrape_timeout: ${i === 0 ? '100ms' : '1s'}\n    authorization: { credentials: "${tokens[i]}" }\n    static_configs: [{ targets: ["${target}"] }]`,
    );
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, scrape_timeout: 1s }\nremote_write:\n  - url: ${victoria}/api/v1/write\nscrape_configs:\n${jobs.join('\n')}\n`,
    );
    run('prometheus', [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/prometheus`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      // It ends after the server that it writes to.
      '--storage.remote.flush-deadline=1s',
    ]);
    await until(
      'three hosts',
      () => fleetOf(prometheus),
      ({ hosts }) => hosts.length === 3,
    );
    // UDP of known size: 1,000 bytes of payload, 1,042 on the wire.
    for (const [i, megabytes] of MEGABYTES.entries()) {
      const script = `import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\nfor n in range(${megabytes * 1000}):\n  s.sendto(b"x"*1000,("10.89.${i}.1",9))\n  if n%100==99: time.sleep(0.01)`;
      const { code, stderr } = await start('nsenter', [`--net=/run/netns/${names[i]}`, 'python3', '-c', script]).ended;
      assert.equal(code, 0, stderr);
    }
    const counted = async (i: number): Promise<number> => {
      const answer = await fetch(`http://${targets[i]}/api/v1/snapshot`, {
        headers: { authorization: `Bearer ${tokens[i]}` },
      });
      return ((await answer.json()) as { total: { sentTotal: number } }).total.sentTotal;
    };
    for (const [i, megabytes] of MEGABYTES.entries()) {
      await until(
        `host ${i} counted`,
        () => counted(i),
        (bytes) => bytes >= megabytes * 1_042_000,
      );
    }
    const own = await Promise.all(names.map((_, i) => counted(i)));
    for (const server of [prometheus, victoria]) {
      const near = ({ hosts }: Fleet) =>
        hosts.length === 3 &&
        targets.every((target, i) => {
          const said = hosts.find(({ host }) => host === target)?.sentTotal ?? 0;
          return Math.abs(said - (own[i] ?? 0)) <= 0.01 * (own[i] ?? 0);
        });
      await until(
        `${server} says ${own}`,
        async () => {
          if (server === victoria) await fetch(`${victoria}/internal/force_flush`);
          return fleetOf(server);
        },
        near,
      );
      const { hosts } = await fleetOf(server);
      for (const [i, target] of targets.entries()) {
        const said = hosts.find(({ host }) => host === target)?.sentTotal ?? Number.NaN;
        const [counted = Number.NaN, name] = [own[i], server === victoria ? 'victoria-metrics' : 'prometheus'];
        t.diagnostic(
          `${name} host ${i}: counted ${counted}, fleet ${said}, ${((said / counted - 1) * 100).toFixed(3)} %`,
        );
      }
    }

    const host = targets[0] ?? '';
    // A process has the name of the file that it was begun as.
    const named = join(folder, 'ntburst');
    symlinkSync(
      execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(),
      named,
    );
    const { code, stderr } = await start('nsenter', [`--net=/run/netns/${names[0]}`, named, '-c', BURST]).ended;
    assert.equal(code, 0, stderr);
    const series = `nettrace_program_bytes_total{program="ntburst",direction="sent"}`;
    const burst = await until(
      'the burst with all its bytes',
      () => valuesOf(prometheus, series),
      (values) => (values.at(-1) ?? 0) > 0,
    );
    assert.equal(burst[0], 0, 'it begins at 0');
    assert.equal(burst.at(-1), BURST_PACKETS * 1042);
    const words = [NETTRACE, 'fleet', '--from', prometheus, '--json', '--window', String(BURST_WINDOW), '--interval'];
    const sentOf = (line: string) => {
      const { programs } = JSON.parse(line) as Fleet;
      const row = programs.find((each) => each.host === host && each.program === 'ntburst');
      return (row?.sentRate ?? 0) * BURST_WINDOW;
    };
    // The longer ago it began within the window, the less Prometheus adds for the time outside of its values.
    const said = await run(process.execPath, [...words, '1']).line(
      (line) => Math.abs(sentOf(line) / (BURST_PACKETS * 1042) - 1) < 0.01,
      'the burst within 1 %',
      BURST_WINDOW * 1000,
    );
    t.diagnostic(`burst: counted ${burst.at(-1)}, fleet ${Math.round(sentOf(said))}`);
  } finally {
    for (const program of programs) program.signal('SIGTERM');
    await Promise.all(programs.map((program) => program.ended));
    for (const name of names) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was not made.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  }
});
