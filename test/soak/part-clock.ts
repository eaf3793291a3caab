// Owns: a clock that is set forward and back by a day while a known load runs: no rate, total or history goes wrong.
// Knows nothing of: how time is told. Setting the real clock would hit the whole machine, and a time namespace has no
// wall clock: what JavaScript reads is moved, in all threads. The kernel's stamps of packets stay.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { claims, type Findings } from '../e2e/check.ts';
import { generator } from '../e2e/places.ts';
import { type Ground, ledgerOf, loss } from './ground.ts';
import { history, moved } from './history.ts';

const DAY_MS = 86_400_000;
/** Days from now; each for some seconds. */
const JUMPS = [1, 0, -1, 0] as const;
const JUMP_HELD_MS = 12_000;
const RATE = 500;
const FRAME = 242;

/** Reads how far off the clock is now and then. */
const clockText = (file: string) => `
import { readFileSync } from 'node:fs';
const real = Date.now;
let [offset, next] = [0, 0];
Date.now = () => {
  const now = real();
  if (now >= next) {
    next = now + 50;
    try { offset = Number(readFileSync(${JSON.stringify(file)}, 'latin1')); } catch {}
  }
  return now + offset;
};`;

interface Refresh {
  readonly intervalMs: number;
  readonly elapsedMs: number;
  readonly total: { readonly sentTotal: number; readonly sentRate: number | null };
}

export async function clock(ground: Ground): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-soak-clock-'));
  const file = join(folder, 'offset');
  const set = (days: number) => writeFileSync(file, String(days * DAY_MS));
  try {
    set(0);
    writeFileSync(join(folder, 'clock.mjs'), clockText(file));
    return await jump(ground, ['--import', pathToFileURL(join(folder, 'clock.mjs')).href], set);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function jump(ground: Ground, node: readonly string[], set: (days: number) => void): Promise<Findings> {
  const { faults, claim } = claims();
  const { host, peer } = ground.world;
  const far = peer.start(generator('traffic'), ['udp-receive', peer.address(4), '9000'], 600_000);
  await far.line((line) => line.includes('ready'), 'the receiver');
  const service = await ground.start(['-d', '0.5', host.device], { node });
  await ground.counting(service);
  const before = await host.counters();
  const began = Date.now();
  const pids = [service.child('collector'), service.child('front')];
  const load = host.start(
    generator('traffic'),
    ['fresh', peer.address(4), '9000', `rate=${RATE}`, 'size=200'],
    600_000,
  );
  await sleep(JUMP_HELD_MS);
  let [last, mostRate] = [0, 0];
  for (const days of JUMPS) {
    set(days);
    const until = performance.now() + JUMP_HELD_MS;
    while (performance.now() < until) {
      await sleep(250);
      const health = await service.get('/healthz');
      claim(health.status === 200, `health: ${health.status} ${health.text}`);
      const { intervalMs, total } = JSON.parse((await service.get('/api/v1/snapshot')).text) as Refresh;
      claim(intervalMs > 0 && intervalMs < 10_000, `an interval of ${intervalMs} ms`);
      claim(total.sentTotal >= last, `the total fell from ${last} to ${total.sentTotal}`);
      claim((total.sentRate ?? -1) >= 0, `a rate of ${total.sentRate}`);
      last = total.sentTotal;
      mostRate = Math.max(mostRate, total.sentRate ?? 0);
    }
  }
  claim(mostRate < 3 * RATE * FRAME, `a rate of ${mostRate.toFixed(0)} bytes/s, ${RATE * FRAME} were sent`);
  claim(pids.join() === [service.child('collector'), service.child('front')].join(), 'a process was started again');
  // Back by a day between what is kept and the restart: no gap may end before it begins.
  set(-1);
  const from = service.said().length;
  process.kill(service.child('collector'), 'SIGKILL');
  await service.heard(/the collector was ended by SIGKILL/, from);
  while ((await service.snapshot()).service.gaps.length === 0) await sleep(200);
  for (const gap of (await service.snapshot()).service.gaps)
    claim(gap.from <= gap.to, `a gap from ${gap.from} to ${gap.to}`);
  set(0);
  load.endInput();
  await load.ended;
  await ground.settled(service);
  const after = await host.counters();
  const lost = loss(before, after, ledgerOf(await service.snapshot(), host.device)) / (RATE * FRAME);
  claim(lost > -0.1 && lost < 10, `lost ${lost.toFixed(1)} s of traffic in one restart`);
  const { series, gaps } = await history(service, began - 2 * DAY_MS, Date.now() + 2 * DAY_MS);
  const inHistory = series.reduce((sum, row) => sum + row.sentBytes + row.receivedBytes, 0);
  const missing = (moved(before, after) - inHistory) / (RATE * FRAME);
  claim(missing > -0.1 && missing < 12, `the history lacks ${missing.toFixed(1)} s of traffic`);
  const reasons = gaps.map(({ reason }) => reason);
  for (const reason of ['clock-forward', 'clock-back'])
    claim(reasons.includes(reason), `the history has no gap ${reason}`);
  faults.push(...(await ground.historyFaults(service)));
  const { tookMs, code } = await service.end();
  claim(code === 0 && tookMs < 2000, `ended with ${code} after ${tookMs.toFixed(0)} ms`);
  far.endInput();
  return {
    figures: [
      `most ${mostRate.toFixed(0)} bytes/s of ${RATE * FRAME}; ${lost.toFixed(1)} s of traffic lost in the restart, ` +
        `${missing.toFixed(1)} s in the history; gaps: ${reasons.join(', ')}`,
    ],
    faults,
  };
}
