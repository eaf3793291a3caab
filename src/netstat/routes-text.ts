// Owns: routes as text, in net-tools' layouts.
// Knows nothing of: where routes are read.
import { addressText, isUnspecified } from '../base/ip-text.ts';
import type { NativeRoute } from '../native/network-listing.ts';
import type { Route6Line, RouteLine } from '../procfs/net-tables.ts';
import type { Names } from './addresses.ts';

export interface RouteForm {
  readonly names: Names;
  readonly numericHosts: boolean;
  /** How often -e was given: more columns, and all of them. */
  readonly extend: number;
  readonly compat: boolean;
}

const UP = 0x1;
const GATEWAY = 0x2;
const HOST = 0x4;
const REJECT = 0x200;
const FLAGS: readonly (readonly [number, string])[] = [
  [GATEWAY, 'G'],
  [HOST, 'H'],
  [0x8, 'R'],
  [0x10, 'D'],
  [0x20, 'M'],
];
/** Include/uapi/linux/ipv6_route.h has the upper ones. */
const FLAGS6: readonly (readonly [number, string])[] = [
  [GATEWAY, 'G'],
  [HOST, 'H'],
  [0x10, 'D'],
  [0x4_0000, 'A'],
  [0x100_0000, 'C'],
  [0x2_0000, 'a'],
  [0x40_0000, 'e'],
  [0x20, 'm'],
  [0x20_0000, 'n'],
  [0x200_0000, 'f'],
];

function flagText(flags: number, letters: readonly (readonly [number, string])[]): string {
  const first = (flags & REJECT) !== 0 ? '!' : 'U';
  return first + letters.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : '')).join('');
}

/** What the routes of a kernel with rtnetlink are beyond /proc/net/route: refusals, and all ways of a multipath route. */
export function correctRoutes(
  lines: readonly RouteLine[],
  routes: readonly NativeRoute[],
  device: (index: number) => string,
): readonly RouteLine[] {
  return lines.flatMap((line) => {
    // The kernel gives a blackhole no device and the flags of a route that leads somewhere.
    if (line.device === '*' && (line.flags & REJECT) === 0) return { ...line, flags: line.flags | REJECT };
    const whole = routes.find((route) => isSame(route, line));
    if (whole === undefined || whole.hops.length < 2) return line;
    return whole.hops.map((hop) => ({ ...line, gateway: hop.gateway ?? '0.0.0.0', device: device(hop.interface) }));
  });
}

function isSame(route: NativeRoute, line: RouteLine): boolean {
  const length = line.mask
    .split('.')
    .reduce((bits, part) => bits + Number(part).toString(2).replaceAll('0', '').length, 0);
  return (
    route.family === 4 &&
    route.table === 254 &&
    route.destination === line.destination &&
    route.prefixLength === length &&
    route.metric === line.metric
  );
}

export function renderRoutes(lines: readonly RouteLine[], form: RouteForm): string {
  const title = HEADERS[Math.min(form.extend, 2)] ?? '';
  const rows = lines.filter(({ flags }) => (flags & UP) !== 0).map((line) => routeRow(line, form));
  return `Kernel IP routing table\n${title}\n${rows.join('')}`;
}

const HEADERS = [
  'Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface',
  'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface',
  'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt',
];

function routeRow(line: RouteLine, form: RouteForm): string {
  const refused = (line.flags & REJECT) !== 0;
  const or = (value: number | string) => (refused ? '-' : String(value));
  const ways = [destinationText(line, form), refused ? '-' : hostName(line.gateway, form), line.mask];
  const left = `${ways.map((text) => text.padEnd(15)).join(' ')} ${flagText(line.flags, FLAGS).padEnd(5)}`;
  const mss = `${or(line.mss).padStart(5)} ${or(line.window).padEnd(5)} ${or(line.irtt).padStart(6)}`;
  if (form.extend === 0) return `${left} ${mss} ${or(line.device)}\n`;
  const counts = `${String(line.metric).padEnd(6)} ${or(line.references).padEnd(2)} ${String(line.use).padStart(7)}`;
  if (form.extend === 1) return `${left} ${counts} ${or(line.device)}\n`;
  const last = `${or(line.mss).padEnd(5)} ${or(line.window).padEnd(6)} ${or(line.irtt)}`;
  return `${left} ${counts} ${or(line.device).padEnd(8)} ${last}\n`;
}

