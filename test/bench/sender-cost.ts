// Owns: how much slower a process sends 64-byte datagrams at full speed while somebody watches: nettrace with and without
// capture, nethogs. Knows nothing of: how they count.
import { generator, has } from '../e2e/places.ts';
import { type World, withWorld } from '../e2e/world.ts';
import { type Figure, median } from './figures.ts';
import { type Counter, hogs, nettraceWith } from './rivals.ts';

interface Watcher {
  readonly name: string;
  start(world: World): Counter | undefined;
}

const PORT = 7400;

function watchers(): readonly Watcher[] {
  const on = (name: string, start: (world: World) => Counter | undefined): Watcher => ({ name, start });
  return [
    on('nobody', () => undefined),
    on('light', ({ host }) => nettraceWith('--light').start(host, host.device)),
    on('default', ({ host }) => nettraceWith().start(host, host.device)),
    ...(has('nethogs') ? [on('nethogs', ({ host }) => hogs.start(host, host.device))] : []),
  ];
}

/** CPU nanoseconds of the sender for each datagram of one run. The receiver is on the same machine, in the sender's softirq up to
 * its socket; it is not woken by datagrams, since waking an idle CPU costs more than all else and happens by chance. */
async function send(world: World, watcher: Watcher, packets: number): Promise<number> {
  const { host, peer } = world;
  const counter = watcher.start(world);
  await counter?.ready();
  const receiver = peer.start(generator('traffic'), ['udp-receive', peer.address(4), String(PORT), 'rest=1']);
  await receiver.line((line) => line.includes('"ready"'), 'the receiver is ready');
  const sender = host.start(generator('traffic'), [
    'udp-send',
    peer.address(4),
    String(PORT),
    `packets=${packets}`,
    'size=22',
    'rate=0',
  ]);
  const report = await sender.line((line) => line.includes('"cpuSeconds"'), 'the sender is done', 120_000);
  await sender.ended;
  receiver.endInput();
  await receiver.ended;
  await counter?.stop();
  return ((JSON.parse(report) as { readonly cpuSeconds: number }).cpuSeconds * 1e9) / packets;
}

/** The watchers take turns, each round in another order, and a round is short: a change of the machine's load meets all of them.
 * A watcher's slow-down is the median over the rounds of its ratio to nobody's run in the same round. */
export async function senderCost(rounds: number, packets: number): Promise<readonly Figure[]> {
  const all = watchers();
  const costs = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const watcher = all[(round + turn) % all.length] as Watcher;
      costs.get(watcher.name)?.push(await withWorld((world) => send(world, watcher, packets)));
    }
  }
  const alone = costs.get('nobody') ?? [];
  const slowdown = (name: string) =>
    (median((costs.get(name) ?? []).map((cost, round) => cost / (alone[round] as number))) - 1) * 100;
  const others = costs.has('nethogs') ? [{ name: 'nethogs', value: slowdown('nethogs') }] : [];
  const note = `${packets} datagrams of 64 bytes on the wire, ${Math.round(median(alone))} ns of CPU each alone, median of ${rounds} rounds`;
  return [
    {
      what: 'a sender at full speed is slowed, --light',
      value: slowdown('light'),
      unit: '%',
      goal: { limit: 8, better: 'below' },
      others,
      note,
    },
    {
      what: 'a sender at full speed is slowed, with capture',
      value: slowdown('default'),
      unit: '%',
      goal: { limit: 20, better: 'below' },
      others,
    },
  ];
}
