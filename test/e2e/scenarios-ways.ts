// Owns: the scenarios of sockets in several hands, of other ways of sending, and of traffic without ports.
// Knows nothing of: how they are watched and judged.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { generator } from './places.ts';
import { fromPeers, moved, type Scenario, type Stage } from './scenario.ts';
import type { Expected } from './verdict.ts';

const MB = 1_000_000;

function shared(name: string, ...words: readonly string[]): Scenario {
  return {
    name: `a socket written in turn by parent and child, ${name}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const far = await stage.serve(peer, words.includes('udp') ? 'udp-receive' : 'serve', ...to);
      const own = await stage.traffic(host, 'share', ...to, `turns=${20 * stage.scale}`, ...words).finish();
      await far.finish();
      return { expected: moved(own), nameable: false, bystanders: own.map(({ pid }) => pid) };
    },
  };
}

/** Clients of the peer; a worker of the host has each connection. */
function workers(name: string, serve: readonly string[], clients: readonly string[]): Scenario {
  return {
    name,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [host.address(4), stage.freshPort()] as const;
      const own = await stage.serve(host, ...([serve[0] ?? 'serve', ...to, ...serve.slice(1)] as const));
      await stage.traffic(peer, 'crowd', ...to, ...clients).finish();
      return { expected: moved(await own.finish()), nameable: false, bystanders: [own.pid] };
    },
  };
}

/** A stream of the host to a server of the peer. */
function streaming(way: string): Scenario {
  return {
    name: `TCP by ${way}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const give = way === 'uring' ? 5 * MB : 0;
      const far = await stage.serve(peer, 'serve', ...to, `give=${give}`);
      const words = [`bytes=${8 * MB * stage.scale}`, `take=${give}`, 'hold=1000', way];
      const own = await stage.traffic(host, 'stream', ...to, ...words).finish();
      return { expected: fromPeers(moved(own), moved(await far.finish())), nameable: true };
    },
  };
}

/** Its options have no one length: alone on the wire, what the peer's device counted is what it moved. */
const mptcp: Scenario = {
  name: 'MPTCP',
  impossible: () => {
    const switched = '/proc/sys/net/mptcp/enabled';
    const on = existsSync(switched) && readFileSync(switched, 'latin1').trim() === '1';
    return on ? false : 'the kernel has no MPTCP, or it is switched off';
  },
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'serve', ...to, 'mptcp');
    const before = await peer.counters();
    const own = stage.traffic(host, 'stream', ...to, `bytes=${8 * MB * stage.scale}`, 'hold=1000', 'mptcp');
    await own.finish();
    const after = await peer.counters();
    await far.finish();
    const [sent, received] = [after.receivedBytes - before.receivedBytes, after.sentBytes - before.sentBytes];
    return { expected: [{ pid: own.pid, sent, received, slack: 1514 }], nameable: false };
  },
};

const batches: Scenario = {
  name: 'UDP by sendmmsg and recvmmsg',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'udp-receive', ...to, 'echo');
    const own = await stage.traffic(host, 'batches', ...to, `packets=${1600 * stage.scale}`, 'hold=1000').finish();
    await far.finish();
    return { expected: moved(own), nameable: true };
  },
};

function pinging(kind: 'ping' | 'raw'): Scenario {
  return {
    name: `ICMP echo from a ${kind} socket`,
    async run(stage) {
      const { host, peer } = stage.world;
      if (kind === 'ping') {
        const allow = ['-ec', 'echo 0 0 >/proc/sys/net/ipv4/ping_group_range'];
        await host.start('sh', allow).ended;
      }
      const words = ['size=1000', `packets=${400 * stage.scale}`, kind];
      return {
        expected: moved(await stage.traffic(host, 'ping', peer.address(4), 1, ...words).finish()),
        nameable: false,
      };
    },
  };
}

const rawProtocol: Scenario = {
  name: 'raw IP protocol 253, out and in',
  async run(stage) {
    const { host, peer } = stage.world;
    const far = await stage.serve(peer, 'raw-receive', peer.address(4), 253);
    const here = await stage.serve(host, 'raw-receive', host.address(4), 254);
    // A protocol without a socket is answered with ICMP: each has a receiver at the other side.
    const words = ['size=1000', 'rate=2000', `packets=${1000 * stage.scale}`, 'hold=500'];
    const own = await stage.traffic(host, 'raw-send', peer.address(4), 253, ...words).finish();
    await stage.traffic(peer, 'raw-send', host.address(4), 254, ...words).finish();
    await far.finish();
    return { expected: moved(own, await here.finish()), nameable: false };
  },
};

const INJECTED = 64;

