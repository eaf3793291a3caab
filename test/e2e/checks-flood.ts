// Owns: floods: nettrace keeps its rhythm, its memory and a known process's bytes while strangers send to every port.
// Knows nothing of: what capturing costs (the benchmarks measure that).
import { bytesOf, type Check, claims, megabytes, ms, near } from './check.ts';
import { nethogs } from './nethogs.ts';
import { generator } from './places.ts';
import type { Stage } from './scenario.ts';
import { traffic } from './verdict.ts';
import { watch } from './watch.ts';

/** Of refreshes a second apart. What cannot keep up with a flood falls back further and further. */
const GAP_MS = 3000;
const MEMORY = 150_000_000;
const FRAME = 64;
const MB = 1_000_000;

interface Flood {
  readonly kind: 'syn' | 'udp';
  readonly packets: number;
  readonly rate: number;
  readonly flows: number;
}

async function flood(stage: Stage, { kind, packets, rate, flows }: Flood): Promise<void> {
  const { host, peer } = stage.world;
  const words = [peer.device, host.mac, host.address(4), kind, packets, rate, flows].map(String);
  const { code, stderr } = await peer.start(generator('flood'), words).ended;
  if (code !== 0) throw new Error(`flood ended with ${code}: ${stderr}`);
}

const spoofedSyn: Check = {
  name: '5,000 spoofed SYN a second to distinct ports',
  async run(stage, compare) {
    const { host, peer } = stage.world;
    const seconds = stage.scale === 1 ? 5 : 10;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'serve', ...to);
    const nettrace = watch(host, ['-d', '1', host.device]);
    const other = compare ? nethogs(host, [host.device]) : undefined;
    await Promise.all([nettrace.ready(), other?.ready()]);
    const known = stage.traffic(host, 'connect', ...to, `bytes=${MB * seconds}`, `rate=${MB}`);
    const flooding = flood(stage, { kind: 'syn', packets: 5000 * seconds, rate: 5000, flows: 60_000 });
    const [report] = await known.finish();
    await flooding;
    await nettrace.next(() => true, 'a refresh after the flood');
    const watched = await nettrace.stop();
    const saw = await other?.stop(20_000);
    await far.finish();
    const real = (report?.wireSent ?? 0) + (report?.wireReceived ?? 0);
    const seen = bytesOf(watched.rows, known.pid);
    const { faults, claim } = claims();
    claim(watched.longestGapMs <= GAP_MS, `${ms(watched.longestGapMs)} between two refreshes`);
    claim(near(seen, real, 0.01), `the known process has ${seen} bytes, moved ${real}`);
    claim(watched.peakRssBytes <= MEMORY, `${megabytes(watched.peakRssBytes)} of memory`);
    claim(watched.openBooks === 0, `in ${watched.openBooks} refreshes the books do not close`);
    const figures = [
      `longest gap ${ms(watched.longestGapMs)}, known process ${seen} of ${real} bytes, ` +
        `${megabytes(watched.peakRssBytes)}, ${watched.cpuSeconds.toFixed(2)} s CPU, ${watched.last.drops.kernel} drops`,
    ];
    if (saw) {
      figures.push(
        `nethogs: longest gap ${ms(saw.longestGapMs)}, known process ${saw.byPid.get(known.pid) ?? 0} bytes, ` +
          `${megabytes(saw.peakRssBytes)}, ${saw.cpuSeconds.toFixed(2)} s CPU`,
      );
    }
    return { figures, faults };
  },
};

/** 2,000,000 flows against a table of 200,000; the short run has a smaller table instead. */
const distinctFlows: Check = {
  name: 'ten times as many flows as the table holds, in a few seconds',
  async run(stage) {
    const { host } = stage.world;
    const packets = stage.scale === 1 ? 400_000 : 2_000_000;
    const nettrace = watch(host, ['-d', '1', '--max-flows', String(packets / 10), host.device]);
    await nettrace.ready();
    const before = await host.counters();
    const began = performance.now();
    await flood(stage, { kind: 'udp', packets, rate: 350_000, flows: packets });
    const took = performance.now() - began;
    await nettrace.next(() => true, 'a refresh after the flood');
    const watched = await nettrace.stop();
    const wire = traffic(before, await host.counters());
    const { last } = watched;
    const drops = last.drops.kernel + last.drops.interface;
    const seen = last.total.sentTotal + last.total.receivedTotal;
    const { faults, claim } = claims();
    claim(watched.peakRssBytes < MEMORY, `${megabytes(watched.peakRssBytes)} of memory`);
    claim(watched.openBooks === 0, `in ${watched.openBooks} refreshes the books do not close`);
    claim(watched.longestGapMs <= GAP_MS, `${ms(watched.longestGapMs)} between two refreshes`);
    claim(
      near(seen + last.drops.kernel * FRAME, wire, 0.001),
      `${seen} bytes and ${drops} drops, the interface ${wire}`,
    );
    return {
      figures: [
        `${packets} flows in ${ms(took)}: ${megabytes(watched.peakRssBytes)}, longest gap ${ms(watched.longestGapMs)}, ` +
          `${seen} of ${wire} bytes, ${drops} drops, ${last.attribution.flowsEvicted} flows evicted`,
      ],
      faults,
    };
  },
};

export const FLOOD_CHECKS: readonly Check[] = [spoofedSyn, distinctFlows];
