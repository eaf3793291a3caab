// Owns: the UDP scenarios: connected and not, both directions, answers, fragments.
// Knows nothing of: how they are watched and judged.
import { fromPeers, moved, type Scenario } from './scenario.ts';
import type { Family } from './world.ts';

const FAMILIES: readonly Family[] = [4, 6];
const STEADY = ['size=1000', 'rate=2000'] as const;

const SOCKETS = {
  connected: 'connected socket',
  unconnected: 'unconnected socket',
  anew: 'a socket that connects anew each time',
} as const;

function sending(family: Family, how: keyof typeof SOCKETS): Scenario {
  return {
    name: `UDP out, ${SOCKETS[how]}, IPv${family}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(family), stage.freshPort()] as const;
      const far = await stage.serve(peer, 'udp-receive', ...to);
      const words = [...STEADY, `packets=${2400 * stage.scale}`, how];
      const own = await stage.traffic(host, 'udp-send', ...to, ...words).finish();
      await far.finish();
      return { expected: moved(own), nameable: how !== 'anew' };
    },
  };
}

/** Answers come from a socket that never named its peer. */
function answering(family: Family): Scenario {
  return {
    name: `UDP in and answers, wildcard socket, IPv${family}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const port = stage.freshPort();
      const own = await stage.serve(host, 'udp-receive', family === 4 ? '0.0.0.0' : '::', port, 'echo');
      const words = [...STEADY, `packets=${2400 * stage.scale}`, 'unconnected', 'answers'];
      const far = await stage.traffic(peer, 'udp-send', host.address(family), port, ...words).finish();
      return { expected: fromPeers(moved(await own.finish()), moved(far)), nameable: true };
    },
  };
}

/** An IPv6 socket serves IPv4 clients too: addresses are v4-mapped in the kernel's tables. */
const mapped: Scenario = {
  name: 'UDP in over IPv4 to an IPv6 socket',
  async run(stage) {
    const { host, peer } = stage.world;
    const port = stage.freshPort();
    const own = await stage.serve(host, 'udp-receive', '::', port);
    await stage.traffic(peer, 'udp-send', host.address(4), port, ...STEADY, `packets=${2400 * stage.scale}`).finish();
    // The receiver's report counts IPv6 headers: 20 bytes more than there were on each packet.
    const expected = moved(await own.finish()).map((one) => ({ ...one, received: (one.received / 1062) * 1042 }));
    return { expected, nameable: true };
  },
};

function fragments(family: Family): Scenario {
  return {
    name: `UDP in fragments, IPv${family}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(family), stage.freshPort()] as const;
      const far = await stage.serve(peer, 'udp-receive', ...to, 'echo');
      const words = ['size=8000', 'rate=300', `packets=${400 * stage.scale}`, 'answers'];
      const own = await stage.traffic(host, 'udp-send', ...to, ...words).finish();
      // On a busy machine an answer may come after the half second that its sender waits for one.
      return { expected: fromPeers(moved(own), moved(await far.finish())), nameable: true };
    },
  };
}

export const UDP_SCENARIOS: readonly Scenario[] = [
  ...FAMILIES.flatMap((family) => [sending(family, 'connected'), sending(family, 'unconnected'), answering(family)]),
  sending(4, 'anew'),
  mapped,
  ...FAMILIES.map(fragments),
];
