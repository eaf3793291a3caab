// Owns: the shape of the model: what every face of the program (screen, trace, JSON, later HTTP) shows.
// Knows nothing of: where the readings came from and how they are drawn.
import type {
  CaptureKind,
  EngineState,
  InterfaceState,
  MatchQuality,
  NameSource,
  OwnerKind,
  Ownership,
} from '../native/schema.ts';
import type { Ancestor } from '../procfs/ancestors.ts';
import type { FlowEnds } from './flow-ends.ts';
import type { Remotes } from './flow-remotes.ts';
import type { Ledger } from './ledger.ts';
import type { ProtocolModel } from './protocol-row.ts';
import type { QueueModel } from './queue-row.ts';
import type { RouteModel } from './route-model.ts';
import type { Unit } from './unit.ts';

export type { Ancestor, EngineState, InterfaceState, MatchQuality, OwnerKind, Ownership };

/** Cumulative since the start of nettrace: wire bytes (link-layer frame without FCS) and packets. */
export interface Totals {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
}

/** Wire bytes a second between the last two samples; undefined until there are two. */
export interface Rates {
  readonly sentRate: number | undefined;
  readonly receivedRate: number | undefined;
}

/** The same traffic by layer: IP packets from their header on, and what the transport carried for programs. */
export interface Layers {
  readonly sentIpBytes: number;
  readonly receivedIpBytes: number;
  readonly sentPayloadBytes: number;
  readonly receivedPayloadBytes: number;
  /** TCP payload that was sent again; undefined where nothing counts it: full BPF ownership does, and sock-diag. */
  readonly retransmittedBytes: number | undefined;
}

/** What an owner moved on one interface, in the owner's own directions. */
export interface InterfaceShare extends Totals, Rates {
  readonly name: string;
  /** The interface sees it the other way round: the owner lives behind it, as a container behind a veth. */
  readonly mirrored: boolean;
  /** The same packets are in another share of the owner: not part of its totals. */
  readonly repeated: boolean;
}

/** What a running process uses now. */
export interface ProcessUsage {
  /** Share of one CPU since the reading before: 1.5 are one and a half; undefined at the first reading. */
  readonly cpu: number | undefined;
  /** Resident set, shared pages included. */
  readonly rssBytes: number;
  /** Of the host's memory, 0..1. */
  readonly memory: number;
  readonly threads: number;
  /** The kernel's letter: R runs, S sleeps, D waits for a disk, Z has ended, T is stopped, I is an idle kernel thread. */
  readonly state: string;
}

/** One row of the process table: a process, or bytes that have no process, with the reason. Every byte counts once. */
export interface OwnerRow extends Totals, Rates, Layers {
  /** Stable for the life of the engine. */
  readonly id: number;
  readonly kind: OwnerKind;
  /** Label of the reason, e.g. `closed-port`; undefined for processes. */
  readonly reason: string | undefined;
  /** The reason as a clause for people; empty for processes. */
  readonly reasonText: string;
  /** undefined unless kind is process. */
  readonly pid: number | undefined;
  readonly parentPid: number | undefined;
  /** Start of the process in ms since 1970. */
  readonly startMs: number | undefined;
  /** The same in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names the process exactly. */
  readonly startTicks?: number | undefined;
  readonly uid: number | undefined;
  /** User name, else the uid as text; empty where there is no process. */
  readonly user: string;
  /** comm; for rows without a process a short name of the kind. Sanitised, as all text here. */
  readonly name: string;
  readonly executable: string;
  /** Arguments joined by spaces; empty for kernel threads. */
  readonly commandLine: string;
  /** argv[0], as nethogs names a process; `[name]` where there is none, as for kernel threads. */
  readonly program: string;
  readonly state: 'running' | 'exited';
  /** How long ago the process ended; 0 while it runs. */
  readonly exitedForMs: number;
  /** Interfaces with bytes, the busiest first, those whose bytes are repeated last. */
  readonly interfaces: readonly InterfaceShare[];
  readonly retransmittedPackets: number | undefined;
  /** Inode of the network namespace of a process where it is not nettrace's own. */
  readonly netns: number | undefined;
  /** Flows that have not ended. */
  readonly connections: number;
  /** From the start of the process to now, or to its end; undefined where there is none. */
  readonly ageMs?: number | undefined;
  /** What a process that runs here uses besides; undefined where it is not known. */
  readonly usage?: ProcessUsage | undefined;
  /** Where the process belongs; undefined where it is not known. */
  readonly unit?: Unit | undefined;
  /** Where its live connections lead; undefined unless the sample was taken with flows. */
  readonly ends?: FlowEnds | undefined;
  /** Set where the row is only what the owner moved with one remote host: its address, or what stands for none. */
  readonly remote?: string | undefined;
}

