// Tests: end to end, in two namespaces: connections get the names that cross the wire, and no others.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { NETTRACE, noWorld } from './e2e/places.ts';
import type { Program } from './e2e/program.ts';
import { type World, withWorld } from './e2e/world.ts';

interface Connection {
  readonly protocol: string;
  readonly initiator: string;
  readonly remotePort: number;
  readonly remoteName: string | null;
  readonly remoteNameSource: string | null;
  readonly service: string | null;
}

const connectionsOf = (line: string) =>
  (JSON.parse(line) as { readonly connections: readonly Connection[] }).connections;

/** Where the client connects to. */
const SERVED = [443, 8080];

const names = (connections: readonly Connection[]) =>
  connections
    .filter(({ remotePort }) => SERVED.includes(remotePort))
    .map(({ protocol, remotePort, remoteName, remoteNameSource }) =>
      [protocol, remotePort, remoteName, remoteNameSource].join(' '),
    )
    .sort();

const isNamed = ({ remotePort, remoteName }: Connection) => !SERVED.includes(remotePort) || remoteName !== null;

/** What a watching nettrace says of the client's three connections, once it has seen them all. */
async function watchClient({ host, peer }: World, numeric: boolean): Promise<readonly Connection[]> {
  const script = (name: string) => new URL(`./e2e/${name}.js`, import.meta.url).pathname;
  const run = (site: typeof host, name: string): Program =>
    site.start(process.execPath, [script(name), peer.address(4)]);
  const ready = (program: Program, what: string) => program.line((line) => line.includes('ready'), what);
  const server = run(peer, 'name-server');
  await ready(server, 'the server is ready');
  const options = ['--json', '--connections', '-d', '0.2', ...(numeric ? ['-n'] : []), host.device];
  const nettrace = host.start(process.execPath, [NETTRACE, ...options]);
  await nettrace.line(() => true, 'nettrace is ready');
  const client = run(host, 'name-client');
  await ready(client, 'the client has connected');
  // A connection is seen before its client has said anything.
  const complete = (of: readonly Connection[]) => names(of).length === 3 && of.every((one) => numeric || isNamed(one));
  const line = await nettrace.line((one) => complete(connectionsOf(one)), 'three connections are seen');
  for (const program of [client, nettrace, server]) program.signal('SIGTERM');
  await Promise.all([client.ended, nettrace.ended, server.ended]);
  return connectionsOf(line);
}

const skip = noWorld();

test('connections have the names of DNS answers and of TLS and QUIC hellos, not of spoofed answers', {
  skip,
  timeout: 60_000,
}, async () => {
  const connections = await withWorld((world) => watchClient(world, false));
  deepEqual(names(connections), [
    'tcp 443 tls.example tls',
    'tcp 8080 www.asked.example dns',
    'udp 443 example.com quic',
  ]);
  equal(connections.find(({ remotePort }) => remotePort === 53)?.service, 'domain');
});

test('with -n connections have neither names nor services', { skip, timeout: 60_000 }, async () => {
  const connections = await withWorld((world) => watchClient(world, true));
  deepEqual(names(connections), ['tcp 443  ', 'tcp 8080  ', 'udp 443  ']);
  deepEqual(new Set(connections.map(({ service }) => service)), new Set([null]));
});
