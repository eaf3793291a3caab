// Owns: protocol counters as rows of a list: their fields with what they mean, filter words, and the order of interest.
// Knows nothing of: columns and screens.
import { type Field, field } from '../model/field.ts';
import { filterFields, type Vocabulary } from '../model/filter.ts';
import type { CounterRow, ProtocolModel } from '../model/protocol-row.ts';
import { counterWord } from './protocol-words.ts';

export function counterKey({ section, name }: CounterRow): string {
  return `${section} ${name}`;
}

/** It should stand still, and did not since nettrace was started. */
export function isTrouble({ section, name, gained }: CounterRow): boolean {
  return gained > 0 && counterWord(section, name)?.trouble === true;
}

/**
 * Signs of trouble, then what moved, both in the kernel's order; those that did not move last, zeros behind the rest.
 * What moved since the start counts as moving, so that rows do not come and go with every refresh.
 */
export function listedCounters({ rows }: ProtocolModel): readonly CounterRow[] {
  const place = (row: CounterRow) => (isTrouble(row) ? 0 : row.gained > 0 ? 1 : row.value > 0 ? 2 : 3);
  return [0, 1, 2, 3].flatMap((wanted) => rows.filter((row) => place(row) === wanted));
}

export function meaningOf({ section, name }: CounterRow): string {
  return counterWord(section, name)?.text ?? '';
}

export const COUNTER_FIELDS: readonly Field<CounterRow>[] = [
  field('section', 'PROTOCOL', 'text', 'section', (r) => r.section, "The kernel's section, such as `TcpExt`"),
  field('name', 'COUNTER', 'text', 'name', (r) => r.name, "The kernel's name of the counter"),
  field('rate', 'A SEC', 'count', 'rate', (r) => r.rate, 'What was added a second since the last refresh', {
    optional: true,
  }),
  field('gained', 'STARTED', 'count', 'gained', (r) => r.gained, 'What was added since nettrace was started'),
  field('value', 'BOOT', 'count', 'value', (r) => r.value, 'The counter itself, of this network namespace'),
  field('trouble', '!', 'flag', 'trouble', isTrouble, 'It should stand still, and moved'),
  field('meaning', 'MEANING', 'text', 'meaning', (r) => meaningOf(r) || undefined, 'What it counts', {
    optional: true,
  }),
];

export const COUNTER_VOCABULARY: Vocabulary<CounterRow> = {
  fields: [
    { names: ['proto', 'protocol'], unit: 'text', values: (row) => [row.section] },
    ...filterFields(COUNTER_FIELDS),
  ],
  text: (row) => [counterKey(row), meaningOf(row)].join('\n'),
  examples: 'name, proto, rate, gained, value, trouble, meaning',
};

/** Unlike things are not added up: a group has none of its rows' figures. */
export function mergeCounters(_: readonly CounterRow[], title: string): CounterRow {
  return { section: '', name: title, value: Number.NaN, gained: Number.NaN, rate: undefined };
}
