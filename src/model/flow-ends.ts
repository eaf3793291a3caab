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

/** What the ends of all owners of one sample are read from. */
interface Source {
  readonly snapshot: SnapshotView;
  readonly known: SampleNames | undefined;
  /** Rows of flows by owner id; made when somebody first looks at any. */
  readonly byOwner: () => ReadonlyMap<number, readonly number[]>;
}

type List = keyof FlowEnds;

interface Owned {
  from: Source;
  ownerId: number;
  lists: { [name in List]?: FlowEnds[name] } | undefined;
}

/** Getters that all ends inherit: most owners are never asked, and nothing is made for those. */
const ENDS: FlowEnds & ThisType<Owned> = {
  get localPorts() {
    return numbersOf(this, 'localPorts', ({ flows }, row) => flows.localPort[row] ?? 0);
  },
  get remotePorts() {
    return numbersOf(this, 'remotePorts', ({ flows }, row) => flows.remotePort[row] ?? 0);
  },
  get protocols() {
    return textsOf(this, 'protocols', ({ flows }, row) => [protocolName(flows.protocol[row] ?? 0)]);
  },
  get localAddresses() {
    return textsOf(this, 'localAddresses', ({ flows }, row) => [addressText(flows.localAddress, row * ADDRESS_LENGTH)]);
  },
  get remotes() {
    return textsOf(this, 'remotes', remotesOf);
  },
};

/** The ends by owner id; the flows are sorted by owner once, when somebody first looks at any. */
export function createFlowEnds(snapshot: SnapshotView, known?: SampleNames): (ownerId: number) => FlowEnds {
  let index: ReadonlyMap<number, readonly number[]> | undefined;
  const byOwner = () => {
    index ??= indexByOwner(snapshot);
    return index;
  };
  const from: Source = { snapshot, known, byOwner };
  return (ownerId) => {
    const ends = Object.create(ENDS) as FlowEnds & Owned;
    ends.from = from;
    ends.ownerId = ownerId;
    ends.lists = undefined;
    return ends;
  };
}

function indexByOwner({ flows }: SnapshotView): ReadonlyMap<number, readonly number[]> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < flows.rows; row++) {
    const owner = flows.owner[row] ?? 0;
    const own = rows.get(owner);
    if (own === undefined) rows.set(owner, [row]);
    else own.push(row);
  }
  return rows;
}

function rowsOf({ from, ownerId }: Owned): readonly number[] {
  return from.byOwner().get(ownerId) ?? [];
}

function numbersOf(
  owned: Owned,
  name: 'localPorts' | 'remotePorts',
  value: (snapshot: SnapshotView, row: number) => number,
): readonly number[] {
  owned.lists ??= {};
  owned.lists[name] ??= [...new Set(rowsOf(owned).map((row) => value(owned.from.snapshot, row)))];
  return owned.lists[name];
}

function textsOf(
  owned: Owned,
  name: 'protocols' | 'localAddresses' | 'remotes',
  values: (snapshot: SnapshotView, row: number, known: SampleNames | undefined) => readonly string[],
): readonly string[] {
  const { snapshot, known } = owned.from;
  owned.lists ??= {};
  owned.lists[name] ??= [...new Set(rowsOf(owned).flatMap((row) => values(snapshot, row, known)))];
  return owned.lists[name];
}

function remotesOf(snapshot: SnapshotView, row: number, known: SampleNames | undefined): readonly string[] {
  const address = addressText(snapshot.flows.remoteAddress, row * ADDRESS_LENGTH);
  const name = wireNameOf(snapshot, row) ?? known?.hostName(address);
  return name === undefined ? [address] : [address, name];
}
