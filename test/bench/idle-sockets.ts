// Owns: what a refresh costs on a host with very many open sockets: CPU share and memory, beside nethogs.
// Knows nothing of: packets.
import { nethogs } from '../e2e/nethogs.ts';
import { has } from '../e2e/places.ts';
import { createStage, type Stage, type Traffic } from '../e2e/scenario.ts';
import { cpuSeconds, peakRssBytes, watch } from '../e2e/watch.ts';
import { withWorld } from '../e2e/world.ts';
import type { Figure } from './figures.ts';

const SOCKETS = 20_000;
/** So that each stays far below a hard limit of open files of 20,000 and less. */
const PROCESSES = 8;

interface Share {
  readonly cpuPercent: number;
  readonly rssMegabytes: number;
}

interface Watcher {
  readonly pid: number;
  ready(): Promise<void>;
  stop(): Promise<unknown>;
}

/** One steady transfer, and perhaps some twenty new connections a second. */
async function workload(stage: Stage, seconds: number, busy: boolean): Promise<void> {
  const { host, peer } = stage.world;
  const to = [peer.address(4), stage.freshPort()] as const;
  const far = await stage.serve(peer, 'serve', ...to);
  const steady = stage.traffic(host, 'connect', ...to, `bytes=${seconds * 100_000}`, 'rate=100000');
  const fresh = busy ? [stage.traffic(host, 'crowd', ...to, `processes=${seconds * 20}`, 'bytes=5000', 'hold=45')] : [];
  await Promise.all([steady, ...fresh].map((traffic) => traffic.finish()));
  await far.finish();
}

async function share(stage: Stage, watcher: Watcher, seconds: number, busy: boolean): Promise<Share> {
  await watcher.ready();
  const [began, before] = [performance.now(), cpuSeconds(watcher.pid)];
  await workload(stage, seconds, busy);
  const cpu = cpuSeconds(watcher.pid) - before;
  const elapsed = (performance.now() - began) / 1000;
  const rss = peakRssBytes(watcher.pid);
  await watcher.stop();
  return { cpuPercent: (100 * cpu) / elapsed, rssMegabytes: rss / 1e6 };
}

async function compare(stage: Stage, seconds: number, busy: boolean): Promise<readonly Figure[]> {
  const { host } = stage.world;
  const own = await share(stage, watch(host, ['-d', '1', '-a']), seconds, busy);
  const rival = has('nethogs') ? await share(stage, nethogs(host, [host.device]), seconds, busy) : undefined;
  const others = (key: keyof Share) => (rival ? [{ name: 'nethogs', value: rival[key] }] : []);
  return [
    {
      what: `CPU with ${SOCKETS} idle sockets${busy ? ' and new connections' : ''}, 1 s refresh`,
      value: own.cpuPercent,
      unit: '% of a core',
      goal: { limit: 5, better: 'below' },
      others: others('cpuPercent'),
      note: `beside a transfer of 100 kB/s${busy ? ' and about 20 new connections a second' : ''}, ${seconds} s`,
    },
    {
      what: '  peak RSS',
      value: own.rssMegabytes,
      unit: 'MB',
      goal: { limit: 90, better: 'below' },
      others: others('rssMegabytes'),
    },
  ];
}

export async function idleSockets(seconds: number): Promise<readonly Figure[]> {
  return withWorld(async (world) => {
    const stage = createStage(world, 1);
    const { host, peer } = world;
    const programs: Traffic[] = [];
    for (let i = 0; i < PROCESSES; i++) {
      const to = [peer.address(4), stage.freshPort()] as const;
      programs.push(await stage.serve(peer, 'serve', ...to));
      programs.push(await stage.serve(host, 'idle', ...to, `connections=${SOCKETS / PROCESSES}`));
    }
    const figures: Figure[] = [];
    for (const busy of [false, true]) figures.push(...(await compare(stage, seconds, busy)));
    for (const program of programs.reverse()) await program.finish();
    return figures;
  });
}
