// Tests: real queues that pile up, each for its own reason, are named within three refreshes; a busy host has none.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { has, NETTRACE, noWorld, ROOT } from './e2e/places.ts';
import type { Program } from './e2e/program.ts';
import { type Site, type World, withWorld } from './e2e/world.ts';

const python = ['/usr/bin/python3', 'python3'].find((command) => spawnSync(command, ['-c', '']).status === 0);
const missing = python === undefined ? 'needs python3' : has('nft') ? false : 'needs the program nft';
const skip = noWorld() || missing;

interface Queue {
  readonly kind: string;
  readonly cause: string | null;
  readonly causeText: string | null;
  readonly raised: boolean;
  readonly localPort: number;
  readonly remotePort: number | null;
  readonly owners: readonly { readonly pid: number; readonly name: string }[];
}

interface Look {
  readonly raised: number;
  readonly queues: readonly Queue[];
}

/** One of queue_traffic.py's programs. */
async function play(
  site: Site,
  until: 'ready' | 'connected',
  ...words: readonly (string | number)[]
): Promise<Program> {
  const script = join(ROOT, 'test/e2e/queue_traffic.py');
  const program = site.start(python ?? '', [script, ...words.map(String)]);
  await program.line((line) => line === until, words.join(' '));
  return program;
}

/** What nettrace says, look by look, and its exit code. */
async function look(
  world: World,
  ...words: readonly string[]
): Promise<{ looks: readonly Look[]; code: number | null }> {
  const looks: Look[] = [];
  const run = world.host.start(process.execPath, [NETTRACE, 'queues', '--here', '--json', '--every', ...words]);
  run.onLine((line) => looks.push(JSON.parse(line) as Look));
  const { code, stderr } = await run.ended;
  assert.equal(stderr, '');
  return { looks, code };
}

/** `kind cause` of every raised queue, by the port of the service. */
function raisedByPort({ queues }: Look): Record<number, string> {
  const raised = queues.filter((queue) => queue.raised);
  const port = (queue: Queue) => (queue.kind === 'send' ? (queue.remotePort ?? 0) : queue.localPort);
  return Object.fromEntries(raised.map((queue) => [port(queue), `${queue.kind} ${queue.cause}`]));
}

function saying({ kind, localPort, remotePort, causeText }: Queue): string {
  return `${kind} ${localPort} ${remotePort} ${causeText}`;
}

/** One in so many packets to a port does not get through. Not at random: none that is sent again is lost again by chance. */
function lose(world: World, port: number, oneIn: number): void {
  const words = [
    'add table ip loss',
    'add chain ip loss in { type filter hook input priority 0; }',
    `add rule ip loss in tcp dport ${port} numgen inc mod ${oneIn} 0 drop`,
  ];
  for (const rule of words) {
    const { status, stderr } = spawnSync('nsenter', [`--net=/run/netns/${world.peer.namespace}`, '--', 'nft', rule]);
    assert.equal(status, 0, String(stderr));
  }
}

test('each pile-up is named at the third refresh, with its owner', { skip, timeout: 60_000 }, async () => {
  await withWorld(async (world) => {
    const { host, peer } = world;
    const [here, there] = [host.address(4), peer.address(4)];
    await world.addPair('vc', 'vd');
    await Promise.all([
      play(host, 'ready', 'accept', here, 7001, 'never', 2),
      play(host, 'ready', 'accept', here, 7002, 'slowly', 4),
      play(host, 'ready', 'read', here, 7003, 'never'),
      play(host, 'ready', 'read', here, 7004, 'slowly'),
      play(host, 'ready', 'deaf', here, 7005),
      play(peer, 'ready', 'read', there, 7101, 'never'),
      play(peer, 'ready', 'read', there, 7102, 'slowly'),
      ...[7103, 7104, 7105, 7106].map((port) => play(peer, 'ready', 'read', '0.0.0.0', port, 'all')),
    ]);
    const [owner] = await Promise.all([
      play(host, 'connected', 'send', there, 7101, 'all'),
      play(host, 'connected', 'send', there, 7102, 'all'),
      play(host, 'connected', 'send', there, 7103, 'all'),
      play(host, 'connected', 'send', there, 7104, 'all'),
      play(host, 'connected', 'send', '198.51.100.2', 7105, 'all'),
      play(host, 'connected', 'send', '198.51.100.2', 7106, 'some'),
      play(peer, 'connected', 'send', here, 7003, 'all'),
      play(peer, 'connected', 'send', here, 7004, 'all'),
      play(peer, 'ready', 'knock', here, 7001, 9),
      play(peer, 'ready', 'knock', here, 7002, 30),
      play(peer, 'ready', 'datagrams', here, 7005),
    ]);
    lose(world, 7103, 7);
    lose(world, 7104, 3);
    await peer.ip('link', 'set', 'dev', 'vd', 'down');
    const { looks, code } = await look(world, '-d', '1', '-c', '3');
    const expected = {
      7001: 'accept not-accepting',
      7002: 'accept not-accepting',
      7003: 'receive not-reading',
      7004: 'receive not-reading',
      7005: 'receive not-reading',
      7101: 'send peer-not-reading',
      7102: 'send peer-not-reading',
      7103: 'send network-loss',
      7104: 'send network-loss',
      7105: 'send peer-dead',
      7106: 'send peer-dead',
    };
    assert.deepEqual(looks.slice(0, 2).map(raisedByPort), [{}, {}], 'nothing is said before it is sure');
    const last = looks[2] as Look;
    assert.deepEqual(raisedByPort(last), expected, last.queues.map(saying).join('\n'));
    assert.equal(code, 4);
    const sent = last.queues.find((queue) => queue.remotePort === 7101);
    assert.deepEqual(sent?.owners[0]?.pid, owner?.pid);
  });
});

test('a busy host whose queues move raises nothing', { skip, timeout: 60_000 }, async () => {
  await withWorld(async (world) => {
    const { host, peer } = world;
    const [here, there] = [host.address(4), peer.address(4)];
    await Promise.all([
      play(host, 'ready', 'echo', here, 7201),
      play(host, 'ready', 'read', here, 7202, 'all'),
      play(peer, 'ready', 'read', there, 7203, 'all'),
    ]);
    await Promise.all([
      play(peer, 'ready', 'ask', here, 7201, 30),
      play(peer, 'connected', 'send', here, 7202, 'all', 80),
      play(host, 'connected', 'send', there, 7203, 'all', 80),
    ]);
    const { looks, code } = await look(world, '-d', '0.5', '-c', '6');
    assert.deepEqual(
      looks.map(raisedByPort),
      looks.map(() => ({})),
    );
    assert.ok(
      looks.some(({ queues }) => queues.some((queue) => queue.kind === 'send')),
      'there were queues to judge',
    );
    assert.equal(code, 0);
  });
});
