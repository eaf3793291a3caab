// Owns: the texts of flows, made once and kept from sample to sample as long as the flow lives.
// Knows nothing of: counters and rates, and how a flow is shown.
import { ADDRESS_LENGTH, addressText, isV4Mapped } from '../base/ip-text.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import { protocolName } from './flow-names.ts';

/** What a flow is called for as long as it lives. */
export interface FlowTexts {
  readonly key: string;
  readonly protocol: string;
  readonly family: 4 | 6;
  readonly localAddress: string;
  readonly remoteAddress: string;
}

/** Texts by slot of the flow table and its generation. Belongs to one engine. */
export interface FlowTextCache {
  /** The key of the flow in this row of `flows`: an order of thousands asks for nothing else. */
  key(snapshot: SnapshotView, row: number): string;
  /** All its texts. */
  get(snapshot: SnapshotView, row: number): FlowTexts;
  /** Forgets all: nobody shows flows any more. */
  clear(): void;
}

interface Entry {
  readonly generation: number;
  readonly key: string;
  texts: FlowTexts | undefined;
}

/** Slots are used again, so it never holds more than the bounded flow table had rows at once. */
export function createFlowTextCache(): FlowTextCache {
  let entries: (Entry | undefined)[] = [];
  const entryOf = ({ flows }: SnapshotView, row: number): Entry => {
    const id = flows.id[row] ?? 0;
    const generation = flows.generation[row] ?? 0;
    const known = entries[id];
    if (known?.generation === generation) return known;
    const entry = { generation, key: `${id}.${generation}`, texts: undefined };
    entries[id] = entry;
    return entry;
  };
  return {
    key: (snapshot, row) => entryOf(snapshot, row).key,
    get(snapshot, row) {
      const entry = entryOf(snapshot, row);
      entry.texts ??= readTexts(snapshot, row, entry.key);
      return entry.texts;
    },
    clear() {
      entries = [];
    },
  };
}

function readTexts({ flows }: SnapshotView, row: number, key: string): FlowTexts {
  const at = row * ADDRESS_LENGTH;
  return {
    key,
    protocol: protocolName(flows.protocol[row] ?? 0),
    family: isV4Mapped(flows.localAddress, at) ? 4 : 6,
    localAddress: addressText(flows.localAddress, at),
    remoteAddress: addressText(flows.remoteAddress, at),
  };
}
