// Owns: protocol counters as rows: how much they moved since the start, and how fast they move now.
// Knows nothing of: files, and what a counter means (protocol-words.ts).
import { sanitize } from '../base/sanitize.ts';
import type { CounterSection } from '../procfs/net-counters.ts';
import type { ProtocolReading } from '../procfs/protocol-reader.ts';
import type { CounterRow, ProtocolModel } from './protocol-row.ts';
import { gain, perSecond } from './rates.ts';

const LONGEST_NAME = 40;

/** Not counters: settings, and what goes up and down. */
const SETTINGS: ReadonlySet<string> = new Set([
  'Ip Forwarding',
  'Ip DefaultTTL',
  'Tcp RtoAlgorithm',
  'Tcp RtoMin',
  'Tcp RtoMax',
  'Tcp MaxConn',
  'Tcp CurrEstab',
  'MPTcpExt MPCurrEstab',
  'Sctp SctpCurrEstab',
]);

/** Whether it only grows, so that what was added to it means something. */
export function isCounter(section: string, name: string): boolean {
  return !SETTINGS.has(`${section} ${name}`);
}

export function buildProtocols(
  now: ProtocolReading,
  before: ProtocolReading | undefined,
  intervalMs: number,
): ProtocolModel {
  const first = valuesOf(now.first);
  const previous = before && valuesOf(before.sections);
  const rows = now.sections.flatMap(({ name: section, counters }) =>
    counters.flatMap(({ name, value }): CounterRow[] => {
      const key = `${section} ${name}`;
      if (!isCounter(section, name)) return [];
      const amount = Number(value);
      const known = previous?.get(key);
      return [
        {
          section,
          name: sanitize(name.startsWith(section) ? name.slice(section.length) : name, LONGEST_NAME),
          value: amount,
          gained: gain(amount, first.get(key) ?? 0),
          rate: known === undefined ? undefined : perSecond(gain(amount, known), intervalMs),
        },
      ];
    }),
  );
  return { rows, established: valuesOf(now.sections).get('Tcp CurrEstab') };
}

function valuesOf(sections: readonly CounterSection[]): Map<string, number> {
  return new Map(
    sections.flatMap(({ name: section, counters }) =>
      counters.map(({ name, value }) => [`${section} ${name}`, Number(value)] as const),
    ),
  );
}
