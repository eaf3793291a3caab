// Owns: the scenarios in which a name could go to the wrong process: ports that change hands, processes of milliseconds.
// Knows nothing of: how they are watched and judged.
import { moved, type Report, type Scenario } from './scenario.ts';
import { SHARED_LISTENER, VANISHING_SERVER } from './scenarios-tcp.ts';

const MB = 1_000_000;

const tcpServerPort: Scenario = {
  name: 'a TCP port goes from one server to the next',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [host.address(4), stage.freshPort()] as const;
    const reports: (readonly Report[])[] = [];
    for (let owner = 0; owner < 3; owner++) {
      const server = await stage.serve(host, 'serve', ...to);
      await stage.traffic(peer, 'connect', ...to, `bytes=${MB * (owner + 1)}`, `rate=${2 * MB * (owner + 1)}`).finish();
      reports.push(await server.finish());
    }
    return { expected: moved(...reports), nameable: true };
  },
};

const udpServerPort: Scenario = {
  name: 'a UDP port goes from one server to the next, same client port',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [host.address(4), stage.freshPort()] as const;
    const clientPort = stage.freshPort();
    const reports: (readonly Report[])[] = [];
    for (let owner = 0; owner < 3; owner++) {
      const server = await stage.serve(host, 'udp-receive', ...to);
      const words = ['size=900', 'rate=1000', `packets=${1000 + 200 * owner}`, 'hold=600', `bind=${clientPort}`];
      await stage.traffic(peer, 'udp-send', ...to, ...words).finish();
      reports.push(await server.finish());
    }
    return { expected: moved(...reports), nameable: true };
  },
};

/** The very same addresses and ports, a second later, from another process. */
const tcpClientPort: Scenario = {
  name: 'a TCP client port is used again by another process',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const ownPort = stage.freshPort();
    const far = await stage.serve(peer, 'serve', ...to);
    const reports: (readonly Report[])[] = [];
    for (let owner = 0; owner < 3; owner++) {
      const words = [`bytes=${MB * (owner + 1)}`, `rate=${2 * MB * (owner + 1)}`, 'hold=600', `bind=${ownPort}`];
      reports.push(await stage.traffic(host, 'connect', ...to, ...words).finish());
    }
    await far.finish();
    return { expected: moved(...reports), nameable: true };
  },
};

const udpClientPort: Scenario = {
  name: 'a UDP client port is used again by another process',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const ownPort = stage.freshPort();
    const far = await stage.serve(peer, 'udp-receive', ...to);
    const reports: (readonly Report[])[] = [];
    for (let owner = 0; owner < 3; owner++) {
      const words = ['size=900', 'rate=1000', `packets=${1000 + 200 * owner}`, 'hold=600', `bind=${ownPort}`];
      reports.push(await stage.traffic(host, 'udp-send', ...to, ...words).finish());
    }
    await far.finish();
    return { expected: moved(...reports), nameable: true };
  },
};

/** A process for each of them, gone after a few milliseconds: most can only be counted, none may be mistaken. */
const shortLived = (name: string, processes: number, hold: number): Scenario => ({
  name,
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'serve', ...to);
    const words = [`processes=${processes * stage.scale}`, 'bytes=20000', `hold=${hold}`];
    const clients = await stage.traffic(host, 'crowd', ...to, ...words).finish();
    await far.finish();
    return { expected: moved(clients), nameable: false };
  },
});

const HELD_MS = [3, 10, 20, 30];

export const IDENTITY_SCENARIOS: readonly Scenario[] = [tcpServerPort, udpServerPort, tcpClientPort, udpClientPort];
export const SHORT_LIVED_SCENARIOS: readonly Scenario[] = [
  shortLived('300 clients of milliseconds', 300, 0),
  ...HELD_MS.map((hold) => shortLived(`clients of ${hold} milliseconds, one after the other`, 60, hold)),
  SHARED_LISTENER,
  VANISHING_SERVER,
];
