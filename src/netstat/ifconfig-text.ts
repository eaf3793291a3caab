// Owns: network devices as ifconfig's blocks (-ie).
// Knows nothing of: where devices are read.
import { addressText } from '../base/ip-text.ts';
import type { LinkListing, NativeLink, NativeLinkAddress } from '../native/network-listing.ts';
import type { Address6Line } from '../procfs/net-tables.ts';
import type { InterfaceLine } from './interfaces-text.ts';

const BROADCAST = 0x2;
const POINT_TO_POINT = 0x10;

const FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'UP'],
  [BROADCAST, 'BROADCAST'],
  [0x4, 'DEBUG'],
  [0x8, 'LOOPBACK'],
  [POINT_TO_POINT, 'POINTOPOINT'],
  [0x20, 'NOTRAILERS'],
  [0x40, 'RUNNING'],
  [0x80, 'NOARP'],
  [0x100, 'PROMISC'],
  [0x200, 'ALLMULTI'],
  [0x800, 'SLAVE'],
  [0x400, 'MASTER'],
  [0x1000, 'MULTICAST'],
  [0x8000, 'DYNAMIC'],
];
/** The flags that fit into struct ifreq. */
const SHOWN = 0xffff;

const SCOPES: Readonly<Record<number, string>> = { 0: 'global', 16: 'host', 32: 'link', 64: 'site', 128: 'compat' };

interface Hardware {
  readonly word: string;
  readonly title: string;
  readonly address: boolean;
}
const ETHERNET: Hardware = { word: 'ether', title: 'Ethernet', address: true };
const HARDWARE: Readonly<Record<number, Hardware>> = {
  1: ETHERNET,
  512: { word: 'ppp', title: 'Point-to-Point Protocol', address: false },
  768: { word: 'tunnel', title: 'IPIP Tunnel', address: false },
  772: { word: 'loop', title: 'Local Loopback', address: false },
  776: { word: 'sit', title: 'IPv6-in-IPv4', address: false },
};

export function renderIfconfig(
  lines: readonly InterfaceLine[],
  { addresses }: LinkListing,
  addresses6: readonly Address6Line[],
): string {
  return lines.map((line) => block(line, addresses, addresses6)).join('');
}

function block(
  line: InterfaceLine,
  addresses: readonly NativeLinkAddress[],
  addresses6: readonly Address6Line[],
): string {
  const { link, alias, name } = line;
  const flags = FLAGS.filter(([bit]) => (link.flags & bit) !== 0).map(([, word]) => word);
  let text = `${name}: flags=${link.flags & SHOWN}<${flags.join(',')}>  mtu ${link.mtu}\n`;
  const own = alias ?? addresses.find(({ index, address }) => index === link.index && !address.includes(':'));
  if (own !== undefined) text += inet(own, link);
  if (alias === undefined) {
    for (const { address, prefixLength, scope } of addresses6.filter(({ index }) => index === link.index)) {
      const word = SCOPES[scope] ?? 'unknown';
      text += `        inet6 ${addressText(address)}  prefixlen ${prefixLength}  scopeid 0x${scope.toString(16)}<${word}>\n`;
    }
  }
  text += `        ${hardware(link)}\n`;
  return `${text}${alias === undefined ? counters(link) : ''}\n`;
}

function inet(own: NativeLinkAddress, link: NativeLink): string {
  let text = `        inet ${own.address}  netmask ${maskOf(own.prefixLength)}`;
  if ((link.flags & BROADCAST) !== 0) text += `  broadcast ${own.broadcast}`;
  if ((link.flags & POINT_TO_POINT) !== 0) text += `  destination ${own.peer}`;
  return `${text}\n`;
}

function maskOf(length: number): string {
  const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return [24, 16, 8, 0].map((bits) => (mask >>> bits) & 0xff).join('.');
}

function hardware(link: NativeLink): string {
  const known = HARDWARE[link.type];
  const queue = `txqueuelen ${link.queueLength}`;
  if (known === undefined) {
    const bytes = Array.from({ length: 16 }, (_, at) => hex(link.hardware[at] ?? 0).toUpperCase());
    return `unspec ${bytes.join('-')}  ${queue}  (UNSPEC)`;
  }
  const address = known.address ? ` ${[...link.hardware].map(hex).join(':')}` : '';
  return `${known.word}${address}  ${queue}  (${known.title})`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function counters({ counters: c }: NativeLink): string {
  const dropped = c.receiveDropped + c.receiveMissed;
  return [
    `RX packets ${c.receivedPackets}  bytes ${c.receivedBytes} (${humanBytes(c.receivedBytes)})`,
    `RX errors ${c.receiveErrors}  dropped ${dropped}  overruns ${c.receiveOverruns}  frame ${c.receiveFrame}`,
    `TX packets ${c.sentPackets}  bytes ${c.sentBytes} (${humanBytes(c.sentBytes)})`,
    `TX errors ${c.sendErrors}  dropped ${c.sendDropped} overruns ${c.sendOverruns}  carrier ${c.sendCarrier}  collisions ${c.collisions}`,
  ]
    .map((line) => `        ${line}\n`)
    .join('');
}

/** One decimal, cut, as ifconfig writes it. */
function humanBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let unit = 0;
  let size = 1;
  while (bytes / size >= 1024 && unit < units.length - 1) {
    size *= 1024;
    unit++;
  }
  return `${(Math.floor((bytes / size) * 10) / 10).toFixed(1)} ${units[unit]}`;
}
