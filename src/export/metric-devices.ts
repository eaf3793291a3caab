// Owns: what the own counters of devices gained since nettrace looks at them.
// Knows nothing of: names and series.
import type { BothWays } from '../model/ledger.ts';
import type { InterfaceRow } from '../model/model.ts';

interface Known {
  readonly index: number;
  readonly counters: BothWays;
  readonly tapped: BothWays;
}

type Figures = Pick<InterfaceRow, 'slot' | 'index' | 'counters' | 'tapped'>;

/**
 * A function that takes each row of each refresh. A device that was there before nettrace, or comes out of another
 * namespace, brings counts with it: of those of its first refresh only what was tapped by then is a gain. One that was
 * made anew under its old name keeps its row, and begins at 0.
 */
export function createDeviceGains(): (row: Figures) => BothWays {
  const known = new Map<number, Known>();
  return ({ slot, index, counters, tapped }) => {
    const before = known.get(slot);
    known.set(slot, { index, counters, tapped });
    // One that is gone keeps its last counters.
    if (before !== undefined && (index === before.index || index === 0)) return between(before.counters, counters);
    const seen = between(before?.tapped, tapped);
    return {
      sentBytes: Math.min(seen.sentBytes, counters.sentBytes),
      receivedBytes: Math.min(seen.receivedBytes, counters.receivedBytes),
    };
  };
}

function between(was: BothWays | undefined, is: BothWays): BothWays {
  return {
    sentBytes: Math.max(0, is.sentBytes - (was?.sentBytes ?? 0)),
    receivedBytes: Math.max(0, is.receivedBytes - (was?.receivedBytes ?? 0)),
  };
}
