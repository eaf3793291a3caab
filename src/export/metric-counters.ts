// Owns: counters that only grow, fed from readings that may go back, vanish or begin anew.
// Knows nothing of: what is counted.

/**
 * Readings of several sources are added up in one counter. A source that falls a little (bytes that found their owner)
 * adds nothing until it is above its highest reading again: what moved is then counted once, at its new place.
 */
export interface Counters {
  /** @returns what was added. Sources that no round reads any more are forgotten at its end. */
  read(source: string, reading: number): number;
  /** Begins a round of readings. */
  begin(): void;
  /** The sources that this round has not read, with their highest readings. */
  end(forgotten: (source: string, highest: number) => void): void;
}

export function createCounters(): Counters {
  const sources = new Map<string, { highest: number; round: number }>();
  let round = 0;
  return {
    begin() {
      round++;
    },
    read(source, reading) {
      const known = sources.get(source);
      const value = Number.isFinite(reading) ? reading : 0;
      if (known === undefined) {
        sources.set(source, { highest: Math.max(0, value), round });
        return Math.max(0, value);
      }
      known.round = round;
      const gained = Math.max(0, value - known.highest);
      known.highest += gained;
      return gained;
    },
    end(forgotten) {
      for (const [source, { highest, round: last }] of sources) {
        if (last === round) continue;
        sources.delete(source);
        forgotten(source, highest);
      }
    },
  };
}
