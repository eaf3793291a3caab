// Owns: how long a scrape of a real service with about 2,000 series takes, plain and compressed, and what CPU it costs.
// Knows nothing of: how metrics are made.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NETTRACE } from '../e2e/places.ts';
import { start } from '../e2e/program.ts';
import { type Figure, median } from './figures.ts';

const PAIRS = 8;
/** Programs by other names, each of which sends a datagram over four devices every half second. */
const SENDERS = `
import ctypes, os, socket, time
for n in range(120):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, b"bench-%d" % n, 0, 0, 0)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            for k in range(4): s.sendto(b"x" * 200, ("10.99.%d.9" % ((n + k) % ${PAIRS}), 9))
            time.sleep(0.5)
print("ready", flush=True)
os.wait()
`;
/** A peer may ask 20 times a second. */
const PAUSE_MS = 60;
const TICK_MS = 10;
/** The first seconds are those of the compiler. */
const WARM_MS = 15_000;
const UNSCRAPED_MS = 10_000;

function scrape(
  socketPath: string,
  token: string,
  gzip: boolean,
): Promise<{ ms: number; bytes: number; text: string }> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const headers = {
      host: 'localhost',
      authorization: `Bearer ${token}`,
      ...(gzip ? { 'accept-encoding': 'gzip' } : {}),
    };
    request({ socketPath, path: '/metrics', headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat(parts);
        if (answer.statusCode !== 200) reject(new Error(`HTTP ${answer.statusCode}: ${body}`));
        else resolve({ ms: performance.now() - began, bytes: body.length, text: gzip ? '' : body.toString() });
      });
    })
      .on('error', reject)
      .end();
  });
}

/** ms of user and system time (proc_pid_stat(5), fields 14 and 15). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function scrapeCost(times: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-scrape-'));
  const name = `nts${process.pid}`;
  const ip = (...words: readonly string[]) => execFileSync('ip', words);
  ip('netns', 'add', name);
  const inside = (command: string, args: readonly string[]) =>
    start('nsenter', [`--net=/run/netns/${name}`, command, ...args], { limitMs: 600_000 });
  const running: ReturnType<typeof start>[] = [];
  try {
    for (let i = 0; i < PAIRS; i++) {
      ip('-n', name, 'link', 'add', `d${i}`, 'type', 'veth', 'peer', 'name', `p${i}`);
      ip('-n', name, 'addr', 'add', `10.99.${i}.1/24`, 'dev', `d${i}`);
      for (const device of [`d${i}`, `p${i}`]) ip('-n', name, 'link', 'set', device, 'up');
      ip('-n', name, 'neigh', 'add', `10.99.${i}.9`, 'lladdr', '02:00:00:00:00:09', 'dev', `d${i}`);
    }
    const path = join(folder, 'http.sock');
    const service = inside(process.execPath, [NETTRACE, 'serve', '--listen', `unix:${path}`, '--state-dir', folder]);
    running.push(service);
    const senders = inside('python3', ['-c', SENDERS]);
    running.push(senders);
    await senders.line((line) => line === 'ready', 'senders');
    await pause(WARM_MS);
    const token = readFileSync(join(folder, 'token'), 'latin1').trim();
    const [collector = 0, front = 0] = ['collector', 'front'].map((role) =>
      Number(execFileSync('pgrep', ['-P', String(service.pid), '-f', `role ${role}`], { encoding: 'utf8' }).trim()),
    );
    const used = () => [cpuMs(collector), cpuMs(front)];
    const shares = (from: readonly number[], ms: number) => used().map((now, i) => ((now - (from[i] ?? 0)) / ms) * 100);
    const alone = used();
    await pause(UNSCRAPED_MS);
    const unscraped = shares(alone, UNSCRAPED_MS);
    const series = (await scrape(path, token, false)).text.split('\n').filter((line) => /^[a-z]/.test(line)).length;
    const before = used();
    const began = performance.now();
    const taken: { readonly plain: number[]; readonly gzip: number[] } = { plain: [], gzip: [] };
    for (let i = 0; i < times; i++) {
      const how = i % 2 === 0 ? 'plain' : 'gzip';
      taken[how].push((await scrape(path, token, how === 'gzip')).ms);
      await pause(PAUSE_MS);
    }
    const scraped = shares(before, performance.now() - began);
    const often = (1000 * times) / (performance.now() - began);
    const sorted = (of: readonly number[]) => [...of].sort((a, b) => a - b);
    const p99 = (of: readonly number[]) => sorted(of)[Math.floor(of.length * 0.99)] ?? Number.NaN;
    return [
      ...(['plain', 'gzip'] as const).map(
        (how): Figure => ({
          what: `a scrape of ${series} series, ${how}, 99 % within`,
          value: p99(taken[how]),
          unit: 'ms',
          goal: { limit: 50, better: 'below' },
          note: `median ${median(taken[how]).toFixed(1)} ms of ${taken[how].length}`,
        }),
      ),
      ...['collector', 'front'].map((who, i) => ({
        what: `CPU of the ${who}, scraped ${often.toFixed(0)} times a second`,
        value: scraped[i] ?? Number.NaN,
        unit: '% of one CPU',
        note: `${unscraped[i]?.toFixed(1)} % before the first scrape`,
      })),
    ];
  } finally {
    for (const program of running) program.signal('SIGTERM');
    for (const pid of execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    }
    await Promise.all(running.map((program) => program.ended));
    ip('netns', 'del', name);
    rmSync(folder, { recursive: true, force: true });
  }
}
