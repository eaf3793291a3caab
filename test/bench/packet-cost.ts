// Owns: what a captured packet costs, and how many are lost, in a bounded flood of 64-byte frames over a veth pair.
// Knows nothing of: how the programs count.
import { generator } from '../e2e/places.ts';
import { cpuSeconds, peakRssBytes } from '../e2e/watch.ts';
import { type World, withWorld } from '../e2e/world.ts';
import { type Figure, median } from './figures.ts';
import { type Rival, rivals } from './rivals.ts';

export interface Load {
  readonly packets: number;
  readonly flows: number;
}

const RATE = 250_000;

interface Run {
  readonly rival: string;
  /** Per captured packet; not a number where there was none. */
  readonly cpuMicros: number;
  readonly lostShare: number;
  /** Lost packets that the program did not report. */
  readonly silentShare: number;
  readonly rssMegabytes: number;
  readonly rate: number;
}

async function measure(world: World, rival: Rival, { packets, flows }: Load): Promise<Run> {
  const { host, peer } = world;
  const counter = rival.start(host, host.device);
  await counter.ready();
  const cpuBefore = cpuSeconds(counter.pid);
  const words = [peer.device, host.mac, host.address(4), 'udp', packets, RATE, flows].map(String);
  const flood = peer.start(generator('flood'), words);
  const line = await flood.line((text) => text.includes('"flood"'), 'the flood is over', 120_000);
  const sent = JSON.parse(line) as { readonly packets: number; readonly seconds: number };
  await counter.settle();
  const cpu = cpuSeconds(counter.pid) - cpuBefore;
  const rss = peakRssBytes(counter.pid);
  const { packets: seen, reportedDrops } = await counter.stop();
  const lost = Math.max(0, sent.packets - seen);
  return {
    rival: rival.name,
    cpuMicros: seen === 0 ? Number.NaN : (cpu * 1e6) / seen,
    lostShare: lost / sent.packets,
    silentShare: Math.max(0, lost - (reportedDrops ?? 0)) / sent.packets,
    rssMegabytes: rss / 1e6,
    rate: sent.packets / sent.seconds,
  };
}

/** The programs take turns, so that a change of the machine's load meets all of them. */
export async function packetCost(rounds: number, load: Load): Promise<readonly Figure[]> {
  const all = rivals();
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const rival of all) runs.push(await withWorld((world) => measure(world, rival, load)));
  }
  const of = (name: string, key: Exclude<keyof Run, 'rival'>) =>
    median(runs.filter(({ rival }) => rival === name).map((run) => run[key]));
  const others = (key: Exclude<keyof Run, 'rival'>, scale = 1) =>
    all.slice(1).map(({ name }) => ({ name, value: of(name, key) * scale }));
  const rate = median(runs.map((run) => run.rate));
  const flows = load.flows === 1 ? '1 flow' : `${load.flows} flows`;
  return [
    {
      what: `own CPU per captured 64-byte packet, ${flows}`,
      value: of('nettrace', 'cpuMicros'),
      unit: 'us = s/1M packets',
      goal: { limit: 0.3, better: 'below' },
      others: others('cpuMicros'),
      note: `${load.packets} packets at ${Math.round(rate)} a second (${RATE} asked for), ${flows}, median of ${rounds}`,
    },
    {
      what: '  packets lost',
      value: of('nettrace', 'lostShare') * 100,
      unit: '%',
      goal: { limit: 0, better: 'below' },
      others: others('lostShare', 100),
    },
    {
      what: '  packets lost and not reported',
      value: of('nettrace', 'silentShare') * 100,
      unit: '%',
      others: others('silentShare', 100),
    },
    {
      what: '  peak RSS',
      value: of('nettrace', 'rssMegabytes'),
      unit: 'MB',
      others: others('rssMegabytes'),
    },
  ];
}
