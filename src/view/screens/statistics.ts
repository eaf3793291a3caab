// Owns: the page of the protocol counters: signs of trouble first, what moves with its rate, the quiet ones folded.
// Knows nothing of: where counters are read, and what they mean.
import { cutText } from '../../base/text-width.ts';
import { formatCount, quantityText } from '../../base/units.ts';
import type { CounterRow, ProtocolModel } from '../../model/protocol-row.ts';
import { countCell, type RowTone, rowMark, textCell, withGroupName } from '../cells.ts';
import {
  COUNTER_FIELDS,
  COUNTER_VOCABULARY,
  counterKey,
  isTrouble,
  listedCounters,
  meaningOf,
  mergeCounters,
} from '../counter-rows.ts';
import { detailLine, type Fold, foldRows } from '../fold-rows.ts';
import { createList } from '../list.ts';
import type { Entry } from '../list-spec.ts';
import { type PlainColumn, type PlainStep, type PlainTable, plainTable } from '../plain-table.ts';
import type { Span } from '../styled-text.ts';
import type { Cells } from '../table.ts';
import type { ViewInput } from '../view-input.ts';

type CounterColumn = 'mark' | 'trouble' | 'name' | 'rate' | 'gained' | 'value' | 'meaning';

const step = (columns: string, flexible: CounterColumn, least: number, most?: number): PlainStep<CounterColumn> => ({
  columns: ['mark', 'trouble', ...(columns.split(' ') as CounterColumn[])],
  flexible,
  least,
  ...(most === undefined ? {} : { most }),
});

const STEPS: readonly PlainStep<CounterColumn>[] = [
  step('name rate gained value meaning', 'meaning', 18),
  step('name rate gained value', 'name', 16, 32),
  step('name rate gained', 'name', 16),
  step('name rate', 'name', 0),
];

/** The longest names of the kernel have 31 cells with their section; those are rare. */
const NAME_WIDTH = 29;

const number = { width: 7, gap: 1, align: 'right' } as const;
const COLUMNS: Readonly<Record<CounterColumn, PlainColumn>> = {
  mark: { title: '', width: 1, gap: 0 },
  trouble: { title: '!', width: 1, gap: 0, sort: 'trouble' },
  name: { title: 'COUNTER', width: NAME_WIDTH, gap: 1, sort: 'name' },
  rate: { ...number, title: 'A SEC', sort: 'rate' },
  gained: { ...number, title: 'STARTED', sort: 'gained' },
  value: { ...number, title: 'BOOT', sort: 'value' },
  meaning: { title: 'MEANING', width: 0, sort: 'meaning' },
};

export const counterList = createList<CounterRow, PlainTable<CounterColumn>>({
  noun: 'counter',
  name: 'statistics',
  rows: ({ protocols }) => protocols && listedCounters(protocols),
  key: counterKey,
  tie: () => 0,
  fields: COUNTER_FIELDS,
  vocabulary: COUNTER_VOCABULARY,
  groups: [{ id: 'section', name: 'protocol', of: ({ section }) => section }],
  merge: mergeCounters,
  fold: (entries, input) => foldRows(entries, FOLDS, mergeCounters, input),
  table: (input) => plainTable(input, STEPS, COLUMNS),
  cells: counterCells,
  sums: (_, __, input) => detailLine(input.reading.model.protocols?.rows, counterKey, detailText, input),
  subject: ({ reading }) => (reading.model.protocols === undefined ? '' : subject(reading.model.protocols)),
  empty: (_, rows) => (rows === undefined ? 'reading the counters' : 'no counters'),
  copies: (row) => `${counterKey(row)} ${row.value}`,
});

const FOLDS: readonly Fold<CounterRow>[] = [
  { id: 'quiet', holds: (row) => row.gained === 0 && row.value > 0, title: 'quiet since the start' },
  { id: 'zeros', holds: (row) => row.gained === 0 && row.value === 0, title: 'that are 0' },
];

function subject({ rows, established }: ProtocolModel): string {
  const moving = rows.filter((row) => (row.rate ?? 0) > 0).length;
  const open = established === undefined ? '' : `, ${established} established`;
  return `${moving} of ${rows.length} move${open}`;
}

function counterCells(
  entry: Entry<CounterRow>,
  { ids, columns }: PlainTable<CounterColumn>,
  { mode }: ViewInput,
  selected: boolean,
): Cells {
  const { row, title, members = [row] } = entry;
  const moves = (row.rate ?? 0) > 0;
  const tone: RowTone = moves ? 'normal' : 'dim';
  const trouble = isTrouble(row);
  const cells = ids.map((id, i): readonly Span[] => {
    const width = columns[i]?.width ?? 0;
    const text = (value: string, style: Span['style']) => [textCell(cutText(value, width, mode), width, style, mode)];
    if (id === 'mark') return [rowMark(entry, selected, tone)];
    if (title !== undefined) return id === 'trouble' ? text(...troubleOf(members)) : text('', 'normal');
    switch (id) {
      case 'trouble':
        return text(...troubleOf([row]));
      case 'name':
        return text((entry.lead ?? '') + counterKey(row), trouble && moves ? 'warn' : tone);
      case 'rate':
        return [row.rate === undefined ? textCell('-', width, 'dim', mode, 'right') : countCell(row.rate, width, tone)];
      case 'gained':
        return [countCell(row.gained, width, tone)];
      case 'value':
        return [countCell(row.value, width, 'dim')];
      default:
        return text(meaningOf(row), 'dim');
    }
  });
  return title === undefined ? cells : withGroupName(cells, columns, entry, ids.indexOf('name'), 'dim', mode);
}

/** The mark of a sign of trouble, an alarm while it moves; a group has the worst of its rows. */
function troubleOf(rows: readonly CounterRow[]): readonly [mark: string, style: Span['style']] {
  const troubles = rows.filter(isTrouble);
  return [troubles.length > 0 ? '!' : '', troubles.some(({ rate }) => (rate ?? 0) > 0) ? 'alarm' : 'warn'];
}

/** What a narrow table leaves out. */
function detailText(row: CounterRow): string {
  const count = (value: number) => quantityText(formatCount(value)).replace(/\s/g, '');
  const meaning = meaningOf(row);
  const figures = `${count(row.gained)} since the start, ${count(row.value)} since boot`;
  return `${counterKey(row)}: ${meaning === '' ? '' : `${meaning}; `}${figures}`;
}
