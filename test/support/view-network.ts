// Owns: protocol counters and routes of the screens' fixture.
// Knows nothing of: the screens.
import { buildProtocols } from '../../src/model/protocol-model.ts';
import type { ProtocolModel } from '../../src/model/protocol-row.ts';
import { buildRoutes, type RouteModel } from '../../src/model/route-model.ts';
import type { NativeRoute } from '../../src/native/network-listing.ts';

type Counters = Readonly<Record<string, Readonly<Record<string, number>>>>;

function sectionsOf(counters: Counters) {
  return Object.entries(counters).map(([name, values]) => ({
    name,
    counters: Object.entries(values).map(([counter, value]) => ({ name: counter, value: String(value) })),
  }));
}

const FIRST: Counters = {
  Ip: { Forwarding: 1, DefaultTTL: 64, InReceives: 1_000_000, InHdrErrors: 0 },
  Tcp: { CurrEstab: 812, ActiveOpens: 900, InSegs: 4_000_000, OutSegs: 5_000_000, RetransSegs: 4000 },
  TcpExt: { ListenOverflows: 12, ListenDrops: 12, TCPHPHits: 77_000, TCPWinProbe: 3, SyncookiesSent: 0, Unheard: 5 },
  Udp: { InDatagrams: 50, NoPorts: 7 },
  Ip6: { Ip6InReceives: 24 },
};

function grown(steps: number): Counters {
  return {
    ...FIRST,
    Ip: { ...FIRST['Ip'], InReceives: 1_000_000 + 24_700 * steps },
    Tcp: {
      ...FIRST['Tcp'],
      InSegs: 4_000_000 + 24_000 * steps,
      OutSegs: 5_000_000 + 144_000 * steps,
      RetransSegs: 4000 + steps,
    },
    TcpExt: { ...FIRST['TcpExt'], ListenOverflows: 12 + 6 * steps, ListenDrops: 12 + 6 * steps, TCPWinProbe: 4 },
    Ip6: { Ip6InReceives: 25 },
  };
}

const first = sectionsOf(FIRST);

/** Of the sixth second. */
export const PROTOCOLS: ProtocolModel = buildProtocols(
  { sections: sectionsOf(grown(6)), first },
  { sections: sectionsOf(grown(5)), first },
  1000,
);

const ROUTE: NativeRoute = {
  ...{ family: 4, type: 1, protocol: 2, scope: 0, table: 254, metric: 0, mtu: 0 },
  ...{ destination: '0.0.0.0', prefixLength: 0, source: null, hops: [] },
};

export const NATIVE_ROUTES: readonly NativeRoute[] = [
  { ...ROUTE, type: 2, table: 255, destination: '127.0.0.1', prefixLength: 32, hops: [hop(1)] },
  { ...ROUTE, destination: '10.0.0.0', prefixLength: 24, source: '10.0.0.1', hops: [hop(2)] },
  { ...ROUTE, protocol: 16, metric: 100, hops: [hop(2, '10.0.0.254')] },
  { ...ROUTE, type: 6, protocol: 4, destination: '172.31.0.0', prefixLength: 16 },
  {
    ...ROUTE,
    protocol: 186,
    destination: '192.0.2.0',
    prefixLength: 24,
    hops: [hop(2, '10.0.0.2'), hop(3, '10.1.0.2')],
  },
  { ...ROUTE, table: 100, destination: '198.51.100.7', prefixLength: 32, hops: [hop(9, '10.0.0.3')] },
  { ...ROUTE, family: 6, destination: '2001:db8:aaaa:bbbb::', prefixLength: 64, metric: 256, hops: [hop(2)] },
];

function hop(device: number, gateway: string | null = null) {
  return { gateway, interface: device, weight: 1 };
}

export const ROUTES: RouteModel = buildRoutes(NATIVE_ROUTES, (index) => ['', 'lo', 'eth0', 'wg0'][index] ?? '');