/** All send by the same ports. */
function injection(name: string, processes: number): Scenario {
  return {
    name,
    async run(stage) {
      const { host, peer } = stage.world;
      const packets = 5000 * stage.scale;
      const words = [host.device, peer.mac, peer.address(4), 'udp', packets, 10_000, 50, 'queued'].map(String);
      const expected: Expected[] = [];
      for (let i = 0; i < processes; i++) {
        const program = host.start(generator('flood'), words);
        const { code, stderr } = await program.ended;
        if (code !== 0) throw new Error(`flood ended with ${code}: ${stderr}`);
        expected.push({ pid: program.pid, sent: packets * INJECTED, received: 0, slack: 0 });
      }
      return { expected, nameable: false };
    },
  };
}

async function offload(stage: Stage, state: 'on' | 'off'): Promise<void> {
  const { host, peer } = stage.world;
  for (const site of [host, peer]) {
    const { code } = await site.start('ethtool', ['-K', site.device, 'tso', state, 'gso', state, 'gro', state]).ended;
    if (code !== 0) throw new Error(`ethtool cannot turn offload ${state}`);
  }
}

/** tcp_info counts segments, not super-frames: the truth is the wire's with and without. */
function offloaded(direction: 'up' | 'down'): Scenario {
  return {
    name: `TCP ${direction} with TSO and GRO on`,
    async run(stage) {
      await offload(stage, 'on');
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const amount = 40 * MB * stage.scale;
      const far = await stage.serve(peer, 'serve', ...to, `give=${direction === 'down' ? amount : 0}`);
      const words = direction === 'up' ? [`bytes=${amount}`] : [`take=${amount}`];
      const own = await stage.traffic(host, 'connect', ...to, ...words, 'hold=1000').finish();
      const peers = moved(await far.finish());
      await setTimeout(100);
      await offload(stage, 'off');
      return { expected: fromPeers(moved(own), peers), nameable: true, offloaded: true };
    },
  };
}

const drip: Scenario = {
  name: 'a slow drip over TCP',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'serve', ...to);
    const own = await stage.traffic(host, 'connect', ...to, `bytes=${600 * stage.scale}`, 'rate=200').finish();
    await far.finish();
    return { expected: moved(own), nameable: true };
  },
};

const toTheWorld: Scenario = {
  name: 'a container behind a bridge and NAT, seen at the uplink',
  prepare: async ({ world }) => void (await world.containers()),
  async run(stage) {
    const { peer } = stage.world;
    const [box] = await stage.world.containers();
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'serve', ...to, `give=${MB}`);
    const words = [`bytes=${4 * MB * stage.scale}`, `take=${MB}`, `rate=${4 * MB}`, 'hold=500'];
    const own = await stage.traffic(box, 'connect', ...to, ...words).finish();
    return { expected: fromPeers(moved(own), moved(await far.finish())), nameable: false };
  },
};

const betweenContainers: Scenario = {
  name: 'a container to another over the bridge, seen at a port of it',
  device: 'vbox1',
  prepare: async ({ world }) => void (await world.containers()),
  async run(stage) {
    const [box, other] = await stage.world.containers();
    const to = [other.address, stage.freshPort()] as const;
    const far = await stage.serve(other, 'serve', ...to);
    const words = [`bytes=${4 * MB * stage.scale}`, `rate=${4 * MB}`, 'hold=500'];
    const own = moved(await stage.traffic(box, 'connect', ...to, ...words).finish());
    const ends = moved(await far.finish());
    // From the port both directions can be seen as either end's: what one sent the other received.
    const both = [...own, ...ends].map((one) => ({ ...one, receivedAtMost: Math.max(one.received, one.sent) }));
    return { expected: both, nameable: false, eitherEnd: true };
  },
};

const CLIENTS = ['processes=100', 'bytes=20000', 'take=5000'];

export const HAND_SCENARIOS: readonly Scenario[] = [
  shared('UDP connected', 'udp'),
  shared('UDP unconnected', 'udp', 'unconnected'),
  shared('TCP'),
  workers('prefork server, 4 workers', ['serve', 'workers=4', 'give=5000'], CLIENTS),
  workers('server that forks after accept', ['serve', 'fork', 'connections=100', 'give=5000'], CLIENTS),
  workers('server that passes sockets by SCM_RIGHTS', ['serve-passed', 'connections=100', 'give=5000'], CLIENTS),
  workers('workers that only receive', ['serve', 'fork', 'connections=100'], ['processes=100', 'bytes=50000']),
];
export const WAY_SCENARIOS: readonly Scenario[] = [
  ...['sendfile', 'splice', 'uring'].map(streaming),
  batches,
  pinging('ping'),
  pinging('raw'),
  rawProtocol,
  injection('frames injected by a packet socket', 1),
  injection('frames injected by one process after the other', 3),
  drip,
];
/** These change the network, or must be alone in it. */
export const LONE_SCENARIOS: readonly Scenario[] = [
  mptcp,
  offloaded('up'),
  offloaded('down'),
  toTheWorld,
  betweenContainers,
];
