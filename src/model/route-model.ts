// Owns: routes as rows of text: destination, way, device, and where they come from; in the order people look for them.
// Knows nothing of: where routes are read, and which of them a packet takes.
import type { NativeRoute } from '../native/network-listing.ts';

export interface RouteRow {
  /** Unique, and the same as long as the way is there. */
  readonly key: string;
  readonly family: 4 | 6;
  /** `main`, `local`, or the number of the table. */
  readonly table: string;
  /** `default`, `10.0.0.0/8`, `10.0.0.1`. */
  readonly destination: string;
  /** `unicast`, or what becomes of a packet: `blackhole`, `unreachable`, `prohibit`, `local` ... */
  readonly type: string;
  /** Empty: on the link. Of a multipath route one row for each way. */
  readonly gateway: string;
  /** Sanitised; empty: none. */
  readonly device: string;
  readonly metric: number;
  /** Who made it: `kernel`, `dhcp`, `static`, `bgp` ... */
  readonly origin: string;
  /** Preferred source address; empty: none. */
  readonly source: string;
  /** The second way and further ones of the same route. */
  readonly again: boolean;
}

export interface RouteModel {
  /** undefined: too many to be listed. */
  readonly rows: readonly RouteRow[] | undefined;
  readonly count: number;
}

/** RTN_, RT_TABLE_ and RTPROT_ (include/uapi/linux/rtnetlink.h); names as iproute2 has them. */
const TYPES: Readonly<Record<number, string>> = {
  ...{ 1: 'unicast', 2: 'local', 3: 'broadcast', 4: 'anycast', 5: 'multicast', 6: 'blackhole', 7: 'unreachable' },
  ...{ 8: 'prohibit', 9: 'throw', 10: 'nat' },
};
const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };
const ORIGINS: Readonly<Record<number, string>> = {
  ...{ 1: 'redirect', 2: 'kernel', 3: 'boot', 4: 'static', 8: 'gated', 9: 'ra', 11: 'zebra', 12: 'bird', 16: 'dhcp' },
  ...{ 18: 'keepalived', 42: 'babel', 99: 'openr', 186: 'bgp', 187: 'isis', 188: 'ospf', 189: 'rip', 192: 'eigrp' },
};

/** @param device the name of an interface, sanitised; empty where it is not known */
export function buildRoutes(routes: readonly NativeRoute[], device: (index: number) => string): RouteModel {
  const sorted = [...routes].sort(compareRoutes);
  const seen = new Map<string, number>();
  const rows = sorted.flatMap((route) => {
    const hops = route.hops.length === 0 ? [undefined] : route.hops;
    return hops.map((hop, i): RouteRow => {
      const name = [route.family, route.table, destinationText(route), route.metric, route.type, hop?.gateway ?? ''];
      const key = [...name, hop?.interface ?? ''].join(' ');
      const others = seen.get(key) ?? 0;
      seen.set(key, others + 1);
      return {
        key: others === 0 ? key : `${key} ${others}`,
        family: route.family,
        table: TABLES[route.table] ?? String(route.table),
        destination: destinationText(route),
        type: TYPES[route.type] ?? `type ${route.type}`,
        gateway: hop?.gateway ?? '',
        device: hop === undefined ? '' : device(hop.interface),
        metric: route.metric,
        origin: ORIGINS[route.protocol] ?? `protocol ${route.protocol}`,
        source: route.source ?? '',
        again: i > 0,
      };
    });
  });
  return { rows, count: routes.length };
}

function destinationText({ family, destination, prefixLength }: NativeRoute): string {
  if (prefixLength === 0) return 'default';
  return prefixLength === (family === 4 ? 32 : 128) ? destination : `${destination}/${prefixLength}`;
}

const RANK: Readonly<Record<number, number>> = { 254: 0, 255: 2 };

/** IPv4 first; main, then tables of one's own, local last; the default first, wider networks before their parts. */
function compareRoutes(a: NativeRoute, b: NativeRoute): number {
  return (
    a.family - b.family ||
    (RANK[a.table] ?? 1) - (RANK[b.table] ?? 1) ||
    a.table - b.table ||
    a.prefixLength - b.prefixLength ||
    compareTexts(a.destination, b.destination) ||
    a.metric - b.metric
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
