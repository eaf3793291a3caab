// Owns: the addon's socket table as a sample: the sockets that matter to queues as readings, at most so many.
// Knows nothing of: when the table was read, and what the queues mean.
import { addressText } from '../base/ip-text.ts';
import { sanitize } from '../base/sanitize.ts';
import { rawTextAt, type SocketTable } from '../native/socket-table.ts';
import { SOCKET_STATES, SOCKET_TIMERS } from './queue-fields.ts';
import type { SocketReading, SocketSample, SocketStateName, TcpReading } from './socket-reading.ts';

/** Readings made for one look; on a busy host the smallest queues are left out. */
const MOST_QUEUES = 1000;
const MOST_UNACCEPTED = 4000;

const LISTEN = 10;
/** IP protocol numbers. */
const TCP = 6;
const UDP = 17;
const LONGEST_NAME = 108;
/** tcpi_min_rtt before anything was measured. */
const NO_RTT = 0xffff_ffff;

/**
 * @param table read with `queued`, `tcpInfo` and `memory`
 * @param overflowsOf of a row of `namespaces`; called for those with connections that wait, once each
 */
export function sampleSockets(
  table: SocketTable,
  timeMs: number,
  overflowsOf: (place: number) => number | undefined,
): SocketSample {
  const places = choosePlaces(table);
  const placeOf = new Map(table.namespaces.map(({ inode }, place) => [place === 0 ? undefined : inode, place]));
  const overflows = new Map<number, number | undefined>();
  return {
    timeMs,
    sockets: [
      ...places.inet.map((row) => inetReading(table, row)),
      ...places.unix.map((row) => unixReading(table, row)),
    ],
    quiet: places.quiet.map((row) => inetReading(table, row)),
    listenOverflows(netns) {
      const place = placeOf.get(netns) ?? 0;
      if (!overflows.has(place)) overflows.set(place, overflowsOf(place));
      return overflows.get(place);
    },
    looked: table.looked,
    leftOut: places.leftOut,
  };
}

interface Places {
  readonly inet: readonly number[];
  readonly unix: readonly number[];
  /** Connections with empty queues: listed because they were asked for. */
  readonly quiet: readonly number[];
  readonly leftOut: number;
}

/** Listeners and what waits for them all; of the others the longest queues. */
function choosePlaces({ inet, unix }: SocketTable): Places {
  const [chosen, chosenUnix, quiet]: [number[], number[], number[]] = [[], [], []];
  const queues: { readonly row: number; readonly size: number; readonly of: number[] }[] = [];
  let unaccepted = 0;
  const sort = (row: number, state: number, inode: number, size: number, of: number[]) => {
    if (state === LISTEN) of.push(row);
    else if (inode === 0 && (state === 1 || state === 8)) {
      if (++unaccepted <= MOST_UNACCEPTED) of.push(row);
    } else if (size === 0) quiet.push(row);
    else queues.push({ row, size, of });
  };
  for (let row = 0; row < inet.state.length; row++) {
    const size = Math.max(inet.receiveQueue[row] ?? 0, inet.sendQueue[row] ?? 0);
    sort(row, inet.state[row] ?? 0, inet.inode[row] ?? 0, size, chosen);
  }
  for (let row = 0; row < unix.state.length; row++) {
    const size = Math.max(unix.receiveQueue[row] ?? 0, unix.sendQueue[row] ?? 0);
    sort(row, unix.state[row] ?? 0, unix.inode[row] ?? 0, size, chosenUnix);
  }
  if (queues.length > MOST_QUEUES) queues.sort((a, b) => b.size - a.size);
  for (const { row, of } of queues.slice(0, MOST_QUEUES)) of.push(row);
  return { inet: chosen, unix: chosenUnix, quiet, leftOut: Math.max(0, queues.length - MOST_QUEUES) };
}

