// Owns: the tables and columns of a native snapshot, as data; compared with the addon's own list when it is loaded.
// Knows nothing of: what the numbers mean to a person.

/** Column types: `str` is an index into the snapshot's string table, `ip` 16 bytes (IPv4 in v4-mapped form). */
export type ColumnType = 'f64' | 'u32' | 'u16' | 'u8' | 'str' | 'ip';

/** Grows by one whenever a table or column changes. */
export const SCHEMA_VERSION = 5;

/**
 * Every table with its columns in the order of the buffer. Counters are cumulative since the engine started and cross
 * as f64 (exact to 2^53). `...Ms` are milliseconds: `monotonicMs` on CLOCK_MONOTONIC, the others since 1970.
 */
export const SCHEMA = {
  /** One row: the engine itself. */
  meta: {
    monotonicMs: 'f64',
    realtimeMs: 'f64',
    startedMs: 'f64',
    state: 'u8', // EngineState
    flowsLive: 'f64',
    flowCapacity: 'f64',
    flowsCreated: 'f64',
    flowsExpired: 'f64',
    flowsEvicted: 'f64',
    tableDrops: 'f64', // packets that found no place in the flow table; still counted to interface and owner rows
    ownersFolded: 'f64', // exited processes whose rows were folded into one to bound memory
    lookups: 'f64',
    lookupsDeferred: 'f64',
    socketDumps: 'f64',
    descriptorsRead: 'f64',
    socketsKnown: 'f64',
    processesKnown: 'f64',
    attributionQueue: 'f64',
    captureCpuMs: 'f64',
    attributionCpuMs: 'f64',
    ownership: 'u8', // Ownership: how owners are found in this run
    light: 'u8', // 1: the socket meter alone, nothing is captured
    meteredSockets: 'f64', // sockets that the socket meter knows and that have not ended
    lostRecords: 'f64', // records of the socket meter for which there was no room
    lostBytes: 'f64', // IP bytes in them, at least
  },
  /** One row for each interface that is or was watched; a capture file is one interface. */
  interfaces: {
    slot: 'u16',
    index: 'u32', // ifindex, 0 for a file or an interface that is gone
    name: 'str',
    state: 'u8', // InterfaceState
    fault: 'str', // ErrorCode name where state is failed, else empty
    faultText: 'str',
    linkType: 'u16', // LINKTYPE_ value
    linkTypeName: 'str', // as libpcap names it, e.g. EN10MB
    decoded: 'u8', // 1 if this link type is decoded
    loopback: 'u8',
    receivedBytes: 'f64', // on the wire: a super-frame of segmentation offload is its segments
    sentBytes: 'f64',
    receivedPackets: 'f64',
    sentPackets: 'f64',
    capture: 'u8', // CaptureKind
    frames: 'f64', // frames handed over by the capture, whatever became of them
    frameReceivedBytes: 'f64', // as tapped: a super-frame is one frame, a VLAN tag that the kernel keeps beside it not in it
    frameSentBytes: 'f64',
    receivedFrames: 'f64', // on loopback every frame is sent and received
    sentFrames: 'f64',
    kernelDrops: 'f64',
    interfaceDrops: 'f64',
    counterReceivedBytes: 'f64', // IFLA_STATS64, as last read
    counterSentBytes: 'f64',
    counterReceivedPackets: 'f64',
    counterSentPackets: 'f64',
    receiveErrors: 'f64', // these as well, since the device was made
    sendErrors: 'f64',
    multicast: 'f64', // received
    collisions: 'f64',
    receiveErrorsBefore: 'f64', // what they were when nettrace first looked at it
    sendErrorsBefore: 'f64',
    // Counted by the socket meter, not (yet) delivered by the capture: what a full ring lost. Part of the rows' sums,
    // not of receivedBytes and sentBytes above.
    recoveredReceivedBytes: 'f64',
    recoveredSentBytes: 'f64',
    recoveredReceivedPackets: 'f64',
    recoveredSentPackets: 'f64',
    countsSegments: 'u8', // 1: its own counters count segments on the wire; 0: super-frames, as tapped
    linkSpeed: 'f64', // bits per second, as the driver says; 0: not known, or made up as veth's is
    // One moment, for the ledger: the interface's own counters then, since capture began, and what had been counted of
    // the packets up to then, in the units of those counters. The difference is the residual.
    cutMs: 'f64', // CLOCK_MONOTONIC; 0: none yet
    cutCounterReceivedBytes: 'f64',
    cutCounterSentBytes: 'f64',
    cutCountedReceivedBytes: 'f64', // captured and recovered
    cutCountedSentBytes: 'f64',
  },
  addresses: { interface: 'u16', address: 'ip', prefix: 'u8' },
  /** How decoding ended, per interface; the frames of one interface add up to `interfaces.frames`. */
  outcomes: { interface: 'u16', outcome: 'u8', frames: 'f64' },
  /** Who owns bytes. Rows 0.. are one for each reason; a process is (pid, startTicks). */
  owners: {
    id: 'u32',
    kind: 'u8', // OwnerKind
    reason: 'u8', // index into `reasons` of the addon
    pid: 'u32',
    parentPid: 'u32',
    startTicks: 'f64',
    startMs: 'f64',
    uid: 'u32',
    user: 'str',
    name: 'str',
    executable: 'str',
    commandLine: 'str', // argv joined by NUL
    exited: 'u8',
    exitedMs: 'f64', // CLOCK_MONOTONIC, 0 while running
    flows: 'u32', // flows that have not ended
    netns: 'u32', // inode of a process's network namespace where it is another one than ours, else 0
  },
  /**
   * Bytes of an owner on an interface, as the interface sees them. The rows of one interface add up to its own bytes and
   * those recovered. An owner can have several rows for one interface.
   */
  accounts: {
    owner: 'u32',
    interface: 'u16',
    receivedBytes: 'f64',
    sentBytes: 'f64',
    receivedPackets: 'f64',
    sentPackets: 'f64',
    receivedIpBytes: 'f64',
    sentIpBytes: 'f64',
    receivedPayloadBytes: 'f64',
    sentPayloadBytes: 'f64',
    retransmittedBytes: 'f64', // TCP payload that was sent again
    retransmittedPackets: 'f64',
    mirrored: 'u8', // 1: what the interface receives, the owner has sent (a container behind a veth)
    repeated: 'u8', // 1: the same packets are charged to the owner on another interface: not part of its total
  },
  /** Flows in the table, ended ones for 60 s more; empty unless asked for. */
  flows: {
    id: 'u32',
    generation: 'u32',
    owner: 'u32',
    interface: 'u16',
    protocol: 'u8', // IP protocol number
    quality: 'u8', // MatchQuality
    initiator: 'u8', // 0 unknown, 1 local, 2 remote
    ended: 'u8', // 1 after FIN both ways or RST
    localAddress: 'ip',
    localPort: 'u16',
    remoteAddress: 'ip',
    remotePort: 'u16',
    receivedBytes: 'f64',
    sentBytes: 'f64',
    receivedPackets: 'f64',
    sentPackets: 'f64',
    firstMs: 'f64',
    lastMs: 'f64',
    receivedIpBytes: 'f64',
    sentIpBytes: 'f64',
    receivedPayloadBytes: 'f64',
    sentPayloadBytes: 'f64',
    retransmittedBytes: 'f64',
    mirrored: 'u8', // as in accounts
    repeated: 'u8',
    name: 'u32', // of the remote end: row in `names` and one, 0 where there is none
  },
  /** What the remote ends of live flows were called on the wire; each name once. */
  names: { name: 'str', source: 'u8' /* NameSource */ },
  /** What is degraded right now, e.g. netlink refused; `number` is the errno. */
  faults: { code: 'str', text: 'str', syscall: 'str', number: 'u32', subject: 'str' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ColumnType>>>>;

export type Schema = typeof SCHEMA;
export type TableName = keyof Schema;
export type ColumnName<T extends TableName> = keyof Schema[T] & string;

/** Values of `owners.kind`. */
export const OWNER_KINDS = ['unattributed', 'process', 'kernel', 'forwarded', 'no-socket'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];

/** Values of `flows.quality`: how the owner became known, higher is surer. */
export const MATCH_QUALITIES = ['none', 'relaxed', 'listener', 'wildcard', 'exact', 'metered'] as const;
export type MatchQuality = (typeof MATCH_QUALITIES)[number];

/** Values of `names.source`: the answer to a question of this host, or what the client of the flow called its server. */
export const NAME_SOURCES = ['dns', 'tls', 'quic'] as const;
export type NameSource = (typeof NAME_SOURCES)[number];

/** Values of `interfaces.state`. */
export const INTERFACE_STATES = ['waiting', 'capturing', 'down', 'gone', 'failed'] as const;
export type InterfaceState = (typeof INTERFACE_STATES)[number];

/**
 * Values of `interfaces.capture`: where the frames come from. Only the ring says how super-frames are cut; with libpcap
 * and in files they count as they were tapped.
 */
export const CAPTURE_KINDS = ['none', 'file', 'libpcap', 'ring'] as const;
export type CaptureKind = (typeof CAPTURE_KINDS)[number];

/** Values of `meta.state`; `ended`: the capture file has been read to its end. */
export const ENGINE_STATES = ['idle', 'running', 'ended', 'stopped'] as const;
export type EngineState = (typeof ENGINE_STATES)[number];

/**
 * Values of `meta.ownership`: how owners are found. `sock-diag`: TCP's own counts, without capture and BPF, for processes
 * whose descriptors may be read. `none`: in a file; `classic`: sock_diag and /proc; `cgroup`: BPF
 * without BTF, accepted sockets have their listener's owner; `stream`: BPF, exact but for a look (MSG_PEEK) that counts as
 * receiving; `bpf`: BPF, exact.
 */
export const OWNERSHIPS = ['none', 'classic', 'cgroup', 'stream', 'bpf', 'sock-diag'] as const;
export type Ownership = (typeof OWNERSHIPS)[number];