export interface InterfaceRow extends Totals, Rates {
  readonly slot: number;
  /** The kernel's number of it: a device that is made anew under its old name has another. 0: it is gone, or of a file. */
  readonly index: number;
  readonly name: string;
  readonly state: InterfaceState;
  /** One clause where state is failed. */
  readonly faultText: string;
  readonly loopback: boolean;
  readonly linkType: string;
  /** Its LINKTYPE_ value. */
  readonly linkTypeNumber: number;
  /** False: its frames are counted but not decoded. */
  readonly decoded: boolean;
  readonly addresses: readonly string[];
  /** Where its frames come from. */
  readonly capture: CaptureKind;
  readonly frames: number;
  /** The traffic as tapped: super-frames whole. Its packets are frames. */
  readonly tapped: Totals;
  readonly kernelDrops: number;
  readonly interfaceDrops: number;
  /** The kernel's own counters (IFLA_STATS64), as last read. */
  readonly counters: Totals;
  /** Of the same counters; undefined where there are none, as in a file. */
  readonly errors: InterfaceErrors | undefined;
  /** What its link carries each way in bytes a second; undefined where the driver does not know or makes it up (veth). */
  readonly speed: number | undefined;
  /** They count segments on the wire, as hardware does; else super-frames, as tapped. */
  readonly countsSegments: boolean;
  /** Wire bytes that the kernel counted by socket and the capture did not deliver; not in the row's own totals. */
  readonly recovered: Totals;
  readonly ledger: Ledger;
  /** Frames by the way decoding ended, other than `ok`; the commonest first. */
  readonly outcomes: readonly { readonly label: string; readonly text: string; readonly frames: number }[];
}

/** Frames since the device was made, and those of them since nettrace first looked at it. */
export interface InterfaceErrors {
  readonly received: number;
  readonly sent: number;
  readonly newReceived: number;
  readonly newSent: number;
  /** Multicast frames that were received. */
  readonly multicast: number;
  readonly collisions: number;
}

/** `reverse`: asked for by nettrace (--resolve); the others were seen on the wire. */
export type RemoteNameSource = NameSource | 'reverse';

