// Owns: the socket tables of `nettrace netstat`: what is read of the kernel, whose names are asked for, what is printed.
// Knows nothing of: the look of a row.
import { isUnspecified } from '../../base/ip-text.ts';
import type { SocketOwners, SocketTable } from '../../native/socket-table.ts';
import { rowAddress } from '../../netstat/addresses.ts';
import type { Matcher } from '../../netstat/filter.ts';
import { renderInet } from '../../netstat/inet-text.ts';
import { INTERNET, type NetstatOptions, type Scope, scopeOf } from '../../netstat/options.ts';
import { indexOwners, type OwnerIndex } from '../../netstat/owners.ts';
import { choiceTitle, chooseInet, chooseUnix } from '../../netstat/selection.ts';
import type { Table, TableParts } from './table.ts';

const NOT_ALL_SEEN =
  '(Not all processes could be identified, non-owned process info\n will not be shown, you would have to be root to see it all.)\n';

export function socketTable(parts: TableParts): Table {
  const { options, world, addon, names } = parts;
  const scope = scopeOf(options);
  return async ({ first }) => {
    // Both read on threads of their own, at the same time.
    const [table, found] = await Promise.all([
      addon.socketTable(requestOf(options, scope)),
      wantsOwners(options) ? addon.socketOwners() : undefined,
    ]);
    if (first) tellWhatIsMissing(parts, scope, table, found);
    const matches = await matcherOf(parts, table);
    const rows = chooseInet(table, options, matches);
    const chosen = { table, rows, owners: found && indexOwners(found) };
    if (!options.numericHosts) await names.resolve(hostsOf(table, rows), options.resolveMs);
    if (options.format !== 'text') {
      const { renderSocketRecords } = await import('../../netstat/socket-records.ts');
      return renderSocketRecords({
        ...chosen,
        unixRows: unixRowsOf(options, scope, table),
        options,
        names,
        now: world.wallClock(),
      });
    }
    return textOf(parts, scope, chosen);
  };
}

async function matcherOf({ options, names }: TableParts, table: SocketTable): Promise<Matcher | undefined> {
  if (options.filter === undefined) return undefined;
  const { compileFilter } = await import('../../netstat/filter.ts');
  return compileFilter(options.filter, table, names.deviceIndex);
}

interface Chosen {
  readonly table: SocketTable;
  readonly rows: readonly number[];
  readonly owners: OwnerIndex | undefined;
}

async function textOf({ options, names }: TableParts, scope: Scope, { table, rows, owners }: Chosen): Promise<string> {
  const internet = INTERNET.some((protocol) => scope.protocols[protocol]);
  let text = '';
  if (options.style === 'bsd') {
    const { renderBsd } = await import('../../netstat/bsd-text.ts');
    return renderBsd(table, rows, { ...options, names, owners });
  }
  if (internet) {
    text += `Active Internet connections ${choiceTitle(options)}\n`;
    const form = { ...options, extend: options.extend > 0, names, owners: options.programs ? owners : undefined };
    if (options.details) {
      const { renderDetails } = await import('../../netstat/details-text.ts');
      text += renderDetails(table, rows, form);
    } else {
      text += renderInet(table, rows, form);
    }
  }
  // A filter is about internet sockets: with one nobody means the others.
  const unixRows = unixRowsOf(options, scope, table);
  if (unixRows === undefined) return text;
  const { renderUnix } = await import('../../netstat/unix-text.ts');
  text += `Active UNIX domain sockets ${choiceTitle(options)}\n`;
  return text + renderUnix(table, unixRows, { owners: options.programs ? owners : undefined, compat: options.compat });
}

function unixRowsOf(options: NetstatOptions, scope: Scope, table: SocketTable): readonly number[] | undefined {
  return scope.protocols.unix && options.filter === undefined ? chooseUnix(table.unix, options) : undefined;
}

function wantsOwners(options: NetstatOptions): boolean {
  return options.programs || options.format !== 'text';
}

function requestOf(options: NetstatOptions, { protocols, v4, v6 }: Scope) {
  const whole = options.details || options.format !== 'text';
  return {
    ...protocols,
    v4,
    v6,
    references: protocols.unix,
    // Retransmissions and probes at once are told by tcp_info alone.
    tcpInfo: whole || options.timers,
    memory: whole,
    congestion: whole,
    allNamespaces: options.allNamespaces,
  };
}

/** As net-tools does: before the first table, on standard error. */
function tellWhatIsMissing(parts: TableParts, scope: Scope, table: SocketTable, found: SocketOwners | undefined): void {
  const { world, options } = parts;
  const root = world.credentials.geteuid() === 0;
  if (options.programs && !root && found !== undefined && found.hidden > 0) world.stderr(NOT_ALL_SEEN);
  const sctpAsked = options.protocols.sctp && scope.protocols.sctp && scope.v4;
  if (sctpAsked && table.parts.every(({ table: name, source }) => !name.startsWith('sctp') || source === 'none')) {
    world.stderr("netstat: no support for `AF INET (sctp)' on this system.\n");
    parts.unsupported();
  }
  for (const { table: name, source, errno } of table.parts) {
    if (source !== 'none' || errno === 2) continue;
    world.stderr(`nettrace: ${name} sockets could not be read (errno ${errno}); they are missing below\n`);
  }
  for (const space of table.namespaces) {
    if (space.errno === 0) continue;
    world.stderr(`nettrace: network namespace ${space.inode} could not be entered (errno ${space.errno})\n`);
  }
}

function* hostsOf({ inet }: SocketTable, rows: readonly number[]): Generator<string> {
  for (const row of rows) {
    for (const addresses of [inet.local, inet.remote]) {
      if (!isUnspecified(addresses, row * 16)) yield rowAddress(addresses, row);
    }
  }
}
