// Owns: what the kernel tells of one socket at one moment, and the sample of all that hold or wait for something.
// Knows nothing of: how it was asked for, the sample before, and what a queue means.

/** What the timer of a socket is for (tcp(7), net/ipv4/inet_diag.c); `probe`: the peer's window is closed. */
export type SocketTimer = 'none' | 'retransmit' | 'keepalive' | 'time-wait' | 'probe';

/** TCP states as the kernel names them; UDP is `established` where it is connected, else `close`. */
export type SocketStateName =
  | 'established'
  | 'syn-sent'
  | 'syn-received'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'time-wait'
  | 'close'
  | 'close-wait'
  | 'last-ack'
  | 'listen'
  | 'closing';

/** struct tcp_info (include/uapi/linux/tcp.h). Counters since the connection began; an old kernel's missing ones are 0. */
export interface TcpReading {
  readonly rttUs: number;
  /** The shortest round trip of late; undefined before the first. */
  readonly minRttUs: number | undefined;
  readonly rtoMs: number;
  readonly segmentBytes: number;
  readonly congestionWindow: number;
  /** How often the timer was doubled, time-outs in a row, and probes of a closed window that were not answered. */
  readonly backoff: number;
  readonly retransmits: number;
  readonly probes: number;
  /** Segments on their way, and of those the ones that are taken for lost. */
  readonly unacked: number;
  readonly lost: number;
  readonly bytesSent: number;
  readonly bytesRetransmitted: number;
  readonly bytesAcked: number;
  readonly bytesReceived: number;
  /** Time with something to send; within it, held back by the peer's window, and by the socket's own send buffer. */
  readonly busyUs: number;
  readonly windowLimitedUs: number;
  readonly bufferLimitedUs: number;
  /** Bytes a second, of the last flight. */
  readonly deliveryRate: number;
  /** The window that the peer offers in bytes; 0: none, or a kernel before 5.4. */
  readonly peerWindow: number;
  /** How long ago anything was acknowledged, data was received, and data was sent. */
  readonly ackedAgoMs: number;
  readonly receivedAgoMs: number;
  readonly sentAgoMs: number;
}

/** A process that has a socket as a file. */
export interface SocketOwner {
  readonly pid: number;
  /** comm, sanitised. */
  readonly name: string;
}

/** One socket. All text is sanitised. */
export interface SocketReading {
  /** Unique while the machine is up: the kernel's cookie. */
  readonly key: string;
  /** Inode of its network namespace where that is not nettrace's own. */
  readonly netns: number | undefined;
  readonly protocol: 'tcp' | 'udp' | 'unix';
  readonly state: SocketStateName;
  /** Of a unix socket its path, or its abstract name behind an @; empty where it has none. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Empty and 0: not connected. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 0: no program has it as a file (not yet accepted, or closed and still sending). */
  readonly inode: number;
  readonly uid: number;
  /** Bytes that nobody has read; of a listener, connections that nobody has accepted. */
  readonly receiveQueue: number;
  /** Bytes that the peer has not acknowledged; of a listener, the most that may wait. */
  readonly sendQueue: number;
  readonly timer: SocketTimer;
  readonly timerMs: number;
  /** Packets for which the receive buffer had no room, so far. */
  readonly drops: number;
  readonly tcp: TcpReading | undefined;
}

/** One look at the sockets: those with something in a queue, those that listen, and those that wait to be accepted. */
export interface SocketSample {
  /** Monotonic. */
  readonly timeMs: number;
  readonly sockets: readonly SocketReading[];
  /** Connections with nothing in a queue that somebody looks at all the same. */
  readonly quiet: readonly SocketReading[];
  /** TcpExt ListenOverflows of a network namespace (`netns` of a socket); undefined where it cannot be read. */
  readonly listenOverflows: (netns: number | undefined) => number | undefined;
  /** Sockets that were looked at, and those with something in a queue that were left out of `sockets`. */
  readonly looked: number;
  readonly leftOut: number;
}
