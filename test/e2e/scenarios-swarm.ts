// Owns: the scenarios of processes that are gone at once: swarms, one-shot queries, ports and process numbers in new hands.
// Knows nothing of: how they are watched and judged.
import { existsSync } from 'node:fs';
import { moved, type Scenario, type Stage } from './scenario.ts';
import type { Family } from './world.ts';

const FAMILIES: readonly Family[] = [4, 6];

/** All of them in the full run, a fifth in the short one. */
const processes = ({ scale }: Stage, full: number) => `processes=${(full * scale) / 5}`;

/** Executed one by one against a server of the peer. The classic engine may know none of them. */
function swarm(name: string, family: Family, full: number, ...words: readonly string[]): Scenario {
  return {
    name,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(family), stage.freshPort()] as const;
      const udp = words.includes('udp');
      const far = await stage.serve(
        peer,
        udp ? 'udp-receive' : 'serve',
        ...to,
        ...(udp && !words.includes('silent') ? ['echo'] : []),
      );
      const own = await stage.traffic(host, 'swarm', ...to, processes(stage, full), ...words).finish();
      await far.finish();
      // That a port has a new owner is seen by the classic engine a moment later than the next datagram.
      const bystanders = udp && words.some((word) => word.startsWith('bind=')) ? own.map(({ pid }) => pid) : [];
      return { expected: moved(own), nameable: false, bystanders };
    },
  };
}

const samePid: Scenario = {
  ...swarm('a process number that goes from one process to the next', 4, 50, 'bytes=20000', 'same-pid'),
  impossible: () => (existsSync('/proc/sys/kernel/ns_last_pid') ? false : 'the kernel has no ns_last_pid'),
};

export const SWARM_SCENARIOS: readonly Scenario[] = [
  ...FAMILIES.map((family) => swarm(`2,000 short TCP clients, IPv${family}`, family, 2000, 'bytes=2000')),
  ...FAMILIES.map((family) => swarm(`one-shot UDP with an answer, IPv${family}`, family, 2000, 'udp', 'size=40')),
  swarm('one-shot UDP from unconnected sockets', 4, 2000, 'udp', 'unconnected', 'size=300'),
  swarm('one-shot UDP without an answer taken', 4, 500, 'udp', 'size=40', 'silent'),
  swarm('a burst of 200 processes at once', 4, 200, 'bytes=20000', 'together'),
  swarm('a TCP client port goes quickly from process to process', 4, 200, 'bytes=20000', 'bind=1500', 'reset'),
  swarm('a UDP port goes quickly from process to process', 4, 200, 'udp', 'size=400', 'bind=1501'),
  samePid,
];
