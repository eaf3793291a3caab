// Owns: processes taken apart by the remote hosts that they talk to, so that they can be grouped by those.
// Knows nothing of: groups and columns.
import type { FlowRow, Model, OwnerRow, Rates, Totals } from '../model/model.ts';

/** Group of what an owner moved on connections that have ended, or without any. */
export const NO_REMOTE = 'no live connection';

/**
 * Every owner as one row for each remote host of its live connections, and one for what is left, so that the parts add
 * up to the owner. Packets that are repeated on another interface count once.
 */
export function splitByRemote(owners: readonly OwnerRow[], { flows }: Pick<Model, 'flows'>): readonly OwnerRow[] {
  const byOwner = new Map<number, Map<string, FlowRow[]>>();
  for (const flow of flows ?? []) {
    if (flow.repeated) continue;
    const remotes = byOwner.get(flow.ownerId) ?? new Map<string, FlowRow[]>();
    byOwner.set(flow.ownerId, remotes);
    const own = remotes.get(flow.remoteAddress);
    if (own === undefined) remotes.set(flow.remoteAddress, [flow]);
    else own.push(flow);
  }
  return owners.flatMap((owner): readonly OwnerRow[] => {
    const remotes = byOwner.get(owner.id);
    if (remotes === undefined) return [{ ...owner, remote: NO_REMOTE }];
    const parts = [...remotes].map(([remote, own]) => partOf(owner, remote, own));
    const rest = restOf(owner, parts);
    return rest.sentBytes + rest.receivedBytes > 0 ? [...parts, rest] : parts;
  });
}

function partOf(owner: OwnerRow, remote: string, flows: readonly FlowRow[]): OwnerRow {
  const sum = (of: (flow: FlowRow) => number | undefined) => flows.reduce((total, flow) => total + (of(flow) ?? 0), 0);
  const known = flows.some((flow) => flow.sentRate !== undefined);
  return {
    ...owner,
    remote,
    connections: flows.length,
    sentBytes: sum((flow) => flow.sentBytes),
    receivedBytes: sum((flow) => flow.receivedBytes),
    sentPackets: sum((flow) => flow.sentPackets),
    receivedPackets: sum((flow) => flow.receivedPackets),
    sentRate: known ? sum((flow) => flow.sentRate) : undefined,
    receivedRate: known ? sum((flow) => flow.receivedRate) : undefined,
    sentIpBytes: sum((flow) => flow.sentIpBytes),
    receivedIpBytes: sum((flow) => flow.receivedIpBytes),
    sentPayloadBytes: sum((flow) => flow.sentPayloadBytes),
    receivedPayloadBytes: sum((flow) => flow.receivedPayloadBytes),
    retransmittedBytes: owner.retransmittedBytes === undefined ? undefined : sum((flow) => flow.retransmittedBytes),
    retransmittedPackets: undefined,
  };
}

/** Flows and owners are counted at the same moment, yet bytes may change hands: nothing is ever below nothing. */
function restOf(owner: OwnerRow, parts: readonly OwnerRow[]): OwnerRow {
  const less = (of: (row: OwnerRow) => number) =>
    Math.max(
      0,
      parts.reduce((left, part) => left - of(part), of(owner)),
    );
  const rate = (of: (row: Rates) => number | undefined) =>
    of(owner) === undefined ? undefined : less((row) => of(row) ?? 0);
  const total = (of: (row: Totals) => number) => less(of);
  return {
    ...owner,
    remote: NO_REMOTE,
    connections: 0,
    sentBytes: total((row) => row.sentBytes),
    receivedBytes: total((row) => row.receivedBytes),
    sentPackets: total((row) => row.sentPackets),
    receivedPackets: total((row) => row.receivedPackets),
    sentRate: rate((row) => row.sentRate),
    receivedRate: rate((row) => row.receivedRate),
    sentIpBytes: less((row) => row.sentIpBytes),
    receivedIpBytes: less((row) => row.receivedIpBytes),
    sentPayloadBytes: less((row) => row.sentPayloadBytes),
    receivedPayloadBytes: less((row) => row.receivedPayloadBytes),
    retransmittedBytes: owner.retransmittedBytes === undefined ? undefined : less((row) => row.retransmittedBytes ?? 0),
  };
}