/** One live flow, in the directions of its owner. */
export interface FlowRow extends Totals, Rates, Layers {
  /** Stable and unique while the engine runs: index and generation of the flow table. */
  readonly key: string;
  readonly ownerId: number;
  readonly interfaceName: string;
  /** `tcp`, `udp`, `icmp`, ... or `proto-N`. */
  readonly protocol: string;
  readonly family: 4 | 6;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Host name of the other end, a hint: who answers or connects chooses it. undefined where none is known. */
  readonly remoteName: string | undefined;
  readonly remoteNameSource: RemoteNameSource | undefined;
  /** Name of the service at the server's port (/etc/services); undefined where it has none. */
  readonly service: string | undefined;
  readonly quality: MatchQuality;
  readonly initiator: 'unknown' | 'local' | 'remote';
  readonly ended: boolean;
  /** The interface sees it the other way round. */
  readonly mirrored: boolean;
  /** The same packets are charged to the owner on another interface. */
  readonly repeated: boolean;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** All flows by their place, from 0 on; the values are those of FlowRow. */
export interface FlowList {
  readonly length: number;
  /** Made when it is first asked for, and kept. */
  row(at: number): FlowRow;
  key(at: number): string;
  ownerId(at: number): number;
  remoteAddress(at: number): string;
  /** Which flows have the same host at the other end. */
  remotes(): Remotes;
  repeated(at: number): boolean;
  hasEnded(at: number): boolean;
  firstMs(at: number): number;
  lastMs(at: number): number;
  sentBytes(at: number): number;
  receivedBytes(at: number): number;
  sentPackets(at: number): number;
  receivedPackets(at: number): number;
  sentRate(at: number): number | undefined;
  receivedRate(at: number): number | undefined;
}

/** Shares of one CPU's time between two samples, each 0..1 (system-views, section 2). */
export interface CpuShares {
  readonly id: number;
  readonly online: boolean;
  /** No such CPU is plugged in: only its number is between those of others. */
  readonly absent: boolean;
  readonly nice: number;
  readonly user: number;
  readonly system: number;
  readonly irq: number;
  readonly softirq: number;
  readonly steal: number;
  readonly guest: number;
  readonly iowait: number;
}

/** The host around the packets. Sizes in bytes. */
export interface HostModel {
  readonly hostname: string;
  readonly uptimeSeconds: number;
  /** undefined until there are two samples. */
  readonly cpus: readonly CpuShares[] | undefined;
  /** CPUs online. */
  readonly cpuCount: number;
  readonly load: readonly [number, number, number];
  readonly memory: {
    readonly total: number;
    readonly used: number;
    readonly shared: number;
    readonly compressed: number;
    readonly buffers: number;
    readonly cache: number;
    readonly available: number;
  };
  /** `compressed`: swapped pages that zswap still holds in memory. */
  readonly swap: { readonly total: number; readonly used: number; readonly cache: number; readonly compressed: number };
  /** Threads, kernel threads included; running ones at most one for each online CPU. The others are as in htop. */
  readonly tasks: {
    readonly total: number;
    readonly running: number;
    /** Without kernel threads; undefined where /proc does not list them. */
    readonly processes: number | undefined;
    /** Threads of processes beyond the first of each. */
    readonly userThreads: number | undefined;
    readonly kernelThreads: number | undefined;
  };
  /** Per cent of the last 10 s in which something waited; undefined where the kernel does not tell. */
  readonly pressure:
    | { readonly cpu: number | undefined; readonly memory: number | undefined; readonly io: number | undefined }
    | undefined;
  /** In a container: what it may use and uses; undefined elsewhere and without limits. */
  readonly limits:
    | {
        readonly memoryMax: number | undefined;
        readonly memoryCurrent: number | undefined;
        readonly swapMax: number | undefined;
        readonly swapCurrent: number | undefined;
        readonly cpus: number | undefined;
      }
    | undefined;
  /** CPU ids by NUMA node; empty where there is only one. */
  readonly nodes: readonly { readonly id: number; readonly cpus: readonly number[] }[];
  /** CPU ids of each core that has several threads. */
  readonly siblings: readonly (readonly number[])[];
}

export interface FaultRow {
  /** ErrorCode name, e.g. `kNetlinkFailed`. */
  readonly code: string;
  /** One sentence for people. */
  readonly text: string;
}

/** One refresh. */
export interface Model {
  readonly timeMs: number;
  /** Monotonic time since the sample before; 0 for the first. */
  readonly intervalMs: number;
  /** Time since the engine started. */
  readonly elapsedMs: number;
  readonly engineState: EngineState;
  /** How owners are found in this run. */
  readonly ownership: Ownership;
  /** The socket meter alone: nothing is captured. */
  readonly light: boolean;
  readonly interfaces: readonly InterfaceRow[];
  /** Share of the bytes in all interfaces' own counters that is in their ledgers, 0..1; undefined where none has a cut. */
  readonly covered: number | undefined;
  /** Every owner with bytes, unsorted, in order of id. */
  readonly owners: readonly OwnerRow[];
  /** The sum of the owners: a packet that crosses several interfaces counts once. */
  readonly total: Totals & Rates;
  /** Every live flow, made when it is first read; undefined unless the sample was taken with flows. */
  readonly flows: readonly FlowRow[] | undefined;
  /** The same without a row for each; absent where `flows` are not as they were sampled (flowListOf has them always). */
  readonly flowList?: FlowList | undefined;
  /** The flows of one owner, the busiest since the sample before first; at most `limit`. Empty without flows. */
  flowsOf(ownerId: number, limit?: number): readonly FlowRow[];
  /** What the live flows of one owner moved, by protocol; makes no rows. Empty without flows. */
  flowTotalsOf(ownerId: number): ReadonlyMap<string, Totals & Rates>;
  /** Who has a pid, for processes that moved nothing themselves; asks /proc. undefined where that is another host's. */
  readonly ancestorOf?: ((pid: number) => Ancestor | undefined) | undefined;
  readonly host: HostModel;
  /** The queues of all sockets; undefined: nobody looks, or not yet. Not older than a second or two. */
  readonly queues: QueueModel | undefined;
  /** Protocol counters of this network namespace; undefined where nobody shows them. */
  readonly protocols: ProtocolModel | undefined;
  /** Routes of this network namespace, as they were last read; undefined where nobody shows them. */
  readonly routes: RouteModel | undefined;
  readonly faults: readonly FaultRow[];
  readonly drops: { readonly kernel: number; readonly interface: number; readonly table: number };
  /** Records of the socket meter for which there was no room, and at least how many IP bytes they told of. */
  readonly lost: { readonly records: number; readonly bytes: number };
  readonly attribution: {
    readonly flowsLive: number;
    readonly flowCapacity: number;
    readonly flowsEvicted: number;
    readonly lookups: number;
    readonly lookupsDeferred: number;
    readonly queue: number;
    /** Live sockets that the socket meter knows. */
    readonly meteredSockets: number;
  };
  /** What nettrace itself costs: share of one CPU (1 = a whole core) and resident bytes. */
  readonly self: { readonly cpu: number | undefined; readonly rssBytes: number };
}
