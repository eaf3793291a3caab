// Owns: kill -9 of collector and front at random while a known load runs: what is lost, what is marked, what goes on.
// Knows nothing of: why a process might die.
import { setTimeout as sleep } from 'node:timers/promises';
import { claims, type Findings } from '../e2e/check.ts';
import { generator } from '../e2e/places.ts';
import { openEvents } from './events.ts';
import { type Ground, ledgerOf, loss } from './ground.ts';
import { historyBytes, moved } from './history.ts';
import type { Role, Service } from './service.ts';

const RATE = 1000;
/** Ethernet, IP and UDP around 200 bytes. */
const FRAME = 242;
/** What the service may lose around a kill. */
const MOST_LOST_S = 10;
/** More than five ends of one child within a minute end the service: that is another test. */
const ENDS = 5;
const WITHIN_MS = 61_000;
const LONGEST_PAUSE_MS = 9_000;

export async function kill(ground: Ground, kills: number, say: (text: string) => void): Promise<Findings> {
  const { faults, claim } = claims();
  const { host, peer } = ground.world;
  const limitMs = 3600_000;
  const far = peer.start(generator('traffic'), ['udp-receive', peer.address(4), '9000'], limitMs);
  await far.line((line) => line.includes('ready'), 'the receiver');
  const service = await ground.start(['-d', '0.5', host.device]);
  await ground.counting(service);
  const before = await host.counters();
  const began = Date.now();
  const load = host.start(
    generator('traffic'),
    ['fresh', peer.address(4), '9000', `rate=${RATE}`, 'size=200'],
    limitMs,
  );
  const page = openEvents(service);
  const ends: Record<Role, number[]> = { collector: [], front: [] };
  const killedAt: number[] = [];
  let longestAwayMs = 0;
  for (let turn = 1; turn <= kills; turn++) {
    await sleep(Math.random() * LONGEST_PAUSE_MS);
    const role = await whoMayEnd(ends);
    if (role === 'collector') killedAt.push(Date.now());
    const tookMs = await killOnce(service, role);
    ends[role].push(performance.now());
    longestAwayMs = Math.max(longestAwayMs, tookMs);
    if (turn % 10 === 0) say(`    ${turn} kills`);
  }
  await ground.counting(service);
  load.endInput();
  await load.ended;
  await ground.settled(service);
  const last = await service.snapshot();
  const lost = loss(before, await host.counters(), ledgerOf(last, host.device));
  const { gaps } = last.service;
  const gapSeconds = gaps.reduce((sum, gap) => sum + (Date.parse(gap.to) - Date.parse(gap.from)) / 1000, 0);
  const longestGap = Math.max(0, ...gaps.map((gap) => (Date.parse(gap.to) - Date.parse(gap.from)) / 1000));
  const collectorKills = ends.collector.length;
  const inGap = (at: number) => gaps.some(({ from, to }) => Date.parse(from) <= at && at <= Date.parse(to));
  const unmarked = killedAt.filter((at) => !inGap(at)).length;
  const lostSeconds = lost / (RATE * FRAME);
  const inHistory = await historyBytes(service, began);
  page.close();
  far.endInput();
  claim(unmarked === 0, `${unmarked} kills of the collector lie in no gap`);
  claim(longestGap <= MOST_LOST_S, `a gap of ${longestGap.toFixed(1)} s`);
  claim(lost >= -2000, `${-lost} bytes were counted twice`);
  claim(
    lostSeconds <= gapSeconds * 1.05 + 1,
    `lost ${lostSeconds.toFixed(1)} s of traffic, marked ${gapSeconds.toFixed(1)} s`,
  );
  claim(page.gaps() >= 1 || collectorKills === 0, 'the page heard of no gap');
  const real = moved(before, await host.counters());
  const lostInHistory = (real - inHistory) / (RATE * FRAME);
  claim(lostInHistory <= collectorKills * MOST_LOST_S, `the history lost ${lostInHistory.toFixed(1)} s of traffic`);
  claim(inHistory <= real + 2000, `the history has ${inHistory - real} bytes too many`);
  faults.push(...(await ground.historyFaults(service)));
  const { tookMs, code } = await service.end();
  claim(code === 0 && tookMs < 2000, `ended with ${code} after ${tookMs.toFixed(0)} ms`);
  const injected = service.said().match(/was ended by SIGKILL/g)?.length ?? 0;
  const others = service.said().match(/(?:collector|front) ended with code|was ended by (?!SIGKILL)/g) ?? [];
  claim(
    injected === kills && others.length === 0,
    `${injected} ends by SIGKILL, others: ${service.said()} ${others.join(', ')}`,
  );
  return {
    figures: [
      `${collectorKills} kills of the collector, ${ends.front.length} of the front; back after ${longestAwayMs.toFixed(0)} ms at most`,
      `lost ${lostSeconds.toFixed(1)} s of traffic in ${gaps.length} gaps of ${gapSeconds.toFixed(1)} s together, ` +
        `${longestGap.toFixed(1)} s the longest; the history lost ${lostInHistory.toFixed(1)} s`,
      `the page had ${page.snapshots()} snapshots, ${page.gaps()} gaps, over ${page.connections()} connections; ` +
        `ended in ${tookMs.toFixed(0)} ms`,
    ],
    faults,
  };
}

/** One of both at random, as soon as its end is not one too many. */
async function whoMayEnd(ends: Record<Role, number[]>): Promise<Role> {
  const roles: readonly Role[] = Math.random() < 0.5 ? ['collector', 'front'] : ['front', 'collector'];
  for (;;) {
    const now = performance.now();
    const free = roles.find((role) => ends[role].filter((at) => now - at < WITHIN_MS).length < ENDS - 1);
    if (free !== undefined) return free;
    await sleep(500);
  }
}

/** Until it answers again, in ms. */
async function killOnce(service: Service, role: Role): Promise<number> {
  const from = service.said().length;
  const pid = service.child(role);
  const began = performance.now();
  process.kill(pid, 'SIGKILL');
  await service.heard(new RegExp(`the ${role} was ended by SIGKILL`), from);
  for (;;) {
    await sleep(50);
    const now = service.child(role);
    if (now === 0 || now === pid) continue;
    const answer = await service.get('/healthz').catch(() => undefined);
    if (answer?.status === 200) return performance.now() - began;
  }
}
