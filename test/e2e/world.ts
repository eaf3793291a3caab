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
  /** Two containers behind a bridge of the host, which masquerades them; made when they are first asked for. */
  containers(): Promise<readonly [Container, Container]>;
}

export interface Container {
  readonly address: string;
  /** The host's end of its cable, a port of the bridge. */
  readonly port: string;
  start(command: string, args: readonly string[], limitMs?: number): Program;
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

/** The end of a pair that was up first drops what it sends until the kernel has activated it, some time after the other. */
async function untilRunning(namespace: string, device: string): Promise<void> {
  await inside(namespace, 'sh', '-ec', `until ip -o link show dev ${device} | grep -q 'state UP'; do :; done`);
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

/** Containers know their neighbours, as the sites do. */
const containerMac = (index: number) => `02:00:00:00:88:0${index}`;

async function makeContainers(world: string, host: string): Promise<readonly [Container, Container]> {
  const names = [1, 2].map((index) => `${world}-box${index}`);
  for (const name of names) namespaces.add(name);
  const bridge = `
    ip link add br0 address ${containerMac(0)} type bridge mcast_snooping 0
    ip link set dev br0 addrgenmode none
    ip addr add 10.9.0.1/24 dev br0
    ip link set dev br0 up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    nft add table ip nat
    nft 'add chain ip nat post { type nat hook postrouting priority srcnat; }'
    nft add rule ip nat post ip saddr 10.9.0.0/24 oifname va masquerade`;
  await inside(host, 'sh', '-ec', bridge);
  const box = async (index: 1 | 2): Promise<Container> => {
    const name = `${world}-box${index}`;
    const [port, address, other] = [`vbox${index}`, `10.9.0.${index + 1}`, 3 - index];
    await run('ip', ['netns', 'add', name]);
    const ends = ['link', 'add', port, 'netns', host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name];
    await run('ip', ends);
    const outside = `
      ip link set dev ${port} addrgenmode none
      ip link set dev ${port} master br0 up
      ethtool -K ${port} tso off gso off gro off >/dev/null
      ip neigh replace ${address} lladdr ${containerMac(index)} dev br0 nud permanent`;
    await inside(host, 'sh', '-ec', outside);
    const within = `
      echo 0 >/proc/sys/net/ipv4/tcp_sack
      ethtool -K eth0 tso off gso off gro off >/dev/null
      ip link set lo up
      ip link set dev eth0 address ${containerMac(index)} addrgenmode none
      ip addr add ${address}/24 dev eth0
      ip link set dev eth0 up
      ip neigh replace 10.9.0.1 lladdr ${containerMac(0)} dev eth0 nud permanent
      ip neigh replace 10.9.0.${other + 1} lladdr ${containerMac(other)} dev eth0 nud permanent
      ip route add default via 10.9.0.1`;
    await inside(name, 'sh', '-ec', within);
    await Promise.all([untilRunning(host, port), untilRunning(name, 'eth0')]);
    return {
      address,
      port,
      start: (command, args, limitMs) =>
        start(...entering(name, command, args), limitMs === undefined ? {} : { limitMs }),
    };
  };
  return [await box(1), await box(2)];
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
    await Promise.all([untilRunning(names.host, 'va'), untilRunning(names.peer, 'vb')]);
    let boxes: Promise<readonly [Container, Container]> | undefined;
    return await body({
      containers() {
        boxes ??= makeContainers(name, names.host);
        return boxes;
      },
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
        // What is sent while the neighbour is asked for its address waits, all of it.
        await inside(
          names.host,
          'sh',
          '-ec',
          `ip addr add 198.51.100.1/24 dev ${hostDevice}; ip link set dev ${hostDevice} up
          echo 16777216 >/proc/sys/net/ipv4/neigh/${hostDevice}/unres_qlen_bytes`,
        );
        await Promise.all([untilRunning(names.host, hostDevice), untilRunning(names.peer, peerDevice)]);
      },
    });
  } finally {
    removeEverything();
  }
}
