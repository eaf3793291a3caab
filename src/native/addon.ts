// Owns: the whole native boundary as TypeScript sees it: the addon's declarations.
// Knows nothing of: how a snapshot is read (snapshot-view.ts) and what an error means to a person (native-error.ts).
import { createRequire } from 'node:module';
import type { LinkListing, NativeRoute } from './network-listing.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';
import type { ServiceCalls } from './service-calls.ts';
import type { SocketOwners, SocketTable, SocketTableRequest } from './socket-table.ts';

/** Options of an engine; everything is validated by the constructor, which opens nothing. */
export interface EngineOptions {
  /** Devices by name; empty: all that are up, running and not loopback. */
  readonly devices?: readonly string[];
  /** All devices, loopback and down ones included. */
  readonly all?: boolean;
  /** Read this pcap or pcapng file instead of devices; `-` is standard input. */
  readonly file?: string;
  /** pcap-filter(7) expression. */
  readonly filter?: string;
  readonly promiscuous?: boolean;
  /**
   * How owners are found: `bpf` (start() fails where it does not load), `classic`, or `auto`: the most exact that works.
   * Not for a file.
   */
  readonly engine?: 'auto' | 'bpf' | 'classic';
  /** Names of hosts are read from DNS answers, TLS and QUIC hellos (default true); packets with them are captured whole. */
  readonly names?: boolean;
  /** Nothing is captured: the socket meter counts alone. start() fails without it. */
  readonly light?: boolean;
  /** `ring`, `pcap`, or `auto`: the own ring where it knows the device's frames, libpcap elsewhere. */
  readonly capture?: string;
  /** Bytes of each frame that are captured, 96..65535. */
  readonly snaplen?: number;
  /** Memory of all capture rings together in bytes; the devices share it. */
  readonly ringBytes?: number;
  /** Longest time in ms that a frame waits in the ring before the kernel wakes the reader; 0: by the number of devices. */
  readonly timeoutMs?: number;
  /** Most flows that are kept, 1024..4000000. */
  readonly maxFlows?: number;
  /** Exact socket lookups a second. */
  readonly lookupsPerSecond?: number;
  /** Root of procfs. */
  readonly procRoot?: string;
}

/** A running capture. Nothing here waits for I/O except start() and stop(). */
export interface Engine {
  /** Opens handles and starts threads. Throws NativeError. */
  start(): void;
  /** One consistent state of all counters as a columnar buffer (schema.ts); with `flows` the live flows too. */
  snapshot(flows: boolean): ArrayBuffer;
  /** Reads what is left in the rings, joins the threads; idempotent. Snapshots can still be taken. */
  stop(): void;
}

/** What the addon throws: `code` is an ErrorCode name such as `kDeviceNotFound`. */
export interface NativeError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly errno: number;
  /** The device, file or option concerned. Foreign bytes: sanitise before they are shown. */
  readonly subject: Uint8Array;
  /** Text of a library such as libpcap. Foreign bytes. */
  readonly detail: Uint8Array;
}

export interface NativeInterface {
  /** Foreign bytes: sanitise before they are shown. */
  readonly name: Uint8Array;
  readonly index: number;
  readonly up: boolean;
  readonly running: boolean;
  readonly loopback: boolean;
  readonly addresses: readonly string[];
}

/** A name and a sentence for each value of an 8-bit column. */
export interface Label {
  readonly label: string;
  readonly text: string;
}

/** One source of the engine, really tried. */
export interface SourceProbe {
  /** Stable, e.g. `packet-ring`. */
  readonly name: string;
  readonly state: 'works' | 'not-supported' | 'not-permitted';
  /** How it works, or why it does not. Foreign text: sanitise before it is shown. */
  readonly reason: string;
  /** What is missing without it and what to do; empty where it works. */
  readonly advice: string;
}

