// Owns: the socket table as the addon hands it over: its columns, what they mean, and the texts behind them.
// Knows nothing of: how a row is shown. Row i of all columns of a table is one socket; nothing is made for each socket.
import { sanitize } from '../base/sanitize.ts';

/** What socketTable() shall read. What is not named is not read; both families are, unless one is turned off. */
export interface SocketTableRequest {
  readonly tcp?: boolean;
  readonly udp?: boolean;
  readonly udplite?: boolean;
  readonly raw?: boolean;
  readonly sctp?: boolean;
  readonly unix?: boolean;
  readonly packet?: boolean;
  readonly v4?: boolean;
  readonly v6?: boolean;
  /** Fills `tcpInfo`, and both `retries` and `probes`. */
  readonly tcpInfo?: boolean;
  /** Fills `memory`, and `drops` of internet and unix sockets. */
  readonly memory?: boolean;
  /** Fills `inet.congestion`. */
  readonly congestion?: boolean;
  /** Fills `unix.references`, which costs a reading of /proc/net/unix. */
  readonly references?: boolean;
  /** Also TCP sockets that are bound but neither listen nor are connected: state 13 (Linux 6.8). */
  readonly bound?: boolean;
  /**
   * Of internet and unix sockets only those with something in a queue, listeners, and those that nobody has accepted yet
   * (inode 0, state 1 or 8); the others are counted in `looked`.
   */
  readonly queued?: boolean;
  /** With `queued`: also the TCP sockets of the caller's own namespace with one of these pairs of ports (portPair). */
  readonly wanted?: Uint32Array;
  /** The sockets of all network namespaces that may be entered; `namespaces` lists them. */
  readonly allNamespaces?: boolean;
  /** False: /proc/net alone, for tests of the fallback. */
  readonly netlink?: boolean;
}

/** What `SocketTableRequest.wanted` is made of. */
export function portPair(localPort: number, remotePort: number): number {
  return localPort * 0x1_0000 + remotePort;
}

/** Internet sockets, in the order of the request: tcp, tcp6, sctp, udp, udplite, raw; each in the kernel's order. */
export interface InetSockets {
  /** IP protocol number; 255: a raw socket, whose own protocol number is its local port. */
  readonly protocol: Uint8Array;
  /** 4 or 6. */
  readonly family: Uint8Array;
  /** TCP_ESTABLISHED (1) .. TCP_CLOSING (11), 13: bound (include/net/tcp_states.h). SCTP counts otherwise. */
  readonly state: Uint8Array;
  /** 0 none, 1 retransmit, 2 keepalive, 3 time-wait, 4 zero-window probe. */
  readonly timer: Uint8Array;
  /** Retransmissions of the same data so far. */
  readonly retries: Uint8Array;
  /** SOCKET_FLAGS. */
  readonly flags: Uint8Array;
  /** A place in `congestion` plus one; 0: not known. */
  readonly congestion: Uint8Array;
  /** A place in `namespaces`; 0: the caller's own. */
  readonly namespace: Uint16Array;
  readonly localPort: Uint16Array;
  readonly remotePort: Uint16Array;
  /** 16 bytes a row in network order; an IPv4 address is ::ffff:a.b.c.d. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /** Index of the interface that the socket is bound to, or of the zone of a link-local address; 0: none. */
  readonly interface: Uint32Array;
  /** LISTEN: connections that nobody has accepted yet. Otherwise bytes nobody has read. */
  readonly receiveQueue: Uint32Array;
  /** LISTEN: the limit of the accept queue (0 where /proc/net was read). Otherwise bytes nobody has acknowledged. */
  readonly sendQueue: Uint32Array;
  /** Time until the timer fires. */
  readonly expiresMs: Uint32Array;
  /** Keepalive and zero-window probes without an answer. */
  readonly probes: Uint32Array;
  readonly uid: Uint32Array;
  /** 0: no process has it: in the accept queue, orphaned or in TIME_WAIT. */
  readonly inode: Uint32Array;
  /** SO_MARK; told to CAP_NET_ADMIN. */
  readonly mark: Uint32Array;
  readonly drops: Uint32Array;
  /** Unique while the machine is up; 0 where /proc/net was read. */
  readonly cookie: Float64Array;
  /** Id of its cgroup (v2), 0: not known. */
  readonly cgroup: Float64Array;
}