function inetReading(table: SocketTable, row: number): SocketReading {
  const { inet } = table;
  const at = (column: { readonly [row: number]: number }) => column[row] ?? 0;
  const remotePort = at(inet.remotePort);
  const localAddress = addressText(inet.local, row * 16);
  const remoteAddress = remotePort === 0 ? '' : addressText(inet.remote, row * 16);
  const protocol = at(inet.protocol);
  const inode = at(inet.inode);
  return {
    // Where /proc/net was read there is no cookie: the two ends are as good.
    key:
      at(inet.cookie) > 0
        ? String(at(inet.cookie))
        : `${localAddress} ${at(inet.localPort)} ${remoteAddress} ${remotePort} ${inode}`,
    netns: netnsOf(table, at(inet.namespace)),
    protocol: protocol === TCP ? 'tcp' : 'udp',
    state: stateName(at(inet.state)),
    localAddress,
    localPort: at(inet.localPort),
    remoteAddress,
    remotePort,
    inode,
    uid: at(inet.uid),
    receiveQueue: at(inet.receiveQueue),
    sendQueue: at(inet.sendQueue),
    timer: SOCKET_TIMERS[at(inet.timer)] ?? 'none',
    timerMs: at(inet.expiresMs),
    drops: protocol === UDP ? at(inet.drops) : 0,
    tcp: table.tcpInfo.known[row] === 1 ? tcpReading(table, row) : undefined,
  };
}

function tcpReading({ tcpInfo: info, inet }: SocketTable, row: number): TcpReading {
  const at = (column: { readonly [row: number]: number }) => column[row] ?? 0;
  const minRtt = at(info.minRtt);
  return {
    rttUs: at(info.rtt),
    minRttUs: minRtt === NO_RTT || minRtt === 0 ? undefined : minRtt,
    rtoMs: at(info.rto) / 1000,
    segmentBytes: Math.max(1, at(info.sendMss)),
    congestionWindow: at(info.congestionWindow),
    backoff: at(info.backoff),
    retransmits: at(inet.retries),
    probes: at(inet.probes),
    unacked: at(info.unacked),
    lost: at(info.lost),
    bytesSent: at(info.bytesSent),
    bytesRetransmitted: at(info.bytesRetransmitted),
    bytesAcked: at(info.bytesAcked),
    bytesReceived: at(info.bytesReceived),
    busyUs: at(info.busy),
    windowLimitedUs: at(info.receiveWindowLimited),
    bufferLimitedUs: at(info.sendBufferLimited),
    deliveryRate: at(info.deliveryRate),
    peerWindow: at(info.sendWindow),
    ackedAgoMs: at(info.lastAckReceivedMs),
    receivedAgoMs: at(info.lastDataReceivedMs),
    sentAgoMs: at(info.lastDataSentMs),
  };
}

function unixReading(table: SocketTable, row: number): SocketReading {
  const { unix } = table;
  const at = (column: { readonly [row: number]: number }) => column[row] ?? 0;
  const inode = at(unix.inode);
  return {
    key: at(unix.cookie) > 0 ? `unix ${at(unix.cookie)}` : `unix ${inode} ${row}`,
    netns: netnsOf(table, at(unix.namespace)),
    protocol: 'unix',
    state: stateName(at(unix.state)),
    localAddress: unixName(rawTextAt(unix.nameBytes, unix.nameEnds, row)),
    localPort: 0,
    remoteAddress: '',
    remotePort: 0,
    inode,
    uid: at(unix.uid),
    receiveQueue: at(unix.receiveQueue),
    sendQueue: at(unix.sendQueue),
    timer: 'none',
    timerMs: 0,
    drops: 0,
    tcp: undefined,
  };
}

/** The NUL before an abstract name is an @, as in /proc/net/unix. */
function unixName(bytes: Uint8Array): string {
  return bytes[0] === 0 ? `@${sanitize(bytes.subarray(1), LONGEST_NAME)}` : sanitize(bytes, LONGEST_NAME);
}

function netnsOf({ namespaces }: SocketTable, place: number): number | undefined {
  return place === 0 ? undefined : namespaces[place]?.inode;
}

/** The kernel numbers them from 1 (include/net/tcp_states.h). */
function stateName(state: number): SocketStateName {
  return SOCKET_STATES[state - 1] ?? 'close';
}
