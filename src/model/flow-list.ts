// Owns: all flows of a model one value at a time, so that thousands can be ordered and summed without a row for each.
// Knows nothing of: order, sums and where the values lie.
import { numberHosts } from './flow-remotes.ts';
import type { FlowList, FlowRow, Model } from './model.ts';

/** Rows that are there already. */
export function listRows(rows: readonly FlowRow[]): FlowList {
  const row = (at: number): FlowRow => {
    const found = rows[at];
    if (found === undefined) throw new RangeError(`there are ${rows.length} flows, none at ${at}`);
    return found;
  };
  return {
    length: rows.length,
    row,
    key: (at) => row(at).key,
    ownerId: (at) => row(at).ownerId,
    remoteAddress: (at) => row(at).remoteAddress,
    remotes: () => numberHosts(rows.length, (at) => row(at).remoteAddress),
    repeated: (at) => row(at).repeated,
    hasEnded: (at) => row(at).ended,
    firstMs: (at) => row(at).firstMs,
    lastMs: (at) => row(at).lastMs,
    sentBytes: (at) => row(at).sentBytes,
    receivedBytes: (at) => row(at).receivedBytes,
    sentPackets: (at) => row(at).sentPackets,
    receivedPackets: (at) => row(at).receivedPackets,
    sentRate: (at) => row(at).sentRate,
    receivedRate: (at) => row(at).receivedRate,
  };
}

/** Without making rows where nobody has changed them; undefined where the sample has no flows. */
export function flowListOf(model: Pick<Model, 'flows' | 'flowList'>): FlowList | undefined {
  if (model.flowList !== undefined) return model.flowList;
  const { flows } = model;
  return flows && listRows(flows);
}

/** Those for which the test holds, as rows. */
export function rowsWhere(list: FlowList, test: (at: number) => boolean): readonly FlowRow[] {
  const rows: FlowRow[] = [];
  for (let at = 0; at < list.length; at++) if (test(at)) rows.push(list.row(at));
  return rows;
}

/** Those with this address at the other end, as rows. */
export function rowsWith(list: FlowList, address: string): readonly FlowRow[] {
  const { count, of } = list.remotes();
  const wanted = new Uint8Array(count);
  let seen = 0;
  return rowsWhere(list, (at) => {
    const host = of[at] ?? 0;
    // The first flow of a host: hosts are numbered in that order.
    if (host === seen) wanted[seen++] = Number(list.remoteAddress(at) === address);
    return wanted[host] === 1;
  });
}
