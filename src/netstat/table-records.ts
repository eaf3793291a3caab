// Owns: routes, devices and groups as records.
// Knows nothing of: how records are written.
import { addressText } from '../base/ip-text.ts';
import type { LinkListing, NativeRoute } from '../native/network-listing.ts';
import type { GroupLine } from '../procfs/net-tables.ts';
import { type InterfaceLine, interfaceFlags } from './interfaces-text.ts';
import { type RecordFormat, renderRecords } from './records.ts';
import { routeProtocol, routeTable, routeType } from './routes-text.ts';

const ROUTE = ['family', 'table', 'destination', 'prefixLength', 'type', 'protocol', 'metric', 'source', 'mtu', 'hops'];

export function renderRouteRecords(
  routes: readonly NativeRoute[],
  device: (index: number) => string,
  format: RecordFormat,
  time: number,
): string {
  const rows = routes.map((route) => ({
    family: route.family,
    table: routeTable(route.table),
    destination: route.destination,
    prefixLength: route.prefixLength,
    type: routeType(route.type),
    protocol: routeProtocol(route.protocol),
    metric: route.metric,
    source: route.source,
    mtu: route.mtu === 0 ? null : route.mtu,
    hops: route.hops.map((hop) => ({ gateway: hop.gateway, device: device(hop.interface), weight: hop.weight })),
  }));
  return renderRecords('routes', ROUTE, rows, format, time);
}

const COUNTERS = [
  'receivedPackets',
  'receivedBytes',
  'receiveErrors',
  'receiveDropped',
  'receiveMissed',
  'receiveOverruns',
  'receiveFrame',
  'sentPackets',
  'sentBytes',
  'sendErrors',
  'sendDropped',
  'sendOverruns',
  'sendCarrier',
  'collisions',
  'multicast',
] as const;
const INTERFACE = ['name', 'index', 'flags', 'mtu', 'queueLength', 'hardware', 'addresses', ...COUNTERS];

/** Labels such as eth0:1 are addresses of their device here. */
export function renderInterfaceRecords(
  lines: readonly InterfaceLine[],
  { addresses }: LinkListing,
  format: RecordFormat,
  time: number,
): string {
  const rows = lines
    .filter(({ alias }) => alias === undefined)
    .map(({ name, link }) => ({
      name,
      index: link.index,
      flags: interfaceFlags(link.flags, false),
      mtu: link.mtu,
      queueLength: link.queueLength,
      hardware: [...link.hardware].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
      addresses: addresses
        .filter(({ index }) => index === link.index)
        .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      ...Object.fromEntries(COUNTERS.map((counter) => [counter, link.counters[counter]])),
    }));
  return renderRecords('interfaces', INTERFACE, rows, format, time);
}

export function renderGroupRecords(groups: readonly GroupLine[], format: RecordFormat, time: number): string {
  const rows = groups.map(({ device, references, group }) => ({ device, references, group: addressText(group) }));
  return renderRecords('groups', ['device', 'references', 'group'], rows, format, time);
}
