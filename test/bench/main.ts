// Owns: `npm run bench`: every benchmark in turn, as a table with goals and the same work by other programs.
// Knows nothing of: how a figure is measured. A benchmark is not a test: the exit code is 0. --quick: fewer, shorter runs.
// Other words choose: packets, meter, sender, offline, sockets, snapshot, refresh, metrics, history, start, scrape, netstat.
import { cpus, loadavg } from 'node:os';
import { noWorld } from '../e2e/places.ts';
import { type Figure, printFigure, printHead } from './figures.ts';
import { firstFrame } from './first-frame.ts';
import { historyCost } from './history-cost.ts';
import { idleSockets } from './idle-sockets.ts';
import { meterCost } from './meter-cost.ts';
import { metricsCost } from './metrics-cost.ts';
import { netstatCost } from './netstat-cost.ts';
import { offline } from './offline.ts';
import { packetCost } from './packet-cost.ts';
import { fullLiveCost, refreshCost } from './refresh-cost.ts';
import { scrapeCost } from './scrape.ts';
import { senderCost } from './sender-cost.ts';
import { snapshotCost } from './snapshot-cost.ts';

interface Benchmark {
  readonly name: string;
  readonly needsWorld: boolean;
  run(quick: boolean): Promise<readonly Figure[]>;
}

const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'packets',
    needsWorld: true,
    run: async (quick) => {
      const [rounds, packets] = quick ? [1, 500_000] : [3, 1_500_000];
      return [
        ...(await packetCost(rounds, { packets, flows: 1 })),
        ...(await packetCost(rounds, { packets, flows: 2000 })),
      ];
    },
  },
  { name: 'meter', needsWorld: true, run: async (quick) => meterCost(quick ? 3 : 9, 300_000) },
  { name: 'sender', needsWorld: true, run: (quick) => senderCost(quick ? 5 : 21, quick ? 200_000 : 300_000) },
  { name: 'offline', needsWorld: false, run: (quick) => offline(quick ? 3 : 7, 1_000_000) },
  { name: 'sockets', needsWorld: true, run: (quick) => idleSockets(quick ? 4 : 12) },
  { name: 'snapshot', needsWorld: false, run: (quick) => snapshotCost(quick ? 40 : 200) },
  { name: 'refresh', needsWorld: false, run: (quick) => refreshCost(quick ? 20 : 60) },
  { name: 'metrics', needsWorld: false, run: (quick) => metricsCost(quick ? 100 : 400) },
  { name: 'history', needsWorld: false, run: (quick) => historyCost(quick ? 8 : 30) },
  { name: 'refresh', needsWorld: true, run: (quick) => fullLiveCost(quick ? 6 : 20) },
  { name: 'start', needsWorld: true, run: (quick) => firstFrame(quick ? 3 : 7) },
  { name: 'scrape', needsWorld: true, run: (quick) => scrapeCost(quick ? 200 : 1000) },
  { name: 'netstat', needsWorld: true, run: (quick) => netstatCost(quick ? 5 : 15) },
];

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const chosen = words.filter((word) => !word.startsWith('--'));
const without = noWorld();

const names = [...new Set(BENCHMARKS.map(({ name }) => name))];
const unknown = words.find((word) => word !== '--quick' && !names.includes(word));
if (unknown !== undefined) {
  console.error(`bench: there is no benchmark or option ${unknown}; there are ${names.join(', ')} and --quick`);
  process.exit(1);
}

console.log(
  `${cpus().length} CPUs (${cpus()[0]?.model ?? '?'}), node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
);
printHead();
for (const { name, needsWorld, run } of BENCHMARKS) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (needsWorld && without !== false) {
    console.log(`${name}: skipped: ${without}`);
    continue;
  }
  try {
    for (const figure of await run(quick)) printFigure(figure);
  } catch (error) {
    console.log(`${name}: failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`load ${loadavg()[0]?.toFixed(1)} at the end`);
