// Owns: the TCP scenarios: bulk, rate-limited, servers of every build, many clients, loopback.
// Knows nothing of: how they are watched and judged.

import { setTimeout } from 'node:timers/promises';
import { fromPeers, moved, type Scenario, type Stage } from './scenario.ts';
import type { Family } from './world.ts';

const MB = 1_000_000;
const FAMILIES: readonly Family[] = [4, 6];

/** A client at the host; `up` and `down` are bytes. It lives a second or more. */
function bulk(family: Family, name: string, options: (stage: Stage) => readonly string[], give = 0): Scenario {
  return {
    name: `${name}, IPv${family}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const port = stage.freshPort();
      const to = [peer.address(family), port] as const;
      const server = await stage.serve(peer, 'serve', ...to, `give=${give * stage.scale}`);
      const client = await stage.traffic(host, 'connect', ...to, 'hold=1000', ...options(stage)).finish();
      const far = await server.finish();
      return { expected: fromPeers(moved(client), moved(far)), nameable: true };
    },
  };
}

const clientTransfers = FAMILIES.flatMap((family) => [
  bulk(family, 'TCP up at full speed', ({ scale }) => [`bytes=${40 * MB * scale}`]),
  bulk(family, 'TCP down at full speed', ({ scale }) => [`take=${40 * MB * scale}`], 40 * MB),
  bulk(family, 'TCP up at 4 MB/s', ({ scale }) => [`bytes=${4 * MB * scale}`, `rate=${4 * MB}`]),
]);

const serverTransfers = FAMILIES.map(
  (family): Scenario => ({
    name: `TCP down to a server at 4 MB/s, IPv${family}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [host.address(family), stage.freshPort()] as const;
      const own = await stage.serve(host, 'serve', ...to);
      const words = [`bytes=${4 * MB * stage.scale}`, `rate=${4 * MB}`];
      const clients = await stage.traffic(peer, 'connect', ...to, ...words).finish();
      return { expected: fromPeers(moved(await own.finish()), moved(clients)), nameable: true };
    },
  }),
);

/** A server outlives its last connection: a port that is closed before the frames are read names nobody. */
const SERVERS_STAY_MS = 500;

/** The host serves; clients of the peer send. What a parent accepts and never serves is in its hands for a moment. */
function server(name: string, serve: readonly string[], clients: (stage: Stage) => readonly string[]): Scenario {
  return {
    name,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [host.address(4), stage.freshPort()] as const;
      const own = await stage.serve(host, 'serve', ...to, ...serve);
      const far = await stage.traffic(peer, 'crowd', ...to, ...clients(stage)).finish();
      await setTimeout(SERVERS_STAY_MS);
      const expected = fromPeers(moved(await own.finish()), moved(far));
      return { expected, bystanders: serve.includes('fork') ? [own.pid] : [], nameable: true };
    },
  };
}

const servers: readonly Scenario[] = [
  server('server with 400 short connections', ['give=5000'], () => ['processes=400', 'bytes=20000', 'take=5000']),
  server('server with 100 connections at once', ['give=50000'], () => [
    'processes=100',
    'together',
    'bytes=20000',
    'take=50000',
    'hold=1000',
  ]),
  server('server that forks for each connection', ['fork', 'connections=8', 'give=100000'], ({ scale }) => [
    'processes=8',
    'together',
    `bytes=${MB * scale}`,
    `rate=${(2 * MB) / 3}`,
    'take=100000',
  ]),
  server('server that forks, and its children are late', ['fork', 'connections=4', 'late=800'], () => [
    'processes=4',
    'together',
    'bytes=60000',
  ]),
];

/** Which worker accepted a connection of a few milliseconds is more than the kernel tells afterwards. */
export const SHARED_LISTENER: Scenario = {
  name: 'server with 4 accepting processes, 200 short connections',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [host.address(4), stage.freshPort()] as const;
    const own = await stage.serve(host, 'serve', ...to, 'workers=4', 'give=5000');
    await stage.traffic(peer, 'crowd', ...to, 'processes=200', 'bytes=20000', 'take=5000').finish();
    return { expected: moved(await own.finish()), nameable: false };
  },
};

export const VANISHING_SERVER: Scenario = {
  name: 'server that ends with its last short connection',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [host.address(4), stage.freshPort()] as const;
    const own = await stage.serve(host, 'serve', ...to, 'connections=100', 'give=5000');
    const clients = await stage.traffic(peer, 'crowd', ...to, 'processes=100', 'bytes=20000', 'take=5000').finish();
    return { expected: fromPeers(moved(await own.finish()), moved(clients)), nameable: false };
  },
};

const manyClients: Scenario = {
  name: '60 clients at once, 1.2 s each',
  async run(stage) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'serve', ...to);
    const words = ['processes=60', 'together', `bytes=${200_000 * stage.scale}`, 'hold=1200'];
    const clients = await stage.traffic(host, 'crowd', ...to, ...words).finish();
    await far.finish();
    return { expected: moved(clients), nameable: true };
  },
};

export const LOOPBACK_SCENARIOS = FAMILIES.map(
  (family): Scenario => ({
    name: `loopback, both ends, IPv${family}`,
    loopback: true,
    async run(stage) {
      const { host } = stage.world;
      const to = [family === 4 ? '127.0.0.1' : '::1', stage.freshPort()] as const;
      const own = await stage.serve(host, 'serve', ...to, `give=${5 * MB}`);
      const words = [`bytes=${20 * MB * stage.scale}`, `take=${5 * MB}`, 'hold=1000'];
      const client = moved(await stage.traffic(host, 'connect', ...to, ...words).finish());
      const server = moved(await own.finish());
      return { expected: [...fromPeers(client, server), ...fromPeers(server, client)], nameable: true };
    },
  }),
);

export const TRANSFER_SCENARIOS: readonly Scenario[] = [...clientTransfers, ...serverTransfers];
export const SERVER_SCENARIOS: readonly Scenario[] = [...servers, manyClients];
