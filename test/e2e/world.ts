// Owns: a small network to test in: two namespaces and the veth pairs between them; gone again whatever happens.
// Knows nothing of: what is sent through it and who watches.
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { killEverything, type Program, start } from './program.ts';

const run = promisify(execFile);

export type Family = 4 | 6;

export interface Counters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly sentPackets: number;
}

/** One end: a namespace with an interface, addresses and programs. */
export interface Site {
  readonly namespace: string;
  readonly device: string;
  readonly mac: string;
  address(family: Family): string;
  /** Starts a program inside. */
  start(command: string, args: readonly string[], limitMs?: number): Program;
  /** ip(8) inside. */
  ip(...words: readonly string[]): Promise<void>;
  /** The interface's own counters. */
  counters(device?: string): Promise<Counters>;
}

export interface World {
  /** Where nettrace watches. */
  readonly host: Site;
  /** The other side of the wire. */
  readonly peer: Site;
  /** One more pair between the sites, up and with addresses in 198.51.100.0/24. */
  addPair(hostDevice: string, peerDevice: string): Promise<void>;
}

const MACS = { host: '02:00:00:00:77:01', peer: '02:00:00:00:77:02' } as const;
const ADDRESSES = {
  host: { 4: '192.0.2.1', 6: '2001:db8::1' },
  peer: { 4: '192.0.2.2', 6: '2001:db8::2' },
} as const;

let worlds = 0;
const namespaces = new Set<string>();

function removeEverything(): void {
  killEverything();
  for (const name of namespaces) {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    } catch {
      // It was not made, or is gone.
    }
  }
  namespaces.clear();
}

function removeAtAnyEnd(): void {
  if (process.listeners('exit').includes(removeEverything)) return;
  process.on('exit', removeEverything);
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

/**
 * No byte may cross that the test does not know: no duplicate address detection, no router solicitation, fixed
 * neighbours; no selective acknowledgements, so that every TCP header has one length. No reverse path filter and no
 * default route: floods from invented addresses arrive and get no answer.
 */
function furnish(site: 'host' | 'peer', device: string): string {
  const other = site === 'host' ? 'peer' : 'host';
  return `
    for f in all default; do echo 0 >/proc/sys/net/ipv4/conf/$f/rp_filter; done
    echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse
    echo 0 >/proc/sys/net/ipv4/tcp_sack
    echo 1024 65000 >/proc/sys/net/ipv4/ip_local_port_range
    ethtool -K ${device} tso off gso off gro off >/dev/null
    ethtool -K lo tso off gso off gro off >/dev/null
    ip link set lo up
    ip link set dev ${device} address ${MACS[site]} addrgenmode none
    ip addr add ${ADDRESSES[site][4]}/24 dev ${device}
    ip addr add ${ADDRESSES[site][6]}/64 dev ${device} nodad
    ip link set dev ${device} up
    ip neigh replace ${ADDRESSES[other][4]} lladdr ${MACS[other]} dev ${device} nud permanent
    ip neigh replace ${ADDRESSES[other][6]} lladdr ${MACS[other]} dev ${device} nud permanent`;
}

/** A command in a namespace. Not `ip netns exec`, which needs / to be a mount point, and in a chroot it is none. */
function entering(namespace: string, command: string, args: readonly string[]): [string, string[]] {
  return ['nsenter', [`--net=/run/netns/${namespace}`, '--', command, ...args]];
}

async function inside(namespace: string, command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(...entering(namespace, command, args), { timeout: 20_000 });
  return stdout;
}

interface LinkStatistics {
  readonly stats64: {
    readonly rx: { bytes: number; packets: number };
    readonly tx: { bytes: number; packets: number };
  };
}

function createSite(which: 'host' | 'peer', namespace: string, device: string): Site {
  return {
    namespace,
    device,
    mac: MACS[which],
    address: (family) => ADDRESSES[which][family],
    start: (command, args, limitMs) =>
      start(...entering(namespace, command, args), limitMs === undefined ? {} : { limitMs }),
    ip: async (...words) => void (await inside(namespace, 'ip', ...words)),
    async counters(of = device) {
      const stdout = await inside(namespace, 'ip', '-j', '-s', 'link', 'show', 'dev', of);
      const { rx, tx } = (JSON.parse(stdout) as [LinkStatistics])[0].stats64;
      return { receivedBytes: rx.bytes, sentBytes: tx.bytes, receivedPackets: rx.packets, sentPackets: tx.packets };
    },
  };
}

/** Makes a world, hands it to `body` and removes it. One at a time is enough; several do not meet. */
export async function withWorld<T>(body: (world: World) => Promise<T>): Promise<T> {
  removeAtAnyEnd();
  const name = `nt-${process.pid}-${++worlds}`;
  const names = { host: `${name}-host`, peer: `${name}-peer` };
  for (const one of Object.values(names)) namespaces.add(one);
  try {
    await run('ip', ['netns', 'add', names.host]);
    await run('ip', ['netns', 'add', names.peer]);
    const addPair = (hostDevice: string, peerDevice: string) =>
      run('ip', [
        'link',
        'add',
        hostDevice,
        'netns',
        names.host,
        'type',
        'veth',
        'peer',
        'name',
        peerDevice,
        'netns',
        names.peer,
      ]);
    await addPair('va', 'vb');
    await inside(names.host, 'sh', '-ec', furnish('host', 'va'));
    await inside(names.peer, 'sh', '-ec', furnish('peer', 'vb'));
    return await body({
      host: createSite('host', names.host, 'va'),
      peer: createSite('peer', names.peer, 'vb'),
      async addPair(hostDevice, peerDevice) {
        await addPair(hostDevice, peerDevice);
        await inside(
          names.peer,
          'sh',
          '-ec',
          `ip addr add 198.51.100.2/24 dev ${peerDevice}; ip link set dev ${peerDevice} up`,
        );
        await inside(
          names.host,
          'sh',
          '-ec',
          `ip addr add 198.51.100.1/24 dev ${hostDevice}; ip link set dev ${hostDevice} up`,
        );
      },
    });
  } finally {
    removeEverything();
  }
}
