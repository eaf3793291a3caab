// Owns: what is read at one moment, before anything is derived: a snapshot, the host's counters, the tool's own use.
// Knows nothing of: how it was read, the sample before it, and rates.
import type { Label } from '../native/addon.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import type { Ancestor } from '../procfs/ancestors.ts';
import type { HostReading } from '../procfs/host.ts';
import type { ProcessReading } from '../procfs/process-reader.ts';
import type { ProtocolReading } from '../procfs/protocol-reader.ts';
import type { QueueModel } from './queue-row.ts';
import type { RouteModel } from './route-model.ts';

/** Texts for the 8-bit columns of a snapshot; the same for every sample of an engine. */
export interface SampleLabels {
  /** By `owners.reason`. */
  readonly reasons: readonly Label[];
  /** By `outcomes.outcome`. */
  readonly outcomes: readonly Label[];
}

/** What names things by number, besides the snapshot; without it there are numbers only. */
export interface SampleNames {
  /** The host name that reverse DNS has given an address so far. Asking may make it known to a later sample. */
  readonly hostName: (address: string) => string | undefined;
  /** The name of a service of `tcp` or `udp`. */
  readonly serviceName: (protocol: string, port: number) => string | undefined;
}

/** One reading of everything. Samples are only compared with earlier samples of the same engine. */
export interface Sample {
  readonly snapshot: SnapshotView;
  /** Whether the snapshot was taken with its live flows. */
  readonly withFlows: boolean;
  readonly host: HostReading;
  /** What the processes among the owners use, by owner id; absent where nobody reads it, as from a file. */
  readonly processes?: ReadonlyMap<number, ProcessReading>;
  /** Asks for a process by its pid; absent where nobody can be asked. */
  readonly ancestorOf?: (pid: number) => Ancestor | undefined;
  readonly labels: SampleLabels;
  readonly names?: SampleNames | undefined;
  /** The queues of all sockets as they were looked at last; undefined: nobody looks, or not yet. */
  readonly queues?: QueueModel | undefined;
  /** Protocol counters; undefined where nobody shows them. */
  readonly protocols?: ProtocolReading | undefined;
  readonly routes?: RouteModel | undefined;
  /** CPU time used so far and resident memory of nettrace. */
  readonly self: { readonly cpuMs: number; readonly rssBytes: number };
}