/** Bits of InetSockets.flags. */
export const SOCKET_FLAGS = { v6Only: 1, receiveShut: 2, sendShut: 4 } as const;

/** sk_meminfo (include/uapi/linux/sock_diag.h) in bytes: as many rows as `inet`, or none where nobody asked. */
export interface SocketMemory {
  readonly receiveAllocated: Uint32Array;
  readonly receiveBuffer: Uint32Array;
  readonly sendAllocated: Uint32Array;
  readonly sendBuffer: Uint32Array;
  readonly forwardAllocated: Uint32Array;
  readonly sendQueued: Uint32Array;
  readonly options: Uint32Array;
  readonly backlog: Uint32Array;
}

/** struct tcp_info: as many rows as `inet`, or none where nobody asked. Times in microseconds unless named Ms. */
export interface TcpInfo {
  /** 0: this socket has no tcp_info; everything else is 0. */
  readonly known: Uint8Array;
  /** 0 open, 1 disorder, 2 window reduced, 3 recovery, 4 loss. */
  readonly congestionState: Uint8Array;
  readonly backoff: Uint8Array;
  /** TCPI_OPT_: 1 timestamps, 2 SACK, 4 window scale, 8 ECN. */
  readonly options: Uint8Array;
  readonly sendScale: Uint8Array;
  readonly receiveScale: Uint8Array;
  readonly rto: Uint32Array;
  readonly ato: Uint32Array;
  readonly rtt: Uint32Array;
  readonly rttVariance: Uint32Array;
  /** 4294967295: not measured yet. */
  readonly minRtt: Uint32Array;
  readonly receiveRtt: Uint32Array;
  readonly sendMss: Uint32Array;
  readonly receiveMss: Uint32Array;
  readonly advertisedMss: Uint32Array;
  readonly pathMtu: Uint32Array;
  /** Segments. */
  readonly congestionWindow: Uint32Array;
  /** 2147483647: none. */
  readonly slowStartThreshold: Uint32Array;
  readonly unacked: Uint32Array;
  readonly sacked: Uint32Array;
  readonly lost: Uint32Array;
  /** Segments sent again and not acknowledged yet. */
  readonly retransmitting: Uint32Array;
  /** Segments sent again since the connection began. */
  readonly retransmits: Uint32Array;
  readonly reordering: Uint32Array;
  readonly lastDataSentMs: Uint32Array;
  readonly lastDataReceivedMs: Uint32Array;
  readonly lastAckReceivedMs: Uint32Array;
  readonly receiveSpace: Uint32Array;
  /** Bytes in the send queue that have not been sent once. */
  readonly notSent: Uint32Array;
  /** The peer's window in bytes; 0: it takes no more. Linux 5.4. */
  readonly sendWindow: Uint32Array;
  /** Linux 6.2. */
  readonly receiveWindow: Uint32Array;
  readonly segmentsSent: Uint32Array;
  readonly segmentsReceived: Uint32Array;
  readonly dataSegmentsSent: Uint32Array;
  readonly dataSegmentsReceived: Uint32Array;
  readonly delivered: Uint32Array;
  readonly duplicateSacks: Uint32Array;
  readonly outOfOrder: Uint32Array;
  /** Bytes a second; 2^64 as a double: no limit. */
  readonly pacingRate: Float64Array;
  readonly deliveryRate: Float64Array;
  readonly bytesSent: Float64Array;
  readonly bytesAcked: Float64Array;
  readonly bytesReceived: Float64Array;
  readonly bytesRetransmitted: Float64Array;
  /** Time with data to send; of it, kept back by the peer's window, and by the own buffer. */
  readonly busy: Float64Array;
  readonly receiveWindowLimited: Float64Array;
  readonly sendBufferLimited: Float64Array;
}

/** Texts behind each other: that of row i ends at nameEnds[i]. Foreign bytes. */
export interface Names {
  readonly nameBytes: Uint8Array;
  readonly nameEnds: Uint32Array;
}

