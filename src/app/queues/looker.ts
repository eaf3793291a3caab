// Owns: one look at the queues of all sockets after the other: the table is read, judged, and its owners and users are added.
// Knows nothing of: when it is time to look, and who shows it.
import type { QueueModel, QueueThresholds } from '../../model/queue-row.ts';
import { createQueueWatch } from '../../model/queue-watch.ts';
import type { SocketReading } from '../../model/socket-reading.ts';
import { sampleSockets } from '../../model/socket-sample.ts';
import type { Addon } from '../../native/addon.ts';
import type { SocketTable } from '../../native/socket-table.ts';
import type { Clock } from '../clock.ts';
import { createSocketOwnerBook } from './socket-owner-book.ts';

export interface QueueLooker {
  /** Takes no time of this thread but what it takes to judge; one call after the other. */
  look(): Promise<QueueModel>;
  /** CPU time of the last look, as far as it goes into reading the sockets. */
  costMs(): number;
}

export interface QueueLookerParts {
  readonly addon: Pick<Addon, 'socketTable' | 'socketOwners'>;
  readonly clock: Clock;
  readonly thresholds: QueueThresholds;
  /** False: only the network namespace of nettrace itself. */
  readonly allNamespaces: boolean;
  /** ListenOverflows of the namespace in which a process lives; undefined: nettrace's own. */
  readonly readOverflows: (pid: number | undefined) => number | undefined;
  /** The name of a user. */
  readonly userOf: (uid: number) => string;
  /** Pairs of ports of TCP connections that are to be looked at although nothing waits there; left out: none. */
  readonly wanted?: () => Uint32Array;
}

const NONE = new Uint32Array(0);

export function createQueueLooker(parts: QueueLookerParts): QueueLooker {
  const { addon, clock, allNamespaces } = parts;
  const watch = createQueueWatch(parts.thresholds);
  const book = createSocketOwnerBook(addon, clock);
  const request = { tcp: true, udp: true, unix: true, tcpInfo: true, memory: true, queued: true, allNamespaces };
  let costMs = 0;
  return {
    costMs: () => costMs,
    async look() {
      const table = await addon.socketTable({ ...request, wanted: parts.wanted?.() ?? NONE });
      costMs = table.costMs;
      const model = watch(sampleSockets(table, clock.now(), (place) => overflowsOf(table, place, parts)));
      const inodes = (raised: boolean) =>
        new Set(model.rows.flatMap((row) => (row.raised === raised && row.socket.inode > 0 ? [row.socket.inode] : [])));
      await book.learn(inodes(true), inodes(false));
      const named = ({ inode, uid }: SocketReading) => ({
        owners: book.of(inode),
        user: inode > 0 ? parts.userOf(uid) : undefined,
      });
      return { ...model, rows: model.rows.map((row) => ({ ...row, ...named(row.socket) })) };
    },
  };
}

function overflowsOf(table: SocketTable, place: number, parts: QueueLookerParts): number | undefined {
  if (place === 0) return parts.readOverflows(undefined);
  const pid = table.namespaces[place]?.pid ?? 0;
  return pid === 0 ? undefined : parts.readOverflows(pid);
}
