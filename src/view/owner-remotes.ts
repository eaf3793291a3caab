// Owns: processes taken apart by the remote hosts that they talk to, so that they can be grouped by those.
// Knows nothing of: groups and columns.
import type { FlowRow, Model, OwnerRow } from '../model/model.ts';

/** Group of what an owner moved on connections that have ended, or without any. */
export const NO_REMOTE = 'no live connection';

/** Flows of one owner with one host. */
interface Remote {
  readonly counted: FlowRow[];
  /** Their packets count on another interface: they are connections without bytes. */
  readonly repeated: FlowRow[];
}

/**
 * Every owner as one row for each remote host of its connections, and one for what is left, so that the parts add
 * up to the owner. Packets that are repeated on another interface count once.
 */
export function splitByRemote(owners: readonly OwnerRow[], { flows }: Pick<Model, 'flows'>): readonly OwnerRow[] {
  const byOwner = new Map<number, Map<string, Remote>>();
  for (const flow of flows ?? []) {
    const remotes = byOwner.get(flow.ownerId) ?? new Map<string, Remote>();
    byOwner.set(flow.ownerId, remotes);
    const remote = remotes.get(flow.remoteAddress) ?? { counted: [], repeated: [] };
    remotes.set(flow.remoteAddress, remote);
    (flow.repeated ? remote.repeated : remote.counted).push(flow);
  }
  return owners.flatMap((owner): readonly OwnerRow[] => {
    const remotes = byOwner.get(owner.id);
    if (remotes === undefined) return [{ ...owner, remote: NO_REMOTE }];
    const left = amountsOf(owner);
    // What is repeated takes of the connections what the others leave.
    const counts = [...remotes.values()].map(({ counted }) => take(left, 'connections', liveOf(counted)));
    const parts = [...remotes].map(([name, remote], i) => partOf(owner, name, remote, counts[i] ?? 0, left));
    const rest = restOf(owner, left);
    return AMOUNTS.some((name) => (rest[name] ?? 0) > 0) ? [...parts, rest] : parts;
  });
}

const AMOUNTS = [
  'connections',
  'sentBytes',
  'receivedBytes',
  'sentPackets',
  'receivedPackets',
  'sentRate',
  'receivedRate',
  'sentIpBytes',
  'receivedIpBytes',
  'sentPayloadBytes',
  'receivedPayloadBytes',
  'retransmittedBytes',
] as const;
type Amount = (typeof AMOUNTS)[number];
/** What an owner has of each and no part has had yet; undefined where the owner's is not known. */
type Left = Record<Amount, number | undefined>;

/** Less than a byte in a quarter of an hour is what adding up has left of nothing. */
const LEAST_RATE = 0.001;

function amountsOf(owner: OwnerRow): Left {
  return Object.fromEntries(AMOUNTS.map((name) => [name, owner[name]])) as Left;
}

/**
 * As much as a part wants, and no more than is left: flows and owners are counted at the same moment, yet bytes may
 * change hands.
 */
function take(left: Left, name: Amount, wanted: number): number {
  const taken = Math.min(wanted, left[name] ?? wanted);
  const rest = (left[name] ?? taken) - taken;
  if (left[name] !== undefined) left[name] = name.endsWith('Rate') && rest < LEAST_RATE ? 0 : rest;
  return taken;
}

function partOf(
  owner: OwnerRow,
  remote: string,
  { counted, repeated }: Remote,
  connections: number,
  left: Left,
): OwnerRow {
  const part = (name: Exclude<Amount, 'connections'>) =>
    take(
      left,
      name,
      counted.reduce((total, flow) => total + (flow[name] ?? 0), 0),
    );
  const hasRate =
    counted.some((flow) => flow.sentRate !== undefined) || (counted.length === 0 && owner.sentRate !== undefined);
  return {
    ...owner,
    remote,
    connections: connections + take(left, 'connections', liveOf(repeated)),
    sentBytes: part('sentBytes'),
    receivedBytes: part('receivedBytes'),
    sentPackets: part('sentPackets'),
    receivedPackets: part('receivedPackets'),
    sentRate: hasRate ? part('sentRate') : undefined,
    receivedRate: hasRate ? part('receivedRate') : undefined,
    sentIpBytes: part('sentIpBytes'),
    receivedIpBytes: part('receivedIpBytes'),
    sentPayloadBytes: part('sentPayloadBytes'),
    receivedPayloadBytes: part('receivedPayloadBytes'),
    retransmittedBytes: owner.retransmittedBytes === undefined ? undefined : part('retransmittedBytes'),
    retransmittedPackets: undefined,
  };
}

function liveOf(flows: readonly FlowRow[]): number {
  return flows.filter(({ ended }) => !ended).length;
}

function restOf(owner: OwnerRow, left: Left): OwnerRow {
  return { ...owner, ...(left as Pick<OwnerRow, Amount>), remote: NO_REMOTE };
}
