// Owns: what stands in /proc/net/{route,ipv6_route,if_inet6,igmp,igmp6}. Pure; lines that are not understood are left out.
// Knows nothing of: files, and how the tables are shown.
import { sanitize } from '../base/sanitize.ts';

/** A line of /proc/net/route (fib_route_seq_show in net/ipv4/fib_trie.c): table main alone. */
export interface RouteLine {
  readonly device: string;
  readonly destination: string;
  readonly gateway: string;
  readonly mask: string;
  /** RTF_ bits, include/uapi/linux/route.h. */
  readonly flags: number;
  readonly references: number;
  readonly use: number;
  readonly metric: number;
  readonly mss: number;
  readonly window: number;
  readonly irtt: number;
}

export function parseRouteLines(text: string): readonly RouteLine[] {
  return lines(text, 1).flatMap((line) => {
    const [device, destination, gateway, flags, references, use, metric, mask, mss, window, irtt] = line.split(/\s+/);
    if (irtt === undefined || !/^[0-9A-F]{8}$/i.test(destination ?? '')) return [];
    return {
      device: sanitize(device ?? ''),
      destination: hexV4(destination),
      gateway: hexV4(gateway),
      mask: hexV4(mask),
      flags: Number.parseInt(flags ?? '', 16),
      references: Number(references),
      use: Number(use),
      metric: Number(metric),
      mss: Number(mss),
      window: Number(window),
      irtt: Number(irtt),
    };
  });
}

/** A line of /proc/net/ipv6_route (rt6_info_route in net/ipv6/route.c): all tables. */
export interface Route6Line {
  readonly device: string;
  /** 16 bytes each, network order. */
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly gateway: Uint8Array;
  readonly metric: number;
  readonly references: number;
  readonly use: number;
  readonly flags: number;
}

export function parseRoute6Lines(text: string): readonly Route6Line[] {
  return lines(text, 0).flatMap((line) => {
    const [destination, length, , , gateway, metric, references, use, flags, device] = line.trim().split(/\s+/);
    if (device === undefined || !/^[0-9a-f]{32}$/i.test(destination ?? '')) return [];
    return {
      device: sanitize(device),
      destination: hexBytes(destination),
      prefixLength: Number.parseInt(length ?? '', 16),
      gateway: hexBytes(gateway),
      metric: Number.parseInt(metric ?? '', 16),
      references: Number.parseInt(references ?? '', 16),
      use: Number.parseInt(use ?? '', 16),
      flags: Number.parseInt(flags ?? '', 16),
    };
  });
}

/** A line of /proc/net/if_inet6 (if6_seq_show in net/ipv6/addrconf.c). */
export interface Address6Line {
  readonly address: Uint8Array;
  readonly index: number;
  readonly prefixLength: number;
  /** IPV6_ADDR_ scope bits: 0 global, 0x10 host, 0x20 link, 0x40 site, 0x80 compatible. */
  readonly scope: number;
}

export function parseAddress6Lines(text: string): readonly Address6Line[] {
  return lines(text, 0).flatMap((line) => {
    const [address, index, prefixLength, scope] = line.trim().split(/\s+/);
    if (scope === undefined || !/^[0-9a-f]{32}$/i.test(address ?? '')) return [];
    const [at, length, bits] = [index, prefixLength, scope].map((field) => Number.parseInt(field ?? '', 16));
    return { address: hexBytes(address), index: at ?? 0, prefixLength: length ?? 0, scope: bits ?? 0 };
  });
}

/** A multicast group that a device listens to. */
export interface GroupLine {
  readonly device: string;
  readonly references: number;
  readonly group: Uint8Array;
}

/** /proc/net/igmp (igmp_mc_seq_show in net/ipv4/igmp.c): a line of each device, then one of each of its groups. */
export function parseGroupLines(text: string): readonly GroupLine[] {
  const groups: GroupLine[] = [];
  let device = '';
  for (const line of lines(text, 1)) {
    const head = /^\d+\s+(\S+)/.exec(line);
    if (head) device = sanitize((head[1] ?? '').replace(/:$/, ''));
    const [address, references] = line.trim().split(/\s+/);
    if (head || !/^[0-9A-F]{8}$/i.test(address ?? '')) continue;
    groups.push({ device, references: Number(references), group: v4Mapped(address ?? '') });
  }
  return groups;
}

/** /proc/net/igmp6 (igmp6_mc_seq_show in net/ipv6/mcast.c). */
export function parseGroup6Lines(text: string): readonly GroupLine[] {
  return lines(text, 0).flatMap((line) => {
    const [, device, group, references] = line.trim().split(/\s+/);
    if (references === undefined || !/^[0-9a-f]{32}$/i.test(group ?? '')) return [];
    return { device: sanitize(device ?? ''), references: Number(references), group: hexBytes(group) };
  });
}

function lines(text: string, skip: number): readonly string[] {
  return text
    .split('\n')
    .slice(skip)
    .filter((line) => line !== '');
}

/** Eight digits are the address as a number of a little-endian machine, which all that we run on are. */
function hexV4(text: string | undefined): string {
  const value = Number.parseInt(text ?? '', 16);
  return [0, 8, 16, 24].map((bits) => (value >>> bits) & 0xff).join('.');
}

function v4Mapped(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff, ...hexV4(text).split('.').map(Number)], 10);
  return bytes;
}

function hexBytes(text: string | undefined): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt((text ?? '').slice(at * 2, at * 2 + 2), 16));
}
