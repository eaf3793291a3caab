// Owns: the page of the protocol counters: signs of trouble first, what moves with its rate, the quiet ones folded.
// Knows nothing of: where counters are read, and what they mean.
import { cutText, takeCells, textWidth } from '../../base/text-width.ts';
import { formatCount } from '../../base/units.ts';
import type { CounterRow, ProtocolModel } from '../../model/protocol-row.ts';
import { countCell, textCell } from '../cells.ts';
import { type PageBody, textBody } from '../page-body.ts';
import { counterWord } from '../protocol-words.ts';
import { EMPTY_ROW, type Row, type Span, span } from '../styled-text.ts';
import { headerRow, type TableColumn, tableRow } from '../table.ts';
import type { ViewInput } from '../view-input.ts';

const NAME_WIDTH = 29;
const NUMBER_WIDTH = 7;
const LEAST_MEANING = 20;

export function statisticsBody(input: ViewInput): PageBody {
  const { protocols } = input.reading.model;
  const columns = columnsOf(input);
  const lines = protocols === undefined ? [] : counterLines(protocols, columns, input);
  return {
    ...textBody(lines, input.ui.textTop, 'reading the counters', protocols && subject(protocols)),
    titles: [headerRow(columns, input.mode)],
  };
}

function subject({ rows, established }: ProtocolModel): string {
  const moving = rows.filter((row) => (row.rate ?? 0) > 0).length;
  const open = established === undefined ? '' : `, ${established} connections`;
  return `${moving} of ${rows.length} move${open}`;
}

function columnsOf({ size }: ViewInput): readonly TableColumn[] {
  const column = (title: string, width: number, gap: number, align: 'left' | 'right'): TableColumn => ({
    ...{ title, width, gap, align },
    sorted: false,
  });
  const numbers = 3 * (NUMBER_WIDTH + 1);
  const meaning = size.columns - NAME_WIDTH - 1 - numbers - 2;
  const name = Math.max(8, Math.min(NAME_WIDTH, size.columns - numbers - 1));
  return [
    column('COUNTER', name, 1, 'left'),
    column('A SEC', NUMBER_WIDTH, 1, 'right'),
    column('STARTED', NUMBER_WIDTH, 1, 'right'),
    column('BOOT', NUMBER_WIDTH, 1, 'right'),
    ...(meaning >= LEAST_MEANING ? [column('MEANING', meaning, 2, 'left')] : []),
  ];
}

/** What moved since the start counts as moving, so that rows do not come and go with every refresh. */
function counterLines({ rows }: ProtocolModel, columns: readonly TableColumn[], input: ViewInput): readonly Row[] {
  const moved = rows.filter((row) => row.gained > 0);
  const trouble = moved.filter((row) => isTrouble(row));
  const sections = new Map<string, CounterRow[]>();
  for (const row of moved) {
    if (!isTrouble(row)) sections.set(row.section, [...(sections.get(row.section) ?? []), row]);
  }
  return [
    ...section('Signs of trouble', trouble, columns, input),
    ...[...sections].flatMap(([name, list]) => section(name, list, columns, input)),
    ...quietLines(
      rows.filter((row) => row.gained === 0),
      input,
    ),
  ];
}

function isTrouble({ section: of, name }: CounterRow): boolean {
  return counterWord(of, name)?.trouble === true;
}

function section(
  title: string,
  rows: readonly CounterRow[],
  columns: readonly TableColumn[],
  input: ViewInput,
): readonly Row[] {
  if (rows.length === 0) return [];
  return [
    { spans: [span(title, 'title')] },
    ...rows.map((row) => tableRow(columns, cells(row, columns, input))),
    EMPTY_ROW,
  ];
}

function cells(row: CounterRow, columns: readonly TableColumn[], { mode }: ViewInput): readonly (readonly Span[])[] {
  const word = counterWord(row.section, row.name);
  const moves = (row.rate ?? 0) > 0;
  const tone = moves ? 'normal' : 'dim';
  const label = word?.trouble === true ? `${row.section} ${row.name}` : row.name;
  const [name, rate, gained, value, meaning] = columns.map(({ width }) => width);
  return [
    [textCell(cutText(label, name ?? 0, mode), name ?? 0, moves && word?.trouble ? 'warn' : tone, mode)],
    [row.rate === undefined ? textCell('-', rate ?? 0, 'dim', mode, 'right') : countCell(row.rate, rate ?? 0, tone)],
    [countCell(row.gained, gained ?? 0, tone)],
    [countCell(row.value, value ?? 0, 'dim')],
    ...(meaning === undefined ? [] : [[textCell(cutText(word?.text ?? '', meaning, mode), meaning, 'dim', mode)]]),
  ];
}

/** Those that did not move: what they count since boot as running text, and how many are 0. */
function quietLines(rows: readonly CounterRow[], { size, mode }: ViewInput): readonly Row[] {
  const counted = rows.filter((row) => row.value > 0);
  const zeros = rows.length - counted.length;
  const words = counted.map(({ section: of, name, value }) => {
    const { value: digits, unit } = formatCount(value);
    return `${of} ${name} ${(digits + unit).trim()}`;
  });
  const lines = ['  '];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    const joined = last.trim() === '' ? `  ${word}` : `${last},  ${word}`;
    if (textWidth(joined, mode) <= size.columns || last.trim() === '') lines[lines.length - 1] = joined;
    else lines.push(`  ${word}`);
  }
  const title = `Quiet since nettrace was started  ${counted.length}, and ${zeros} that are 0`;
  return [
    { spans: [span(cutText(title, size.columns, mode), 'title')] },
    ...lines
      .filter((line) => line.trim() !== '')
      .map((line) => ({ spans: [span(takeCells(line, size.columns, mode), 'dim')] })),
  ];
}
