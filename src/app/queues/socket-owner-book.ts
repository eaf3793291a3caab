// Owns: whose a socket is, remembered from one reading of /proc to the next, and when it is worth to read it again.
// Knows nothing of: queues.
import type { SocketOwner } from '../../model/socket-reading.ts';
import type { Addon } from '../../native/addon.ts';
import { isNativeError } from '../../native/native-error.ts';
import { textAt } from '../../native/socket-table.ts';
import type { Clock } from '../clock.ts';

export interface SocketOwnerBook {
  /** Processes that have it as a file, by pid; empty where nobody is known. */
  of(inode: number): readonly SocketOwner[];
  /**
   * Looks for those that are not known yet. `pressing` ones are worth a reading of /proc soon, the others now and then.
   * Never rejects: what cannot be read stays unknown.
   */
  learn(pressing: ReadonlySet<number>, others: ReadonlySet<number>): Promise<void>;
}

/** A reading takes a walk through the descriptors of all processes: no more than this part of the time goes into it. */
const PRESSING_PART = 1 / 20;
const OTHERS_PART = 1 / 100;
const LEAST_PAUSE_MS = 500;
const OTHERS_PAUSE_MS = 5000;
/** A socket can be handed on: what is known is asked for again after this. */
const LASTS_MS = 30_000;

export function createSocketOwnerBook(addon: Pick<Addon, 'socketOwners'>, clock: Clock): SocketOwnerBook {
  let known: ReadonlyMap<number, readonly SocketOwner[]> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let costMs = 0;
  return {
    of: (inode) => known.get(inode) ?? [],
    async learn(pressing, others) {
      const sinceMs = clock.now() - readAt;
      const lacks = (inodes: ReadonlySet<number>) => [...inodes].some((inode) => !known.has(inode));
      const soon = lacks(pressing) && sinceMs >= Math.max(LEAST_PAUSE_MS, costMs / PRESSING_PART);
      const later = lacks(others) && sinceMs >= Math.max(OTHERS_PAUSE_MS, costMs / OTHERS_PART);
      if (!soon && !later && (sinceMs < LASTS_MS || pressing.size + others.size === 0)) return;
      const started = clock.now();
      known = await readOwners(addon, new Set([...pressing, ...others]));
      readAt = clock.now();
      costMs = readAt - started;
    },
  };
}

/** Each of `wanted` has an entry afterwards, be it an empty one. */
async function readOwners(
  addon: Pick<Addon, 'socketOwners'>,
  wanted: ReadonlySet<number>,
): Promise<ReadonlyMap<number, readonly SocketOwner[]>> {
  const found = new Map<number, SocketOwner[]>([...wanted].map((inode) => [inode, []]));
  try {
    const { holders, processes } = await addon.socketOwners();
    for (let row = 0; row < holders.inode.length; row++) {
      const owners = found.get(holders.inode[row] ?? 0);
      if (owners === undefined) continue;
      const process = holders.process[row] ?? 0;
      const pid = processes.pid[process] ?? 0;
      if (owners.some((owner) => owner.pid === pid)) continue;
      owners.push({ pid, name: textAt(processes.nameBytes, processes.nameEnds, process) });
    }
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
  return found;
}