function destinationText({ destination, mask, flags }: RouteLine, form: RouteForm): string {
  if (form.numericHosts) return destination;
  if (destination === '0.0.0.0' && mask === '0.0.0.0') return 'default';
  return (flags & HOST) !== 0 ? hostName(destination, form) : destination;
}

function hostName(address: string, form: RouteForm): string {
  if (form.numericHosts || address === '0.0.0.0') return address;
  const name = form.names.host(address) ?? address;
  return form.compat ? name.slice(0, 15) : name;
}

/** The addresses whose names a table without -n shows. */
export function routeHosts(lines: readonly RouteLine[], lines6: readonly Route6Line[]): readonly string[] {
  const v4 = lines.flatMap(({ gateway, destination, flags }) =>
    (flags & HOST) !== 0 ? [gateway, destination] : [gateway],
  );
  const v6 = lines6.map(({ gateway }) => gateway).filter((gateway) => !isUnspecified(gateway));
  return [...v4.filter((address) => address !== '0.0.0.0'), ...v6.map((gateway) => addressText(gateway))];
}

/** net-tools prints a metric as a signed number. Ours gives long addresses the room that they need. */
export function renderRoutes6(lines: readonly Route6Line[], form: RouteForm): string {
  const rows = lines.map((line) => ({
    line,
    destination: `${address6(line.destination, form)}/${line.prefixLength}`,
    gateway: address6(line.gateway, form),
  }));
  const widest = (least: number, texts: readonly string[]) =>
    form.compat ? least : texts.reduce((width, text) => Math.max(width, text.length), least);
  const width = widest(
    30,
    rows.map(({ destination }) => destination),
  );
  const gatewayWidth = widest(
    26,
    rows.map(({ gateway }) => gateway),
  );
  const head = `${'Destination'.padEnd(width)} ${'Next Hop'.padEnd(gatewayWidth)} Flag Met Ref  Use If`;
  const body = rows.map(({ line, destination, gateway }) => {
    const ways = `${destination.padEnd(width)} ${gateway.padEnd(gatewayWidth)} ${flagText(line.flags, FLAGS6).padEnd(4)}`;
    return `${ways} ${String(line.metric | 0).padEnd(3)} ${line.references} ${String(line.use | 0).padStart(6)} ${line.device}\n`;
  });
  return `Kernel IPv6 routing table\n${head}\n${body.join('')}`;
}

function address6(bytes: Uint8Array, form: RouteForm): string {
  const text = addressText(bytes);
  if (form.numericHosts) return text;
  if (isUnspecified(bytes)) return `[${text}]`;
  return form.names.host(text) ?? text;
}

/** Linux has no routing cache since 3.6. */
export function renderRouteCache(): string {
  const head = 'Source          Destination     Gateway         Flags   MSS Window  irtt Iface';
  return `Kernel IP routing cache\n${head}\n`;
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'unicast',
  2: 'local',
  3: 'broadcast',
  4: 'anycast',
  5: 'multicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
  9: 'throw',
};
/** Those that rt_protos(5) names everywhere. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  9: 'ra',
  11: 'zebra',
  12: 'bird',
  16: 'dhcp',
  42: 'babel',
  186: 'bgp',
  188: 'ospf',
};
const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

export const routeType = (type: number): string => TYPES[type] ?? String(type);
export const routeProtocol = (protocol: number): string => PROTOCOLS[protocol] ?? String(protocol);
export const routeTable = (table: number): string => TABLES[table] ?? String(table);

/** Every route of every table with all that the kernel tells: what -r cannot show. */
export function renderAllTables(routes: readonly NativeRoute[], device: (index: number) => string): string {
  const head = ['Table', 'Destination', 'Gateway', 'Type', 'Proto', 'Metric', 'Source', 'Iface'];
  const rows = routes.flatMap((route) => {
    const left = [routeTable(route.table), `${route.destination}/${route.prefixLength}`];
    const kind = [routeType(route.type), routeProtocol(route.protocol), String(route.metric), route.source ?? '-'];
    if (route.hops.length === 0) return [[...left, '-', ...kind, '-']];
    return route.hops.map((hop) => [...left, hop.gateway ?? '-', ...kind, device(hop.interface)]);
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `${cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(' ')}\n`;
  return `Kernel routes of all tables\n${[head, ...rows].map(line).join('')}`;
}
