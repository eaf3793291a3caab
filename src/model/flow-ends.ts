// Owns: where the live connections of an owner lead: ports, addresses and names at both ends, as filters ask for them.
// Knows nothing of: rates, rows and filters.
import { ADDRESS_LENGTH, addressText } from '../base/ip-text.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import { protocolName, wireNameOf } from './flow-names.ts';
import type { SampleNames } from './sample.ts';

/** Of every live connection of one owner; each list is made when it is first asked for. */
export interface FlowEnds {
  readonly localPorts: readonly number[];
  readonly remotePorts: readonly number[];
  readonly protocols: readonly string[];
  readonly localAddresses: readonly string[];
  /** Addresses and, where they are known, names. */
  readonly remotes: readonly string[];
}

/** The ends by owner id; the flows are sorted by owner once, when somebody first looks at any. */
export function createFlowEnds(snapshot: SnapshotView, known?: SampleNames): (ownerId: number) => FlowEnds {
  const { flows } = snapshot;
  let byOwner: Map<number, number[]> | undefined;

  const index = (): Map<number, number[]> => {
    const rows = new Map<number, number[]>();
    for (let row = 0; row < flows.rows; row++) {
      const owner = flows.owner[row] ?? 0;
      const own = rows.get(owner);
      if (own === undefined) rows.set(owner, [row]);
      else own.push(row);
    }
    return rows;
  };
  const remotesOf = (row: number): readonly string[] => {
    const address = addressText(flows.remoteAddress, row * ADDRESS_LENGTH);
    const name = wireNameOf(snapshot, row) ?? known?.hostName(address);
    return name === undefined ? [address] : [address, name];
  };
  const rowsOf = (ownerId: number): readonly number[] => {
    byOwner ??= index();
    return byOwner.get(ownerId) ?? [];
  };
  return (ownerId) => endsOf(() => rowsOf(ownerId), snapshot, remotesOf);
}

function endsOf(
  rows: () => readonly number[],
  { flows }: SnapshotView,
  remotesOf: (row: number) => readonly string[],
): FlowEnds {
  const once = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
  const lists = new Map<string, readonly unknown[]>();
  const kept = <T>(name: string, make: () => readonly T[]): readonly T[] => {
    const known = lists.get(name);
    if (known !== undefined) return known as readonly T[];
    const list = once(make());
    lists.set(name, list);
    return list;
  };
  return {
    get localPorts() {
      return kept('localPorts', () => rows().map((row) => flows.localPort[row] ?? 0));
    },
    get remotePorts() {
      return kept('remotePorts', () => rows().map((row) => flows.remotePort[row] ?? 0));
    },
    get protocols() {
      return kept('protocols', () => rows().map((row) => protocolName(flows.protocol[row] ?? 0)));
    },
    get localAddresses() {
      return kept('localAddresses', () => rows().map((row) => addressText(flows.localAddress, row * ADDRESS_LENGTH)));
    },
    get remotes() {
      return kept('remotes', () => rows().flatMap(remotesOf));
    },
  };
}
