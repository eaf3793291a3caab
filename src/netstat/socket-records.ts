// Owns: sockets as records: every field that the kernel tells of them, with units in docs/netstat.md.
// Knows nothing of: how records are written.
import { sanitize } from '../base/sanitize.ts';
import type { SocketTable } from '../native/socket-table.ts';
import { deviceOf, isLinkLocal, type Names, rowAddress } from './addresses.ts';
import { protocolName, serviceProtocol, stateName, timerName } from './inet-text.ts';
import type { NetstatOptions } from './options.ts';
import type { OwnerIndex } from './owners.ts';
import { type RecordFormat, type RecordRow, renderRecords } from './records.ts';
import { unixPath, unixState, unixType } from './unix-text.ts';

export interface SocketRecords {
  readonly table: SocketTable;
  readonly rows: readonly number[];
  readonly unixRows: readonly number[] | undefined;
  readonly owners: OwnerIndex | undefined;
  readonly options: NetstatOptions;
  readonly names: Names;
  readonly now: number;
}

const LISTEN = 10;

export function renderSocketRecords(records: SocketRecords): string {
  const { table, rows, unixRows = [], options } = records;
  const all = [...rows.map((row) => inetRecord(records, row)), ...unixRows.map((row) => unixRecord(records, row))];
  const space = table.namespaces.length > 0 ? ['namespace'] : [];
  return renderRecords('sockets', [...COLUMNS, ...space], all, options.format as RecordFormat, records.now);
}

const COLUMNS = [
  'protocol',
  'state',
  'receiveQueue',
  'sendQueue',
  'backlogLimit',
  'localAddress',
  'localPort',
  'remoteAddress',
  'remotePort',
  'localHost',
  'remoteHost',
  'localService',
  'remoteService',
  'device',
  'uid',
  'user',
  'inode',
  'owners',
  'timer',
  'expiresMs',
  'retries',
  'probes',
  'drops',
  'cookie',
  'cgroup',
  'mark',
  'v6Only',
  'congestion',
  'memory',
  'tcpInfo',
  'path',
  'type',
  'peer',
  'references',
] as const;

function inetRecord(records: SocketRecords, row: number): RecordRow {
  const { table, names, owners } = records;
  const { inet } = table;
  const listens = inet.state[row] === LISTEN;
  const service = serviceProtocol(table, row);
  const uid = inet.uid[row] ?? 0;
  const localPort = inet.localPort[row] ?? 0;
  const remotePort = inet.remotePort[row] ?? 0;
  const address = (bytes: Uint8Array) => {
    const zone = isLinkLocal(bytes, row * 16) ? deviceOf(inet, row, names) : undefined;
    return rowAddress(bytes, row) + (zone === undefined ? '' : `%${zone}`);
  };
  return {
    protocol: protocolName(table, row),
    state: stateName(table, row),
    receiveQueue: inet.receiveQueue[row] ?? 0,
    sendQueue: listens ? 0 : (inet.sendQueue[row] ?? 0),
    backlogLimit: listens ? (inet.sendQueue[row] ?? 0) : null,
    localAddress: address(inet.local),
    localPort,
    remoteAddress: address(inet.remote),
    remotePort,
    localHost: names.host(rowAddress(inet.local, row)) ?? null,
    remoteHost: names.host(rowAddress(inet.remote, row)) ?? null,
    localService: localPort === 0 ? null : (names.service(localPort, service) ?? null),
    remoteService: remotePort === 0 ? null : (names.service(remotePort, service) ?? null),
    device: deviceOf(inet, row, names) ?? null,
    uid,
    user: names.user(uid) ?? null,
    inode: inet.inode[row] ?? 0,
    owners: ownerRecords(owners, inet.inode[row] ?? 0),
    timer: timerName(table, row),
    expiresMs: inet.expiresMs[row] ?? 0,
    retries: inet.retries[row] ?? 0,
    probes: inet.probes[row] ?? 0,
    drops: inet.drops[row] ?? 0,
    cookie: inet.cookie[row] ?? 0,
    cgroup: inet.cgroup[row] ?? 0,
    mark: inet.mark[row] ?? 0,
    v6Only: ((inet.flags[row] ?? 0) & 1) !== 0,
    congestion: congestionName(table, row),
    memory: columnsAt(table.memory, row),
    tcpInfo: table.tcpInfo.known[row] === 1 ? tcpInfoAt(table, row, listens) : null,
    ...namespaceOf(table, inet.namespace[row] ?? 0),
  };
}

function unixRecord({ table, names, owners }: SocketRecords, row: number): RecordRow {
  const sockets = table.unix;
  const listens = sockets.state[row] === LISTEN;
  const uid = sockets.uid[row] ?? 0;
  return {
    protocol: 'unix',
    type: unixType(sockets, row),
    state: unixState(sockets, row),
    receiveQueue: sockets.receiveQueue[row] ?? 0,
    sendQueue: listens ? 0 : (sockets.sendQueue[row] ?? 0),
    backlogLimit: listens ? (sockets.sendQueue[row] ?? 0) : null,
    path: unixPath(sockets, row),
    uid,
    user: names.user(uid) ?? null,
    inode: sockets.inode[row] ?? 0,
    peer: sockets.peer[row] ?? 0,
    references: sockets.references[row] ?? 0,
    owners: ownerRecords(owners, sockets.inode[row] ?? 0),
    drops: sockets.drops[row] ?? 0,
    cookie: sockets.cookie[row] ?? 0,
    ...namespaceOf(table, sockets.namespace[row] ?? 0),
  };
}

function ownerRecords(owners: OwnerIndex | undefined, inode: number) {
  return (owners?.ownersOf(inode) ?? []).map(({ pid, program, fd }) => ({ pid, program, fd }));
}

export function congestionName({ inet, congestion }: SocketTable, row: number): string | null {
  const name = congestion[(inet.congestion[row] ?? 0) - 1];
  return name === undefined ? null : sanitize(name);
}

function namespaceOf({ namespaces }: SocketTable, place: number): RecordRow {
  const space = namespaces[place];
  return space === undefined ? {} : { namespace: { inode: space.inode, name: sanitize(space.name) } };
}

/** What the kernel says by a number for "none"; a reader who computes with it would be far off. */
const NO_VALUE: Readonly<Record<string, number>> = {
  minRtt: 0xffff_ffff,
  slowStartThreshold: 0x7fff_ffff,
  pacingRate: 2 ** 64,
};
/** Of a listener these are its backlog and the limit of that (tcp_get_info() in net/ipv4/tcp.c). */
const OF_LISTENER: readonly string[] = ['unacked', 'sacked'];

function tcpInfoAt({ tcpInfo }: SocketTable, row: number, listens: boolean): RecordRow | null {
  const info = columnsAt(tcpInfo, row);
  if (info === null) return null;
  const isNone = (name: string) => info[name] === NO_VALUE[name] || (listens && OF_LISTENER.includes(name));
  return Object.fromEntries(Object.entries(info).map(([name, value]) => [name, isNone(name) ? null : value]));
}

/** The row of every column of a table of columns; nothing where nobody asked for the table. */
function columnsAt(columns: object, row: number): RecordRow | null {
  const fields = Object.entries(columns as Readonly<Record<string, ArrayLike<number>>>).filter(
    ([name]) => name !== 'known',
  );
  if ((fields[0]?.[1].length ?? 0) <= row) return null;
  return Object.fromEntries(fields.map(([name, values]) => [name, values[row] ?? 0]));
}
