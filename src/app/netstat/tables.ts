// Owns: the tables of `nettrace netstat` that are not sockets: routes, devices, counters, groups: what is read for each.
// Knows nothing of: the look of a row.
import type { CounterReading } from '../../netstat/counter-records.ts';
import { renderGroups } from '../../netstat/groups-text.ts';
import { renderIfconfig } from '../../netstat/ifconfig-text.ts';
import { INTERFACES_TITLE, interfaceLines, renderInterfaces } from '../../netstat/interfaces-text.ts';
import type { NetstatMode, NetstatOptions } from '../../netstat/options.ts';
import {
  correctRoutes,
  renderAllTables,
  renderRouteCache,
  renderRoutes,
  renderRoutes6,
  routeHosts,
} from '../../netstat/routes-text.ts';
import { renderStatistics, showsSection } from '../../netstat/statistics-text.ts';
import { createFileReader } from '../../procfs/file-reader.ts';
import { parseCounterLines, parseCounterPairs } from '../../procfs/net-counters.ts';
import {
  parseAddress6Lines,
  parseGroup6Lines,
  parseGroupLines,
  parseRoute6Lines,
  parseRouteLines,
} from '../../procfs/net-tables.ts';
import type { Table, TableParts } from './table.ts';

const TABLES: Readonly<Record<Exclude<NetstatMode, 'sockets'>, (parts: TableParts) => Table>> = {
  routes,
  interfaces,
  statistics,
  groups,
};

export function tableOf(mode: Exclude<NetstatMode, 'sockets'>): (parts: TableParts) => Table {
  return TABLES[mode];
}

/** Without a family: IPv4, as net-tools has it. */
function families({ v4, v6 }: NetstatOptions): { readonly v4: boolean; readonly v6: boolean } {
  return { v4: v4 || !v6, v6 };
}

function createReader(): (name: string) => string {
  const reader = createFileReader('/proc/net');
  return (name) => reader.read(name) ?? '';
}

function routes({ options, addon, names, world }: TableParts): Table {
  const read = createReader();
  const { v4, v6 } = families(options);
  const form = { ...options, names };
  const device = (index: number) => names.device(index) ?? '-';
  return async () => {
    if (options.format !== 'text') {
      const { renderRouteRecords } = await import('../../netstat/table-records.ts');
      const wanted = options.v4 || options.v6 ? (family: number) => (family === 4 ? v4 : v6) : () => true;
      const chosen = addon
        .listRoutes()
        .filter((route) => wanted(route.family) && (options.allTables || route.table === 254));
      return renderRouteRecords(chosen, device, options.format, world.wallClock());
    }
    if (options.allTables) {
      return renderAllTables(
        addon.listRoutes().filter(({ family }) => (family === 4 ? v4 : v6)),
        device,
      );
    }
    if (options.cache) return renderRouteCache();
    const plain = v4 ? parseRouteLines(read('route')) : [];
    const lines = options.compat || !v4 ? plain : correctRoutes(plain, addon.listRoutes(), device);
    const lines6 = v6 ? parseRoute6Lines(read('ipv6_route')) : [];
    if (!options.numericHosts) await names.resolve(routeHosts(lines, lines6), options.resolveMs);
    return (v4 ? renderRoutes(lines, form) : '') + (v6 ? renderRoutes6(lines6, form) : '');
  };
}

function interfaces({ options, addon, world }: TableParts): Table {
  const read = createReader();
  return async ({ first }) => {
    const listing = addon.listLinks();
    const lines = interfaceLines(listing, options.all);
    if (options.format !== 'text') {
      const { renderInterfaceRecords } = await import('../../netstat/table-records.ts');
      return renderInterfaceRecords(lines, listing, options.format, world.wallClock());
    }
    const title = first ? INTERFACES_TITLE : '';
    if (options.extend === 0) return title + renderInterfaces(lines, options.compat);
    return title + renderIfconfig(lines, listing, parseAddress6Lines(read('if_inet6')));
  };
}

function statistics({ options, world }: TableParts): Table {
  const read = createReader();
  let before: CounterReading | undefined;
  return async () => {
    const atMs = world.clock.now();
    const pairs = parseCounterPairs(read('snmp'));
    const v6 = () => [
      ...parseCounterLines(read('snmp6'), ['Ip6', 'Icmp6', 'UdpLite6', 'Udp6']),
      ...pairs.filter(({ name }) => name === 'Tcp'),
    ];
    const v4 = () => [
      ...pairs,
      ...parseCounterPairs(read('netstat')),
      ...parseCounterLines(read('sctp/snmp'), ['Sctp']),
    ];
    const sections = options.v6 ? v6() : v4();
    if (options.format !== 'text') {
      const { renderCounterRecords } = await import('../../netstat/counter-records.ts');
      const now = { sections: sections.filter(({ name }) => showsSection(name, options.protocols, false)), atMs };
      const text = renderCounterRecords(now, before, options.format, world.wallClock());
      before = now;
      return text;
    }
    return renderStatistics(sections, options.protocols, options.compat);
  };
}

function groups({ options, world }: TableParts): Table {
  const read = createReader();
  return async () => {
    const both = !options.v4 && !options.v6;
    const found = [
      ...(both || options.v4 ? parseGroupLines(read('igmp')) : []),
      ...(both || options.v6 ? parseGroup6Lines(read('igmp6')) : []),
    ];
    if (options.format !== 'text') {
      const { renderGroupRecords } = await import('../../netstat/table-records.ts');
      return renderGroupRecords(found, options.format, world.wallClock());
    }
    return renderGroups(found);
  };
}
