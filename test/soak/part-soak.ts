// Owns: the long run: a service under 1,000 new flows a second with a page open; memory, descriptors, CPU, losses.
// Knows nothing of: faults that are put in.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { claims, type Findings } from '../e2e/check.ts';
import { generator } from '../e2e/places.ts';
import { openEvents } from './events.ts';
import { type Ground, ledgerOf, loss } from './ground.ts';
import { growthText, slopePerHour, type Usage, usageOf } from './usage.ts';

const SAMPLE_MS = 10_000;
const RATE = 1000;
/** A slope of a shorter run tells nothing: garbage of V8 comes and goes by 100 MiB in minutes. */
const LEAST_MINUTES_FOR_SLOPE = 40;
const MOST_MIB_AN_HOUR = 6;

export async function soak(ground: Ground, minutes: number, say: (text: string) => void): Promise<Findings> {
  const { faults, claim } = claims();
  const { host, peer } = ground.world;
  const limitMs = (minutes + 5) * 60_000;
  const far = peer.start(generator('traffic'), ['udp-receive', peer.address(4), '9000'], limitMs);
  await far.line((line) => line.includes('ready'), 'the receiver');
  const service = await ground.start(['-d', '1', host.device]);
  await ground.counting(service);
  const before = await host.counters();
  const words = ['fresh', peer.address(4), '9000', `rate=${RATE}`, 'size=200', 'open=200'];
  const load = host.start(generator('traffic'), words, limitMs);
  const page = openEvents(service);
  const began = performance.now();
  const pids = {
    supervisor: service.program.pid,
    collector: service.child('collector'),
    front: service.child('front'),
  };
  const samples = new Map<string, Usage[]>(Object.keys(pids).map((name) => [name, []]));
  while (performance.now() - began < minutes * 60_000) {
    await sleep(SAMPLE_MS);
    const at = (performance.now() - began) / 1000;
    for (const [name, pid] of Object.entries(pids)) {
      if (!existsSync(`/proc/${pid}`)) throw new Error(`the ${name} ended after ${at.toFixed(0)} s: ${service.said()}`);
      samples.get(name)?.push(usageOf(pid, at));
    }
    const now = [...samples].map(
      ([name, list]) => `${name} ${((list.at(-1)?.rssBytes ?? 0) / 2 ** 20).toFixed(0)} MiB`,
    );
    if (Math.round(at / 10) % 6 === 0) say(`    ${Math.round(at / 60)} min: ${now.join(', ')}`);
    // What people and programs do: scrape, look at a range.
    await service.get('/metrics');
    if (Math.round(at / 10) % 3 === 0) await service.get('/api/v1/history?since=30m%20ago&by=program&step=0');
    if (Math.round(at / 10) % 6 === 1) await service.get('/api/v1/connections?limit=200');
  }
  load.endInput();
  await load.ended;
  const report = await load.line((line) => line.includes('"fresh"'), 'the report');
  await ground.settled(service);
  const lost = loss(before, await host.counters(), ledgerOf(await service.snapshot(), host.device));
  far.endInput();
  page.close();
  for (const [role, pid] of Object.entries(pids)) {
    if (role === 'supervisor') continue;
    claim(service.child(role as 'front') === pid, `the ${role} was started again: ${service.said()}`);
  }
  const history = await ground.historyFaults(service);
  const { tookMs, code } = await service.end();
  claim(code === 0 && tookMs < 2000, `ended with ${code} after ${tookMs.toFixed(0)} ms`);
  claim(Math.abs(lost) <= 2000, `${lost} bytes of the interface's are missing`);
  for (const [name, list] of samples) {
    const late = list.slice(Math.floor(list.length / 3));
    const mib = slopePerHour(late, (usage) => usage.ownBytes) / 2 ** 20;
    claim(
      minutes < LEAST_MINUTES_FOR_SLOPE || mib <= MOST_MIB_AN_HOUR,
      `${name} grows by ${mib.toFixed(1)} MiB an hour`,
    );
    const descriptors = slopePerHour(late, (usage) => usage.descriptors);
    claim(
      minutes < LEAST_MINUTES_FOR_SLOPE || descriptors <= 5,
      `${name}: ${descriptors.toFixed(1)} more descriptors an hour`,
    );
  }
  faults.push(...history);
  return {
    figures: [
      ...[...samples].map(([name, list]) => growthText(name, list)),
      `${(JSON.parse(report) as { connections: number }).connections} flows in ${minutes} min, ${lost} bytes missing, ` +
        `${page.snapshots()} snapshots at the page; ended in ${tookMs.toFixed(0)} ms`,
    ],
    faults,
  };
}