/** A process of the self-test and what it really moved, on the wire. */
export interface KnownProcess {
  readonly pid: number;
  readonly kind: 'tcp' | 'udp' | 'one-shot' | 'bulk' | 'burst';
  readonly v6: boolean;
  /** It did all that it should. */
  readonly done: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly packets: number;
}

export interface DeviceCounters {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
}

/**
 * The stage of a self-test: making one moves this thread, for good, into a network namespace of its own, so that an
 * engine started afterwards watches there. Throws NativeError. All of it ends with this process.
 */
export interface SelfTest {
  /** The device to watch. */
  readonly device: string;
  /** False: there is no IPv6 here. */
  readonly v6: boolean;
  /** Makes traffic and waits for its end, some seconds at most. Throws NativeError. */
  run(phase: 'short-lives' | 'bulk' | 'burst'): readonly KnownProcess[];
  /** The device's own counters. */
  counters(): DeviceCounters;
  close(): void;
}

export interface Addon extends ServiceCalls {
  readonly schemaVersion: number;
  /** `table.column:type` lines in buffer order. */
  readonly schema: readonly string[];
  /** Values of `owners.reason`. */
  readonly reasons: readonly Label[];
  /** Values of `outcomes.outcome`. */
  readonly outcomes: readonly Label[];
  readonly Engine: new (options: EngineOptions) => Engine;
  readonly SelfTest: new () => SelfTest;
  /** Opens every source once and lets it go again, in a fixed order; takes some tenths of a second. */
  probeSources(): readonly SourceProbe[];
  listInterfaces(): NativeInterface[];
  /** All devices and addresses. Throws NativeError kNetlinkFailed. */
  listLinks(): LinkListing;
  /** Routes of both families and all tables. Throws NativeError kNetlinkFailed. */
  listRoutes(): readonly NativeRoute[];
  /** All sockets of the kinds asked for, read by sock_diag(7), by /proc/net where that fails. Never rejects for a part. */
  socketTable(request: SocketTableRequest): Promise<SocketTable>;
  /** Who holds which socket: one pass over /proc/PID/fd. Rejects with NativeError kProcUnreadable. */
  socketOwners(procRoot?: string): Promise<SocketOwners>;
  /** Throws NativeError kFilterInvalid if the expression does not compile for Ethernet. */
  checkFilter(expression: string): void;
  /** From now on a crash in native code writes these bytes to standard output and restores the terminal's modes. */
  armTerminalRestore(leave: string): void;
  disarmTerminalRestore(): void;
  /**
   * Sends a signal (its number) to the process with this pid and this start, field 22 of /proc/PID/stat, and to no
   * other: by its pidfd. `gone`: it has ended; `other`: the pid is another process's by now. Throws NativeError.
   */
  signalProcess(pid: number, startTicks: number, signal: number): 'sent' | 'gone' | 'other';
  /** Frees the memory of a buffer that nobody will read any more, at once: from then on it is empty, and so are its views. */
  releaseBuffer(buffer: ArrayBuffer): void;
  /** CPU time and resident memory of this process, getrusage(2) and /proc/self/statm. */
  selfUsage(): { readonly cpuMs: number; readonly rssBytes: number };
}

/** Loads build/Release/nettrace.node and checks that it speaks this schema. Throws an Error with one clear sentence. */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  const addon = require(findAddon(require)) as Addon;
  const expected = Object.entries(SCHEMA).flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, type]) => `${table}.${column}:${type}`),
  );
  if (addon.schemaVersion !== SCHEMA_VERSION || addon.schema.join() !== expected.join()) {
    throw new Error('the native addon was built from other sources; run "npm run build" again');
  }
  return addon;
}

/** The addon lies under the package's root, from dist/ and from the tests' build/t/ alike. */
function findAddon(require: NodeJS.Require): string {
  for (const up of ['../../', '../../../../', '../../../']) {
    const path = `${up}build/Release/nettrace.node`;
    try {
      return require.resolve(path);
    } catch {
      // not built from this place: try the next
    }
  }
  throw new Error('the native addon is not built; run "npm run setup"');
}
