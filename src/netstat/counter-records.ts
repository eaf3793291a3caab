// Owns: protocol counters as records, each with what was added a second since the reading before.
// Knows nothing of: where the counters are read, and how records are written.
import { isCounter } from '../model/protocol-model.ts';
import { gain, perSecond } from '../model/rates.ts';
import type { CounterSection } from '../procfs/net-counters.ts';
import { type RecordFormat, renderRecords } from './records.ts';

export interface CounterReading {
  readonly sections: readonly CounterSection[];
  /** On a clock that does not jump. */
  readonly atMs: number;
}

/** @param before undefined: the first reading, where nothing has a rate. @param time in ms since 1970 */
export function renderCounterRecords(
  now: CounterReading,
  before: CounterReading | undefined,
  format: RecordFormat,
  time: number,
): string {
  const known = new Map(
    before?.sections.flatMap(({ name: section, counters }) =>
      counters.map(({ name, value }) => [`${section} ${name}`, value] as const),
    ),
  );
  const intervalMs = before === undefined ? 0 : now.atMs - before.atMs;
  const rows = now.sections.flatMap(({ name: section, counters }) =>
    counters.map(({ name, value }) => {
      const last = isCounter(section, name) ? known.get(`${section} ${name}`) : undefined;
      return {
        ...{ section, name, value: exact(value) },
        rate: last === undefined ? null : rateOf(value, last, intervalMs),
      };
    }),
  );
  return renderRecords('statistics', ['section', 'name', 'value', 'rate'], rows, format, time);
}

/** A value beyond 2^53 is a string: JSON readers would round it. */
function exact(value: string): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** At most three decimals; never negative. Beyond 2^53, too, one that is added to a counter is one. */
function rateOf(value: string, last: string, intervalMs: number): number | null {
  const rate = perSecond(gain(Number(BigInt(value) - BigInt(last)), 0), intervalMs);
  return rate === undefined ? null : Math.round(rate * 1000) / 1000;
}
