// Owns: the scenarios of sockets whose address no interface of the host has: by a local route, or as transparent ones.
// Knows nothing of: how they are watched and judged.
import { fromPeers, moved, type Scenario, type Stage } from './scenario.ts';

const MB = 1_000_000;
/** Of 198.18.0.0/15, which is for tests (RFC 2544). */
const ROUTED = { network: '198.18.5.0/24', address: '198.18.5.5' } as const;
const TRANSPARENT = { network: '198.18.6.0/24', address: '198.18.6.6' } as const;
const STEADY = ['size=1000', 'rate=2000'] as const;

/** All of the network is the host's: `ip route add local`, often called AnyIP. */
async function route({ world: { host, peer } }: Stage): Promise<void> {
  await host.ip('route', 'replace', 'local', ROUTED.network, 'dev', 'lo');
  await peer.ip('route', 'replace', ROUTED.network, 'via', host.address(4));
}

/** As transparent proxies have it: a rule takes the packets to a table of its own, in which they are local. */
async function intercept({ world: { host, peer } }: Stage): Promise<void> {
  await host.ip('route', 'replace', 'local', TRANSPARENT.network, 'dev', 'lo', 'table', '100');
  // It may be there: several scenarios share it.
  await host.ip('rule', 'add', 'to', TRANSPARENT.network, 'lookup', '100').catch(() => undefined);
  await peer.ip('route', 'replace', TRANSPARENT.network, 'via', host.address(4));
}

interface From {
  readonly name: string;
  readonly address: string;
  readonly prepare: (stage: Stage) => Promise<void>;
  readonly words: readonly string[];
  /** The socket tables alone do not tell whose what passes through is. */
  readonly nameable: boolean;
}

const FROM: readonly From[] = [
  { name: 'an address of a local route', address: ROUTED.address, prepare: route, words: [], nameable: true },
  {
    ...{ name: 'the address of a transparent socket', address: TRANSPARENT.address },
    ...{ prepare: intercept, words: ['transparent'], nameable: false },
  },
];

function datagrams({ name, address, prepare, words, nameable }: From, how: 'connected' | 'unconnected'): Scenario {
  return {
    name: `UDP from ${name}, ${how}`,
    prepare,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const far = await stage.serve(peer, 'udp-receive', ...to, 'echo');
      const port = `bind=${stage.freshPort()}`;
      const all = [...STEADY, `packets=${2400 * stage.scale}`, how, 'answers', port, `from=${address}`, ...words];
      const own = await stage.traffic(host, 'udp-send', ...to, ...all).finish();
      return { expected: fromPeers(moved(own), moved(await far.finish())), nameable };
    },
  };
}

function client({ name, address, prepare, words, nameable }: From): Scenario {
  return {
    name: `TCP from ${name}`,
    prepare,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const far = await stage.serve(peer, 'serve', ...to, `give=${MB}`);
      const all = [
        `bytes=${4 * MB * stage.scale}`,
        `take=${MB}`,
        `rate=${4 * MB}`,
        'hold=500',
        `from=${address}`,
        ...words,
      ];
      const own = await stage.traffic(host, 'connect', ...to, ...all).finish();
      await far.finish();
      return { expected: moved(own), nameable };
    },
  };
}

function server({ name, address, prepare, words, nameable }: From): Scenario {
  return {
    name: `TCP to ${name}`,
    prepare,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [address, stage.freshPort()] as const;
      const own = await stage.serve(host, 'serve', ...to, `give=${MB}`, ...words);
      const all = [`bytes=${4 * MB * stage.scale}`, `take=${MB}`, `rate=${4 * MB}`];
      await stage.traffic(peer, 'connect', ...to, ...all).finish();
      return { expected: moved(await own.finish()), nameable };
    },
  };
}

function answering({ name, address, prepare, words, nameable }: From): Scenario {
  return {
    name: `UDP to ${name}, and answers`,
    prepare,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [address, stage.freshPort()] as const;
      const own = await stage.serve(host, 'udp-receive', ...to, 'echo', ...words);
      const all = [...STEADY, `packets=${2400 * stage.scale}`, 'unconnected', 'answers'];
      const far = await stage.traffic(peer, 'udp-send', ...to, ...all).finish();
      return { expected: fromPeers(moved(await own.finish()), moved(far)), nameable };
    },
  };
}

const forged: Scenario = {
  name: 'raw IP packets from an address that nobody here has',
  async run(stage) {
    const { host, peer } = stage.world;
    const far = await stage.serve(peer, 'raw-receive', peer.address(4), 253);
    const words = ['size=1000', 'rate=2000', `packets=${1000 * stage.scale}`, 'hold=500', 'from=198.18.7.7'];
    const own = await stage.traffic(host, 'raw-send', peer.address(4), 253, ...words).finish();
    await far.finish();
    return { expected: moved(own), nameable: false };
  },
};

export const FOREIGN_SCENARIOS: readonly Scenario[] = [
  ...FROM.flatMap((from) => [datagrams(from, 'connected'), datagrams(from, 'unconnected'), client(from)]),
  ...FROM.flatMap((from) => [server(from), answering(from)]),
  forged,
];