export interface UnixSockets extends Names {
  /** SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5. */
  readonly type: Uint8Array;
  /** As TCP's: 1 connected, 7 not connected, 10 listening. */
  readonly state: Uint8Array;
  /** SHUT bits: 1 receive, 2 send. */
  readonly shutdown: Uint8Array;
  readonly namespace: Uint16Array;
  /** 0: nobody has accepted it yet. */
  readonly inode: Uint32Array;
  /** Inode of the other end; 0: none, or not accepted yet. */
  readonly peer: Uint32Array;
  /** LISTEN: connections that nobody has accepted yet and their limit. Otherwise bytes. */
  readonly receiveQueue: Uint32Array;
  readonly sendQueue: Uint32Array;
  readonly uid: Uint32Array;
  readonly references: Uint32Array;
  readonly drops: Uint32Array;
  readonly cookie: Float64Array;
}

export interface PacketSockets {
  /** SOCK_DGRAM 2, SOCK_RAW 3. */
  readonly type: Uint8Array;
  /** Ethertype; 3: all. */
  readonly protocol: Uint16Array;
  readonly namespace: Uint16Array;
  /** Index; 0: all interfaces. */
  readonly interface: Uint32Array;
  readonly inode: Uint32Array;
  readonly uid: Uint32Array;
  /** PDI_ bits of linux/packet_diag.h; 1: running. */
  readonly flags: Uint32Array;
  /** Memory of its receive ring. */
  readonly ringBytes: Uint32Array;
  readonly receiveAllocated: Uint32Array;
  readonly receiveBuffer: Uint32Array;
  readonly drops: Uint32Array;
  readonly cookie: Float64Array;
}

/** How one kind of socket was read. */
export interface SocketTablePart {
  /** `tcp`, `tcp6`, `sctp`, `udp`, `udplite`, `raw` ..., `unix`, `packet`. */
  readonly table: string;
  readonly source: 'netlink' | 'proc' | 'none';
  /** Of what failed, 0 where nothing did. 2 (ENOENT) with `none`: this kernel has no such sockets. */
  readonly errno: number;
}

export interface NetworkNamespace {
  readonly inode: number;
  /** A process that lives in it; 0: only a name holds it. */
  readonly pid: number;
  /** As `ip netns` names it, else empty. Foreign bytes. */
  readonly name: Uint8Array;
  /** Not 0: it could not be entered. */
  readonly errno: number;
}

export interface SocketTable {
  readonly inet: InetSockets;
  readonly memory: SocketMemory;
  readonly tcpInfo: TcpInfo;
  readonly unix: UnixSockets;
  readonly packet: PacketSockets;
  readonly congestion: readonly Uint8Array[];
  /** Of the caller's own namespace. */
  readonly parts: readonly SocketTablePart[];
  /** Where all namespaces were asked for; the caller's own is the first. */
  readonly namespaces: readonly NetworkNamespace[];
  /** Where only queued sockets were asked for: how many were looked at. */
  readonly looked: number;
  /** CPU time of the threads that read. */
  readonly costMs: number;
}

/** All holders of all sockets, in the order of /proc: by pid, then by descriptor. A shared socket has several rows. */
export interface SocketOwners {
  readonly holders: {
    readonly inode: Uint32Array;
    /** A row of `processes`. */
    readonly process: Uint32Array;
    readonly fd: Uint32Array;
  };
  /** Processes with at least one socket. Names are comm, programs argv[0] (at most 511 bytes). */
  readonly processes: Names & {
    readonly pid: Uint32Array;
    readonly programBytes: Uint8Array;
    readonly programEnds: Uint32Array;
  };
  /** Processes whose descriptors may not be read. */
  readonly hidden: number;
}

/** The bytes of one row of a text column: a view, valid as long as the table. */
export function rawTextAt(bytes: Uint8Array, ends: Uint32Array, row: number): Uint8Array {
  return bytes.subarray(row === 0 ? 0 : ends[row - 1], ends[row]);
}

/** A row of a text column, safe to show. */
export function textAt(bytes: Uint8Array, ends: Uint32Array, row: number): string {
  return sanitize(rawTextAt(bytes, ends, row));
}
