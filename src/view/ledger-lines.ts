// Owns: the ledger of one interface as rows: who its bytes belong to, and how they become its own counters.
// Knows nothing of: headings, bars and the page around them.
import { textWidth } from '../base/text-width.ts';
import { formatPercent } from '../base/units.ts';
import { type BothWays, type LedgerCut, type LedgerPart, total } from '../model/ledger.ts';
import type { InterfaceRow, Model, OwnerKind } from '../model/model.ts';
import { type RowTone, sizeCell, sizeWidth, textCell } from './cells.ts';
import { residualSegment, type Segment, segmentMark } from './ledger-bar.ts';
import { type Row, type Span, span } from './styled-text.ts';
import { chooseStep, headerRow, type Step, type TableColumn, tableRow } from './table.ts';
import type { ViewInput } from './view-input.ts';

type LedgerColumn = 'mark' | 'owner' | 'text' | 'sent' | 'received' | 'both' | 'share';

export interface LedgerTable {
  readonly ids: readonly LedgerColumn[];
  readonly columns: readonly TableColumn[];
  readonly titles: Row;
}

/** Where it gets narrow the clause gives way to its short form, then the share goes, then the directions. */
const STEPS: readonly Step<LedgerColumn>[] = [
  { columns: ['mark', 'owner', 'text', 'sent', 'received', 'share'], least: 28 },
  { columns: ['mark', 'text', 'sent', 'received', 'share'], least: 20 },
  { columns: ['mark', 'text', 'sent', 'received'], least: 9 },
  { columns: ['mark', 'text', 'both'], least: 1 },
];

const OWNER_WIDTH = 10;
/** The longest clause; beyond it figures would stand far from what they are of. */
const MOST_TEXT = 64;
const KIND_NAMES: Readonly<Record<OwnerKind, string>> = {
  process: 'processes',
  kernel: 'kernel',
  forwarded: 'forwarded',
  'no-socket': 'no socket',
  unattributed: 'unknown',
};

export function ledgerTable(input: ViewInput): LedgerTable {
  const chosen = chooseStep(STEPS, input.size.columns, (id) => {
    const { gap, width } = describe(id, input, 0);
    return gap + width;
  });
  const columns = chosen.columns.map((id) => describe(id, input, chosen.flexible));
  return { ids: chosen.columns, columns, titles: headerRow(columns, input.mode) };
}

function describe(id: LedgerColumn, input: ViewInput, flexible: number): TableColumn {
  const text = { align: 'left', gap: 1, sorted: false } as const;
  const number = { align: 'right', gap: 2, sorted: false } as const;
  // What was counted too much is below zero.
  const size = sizeWidth(input.ui.units) + 1;
  switch (id) {
    case 'mark':
      return { ...text, title: '', gap: 0, width: 1 };
    case 'owner':
      return { ...text, title: 'BYTES OF', width: OWNER_WIDTH };
    case 'text':
      return { ...text, title: '', width: Math.min(MOST_TEXT, flexible) };
    case 'sent':
      return { ...number, title: 'SENT', gap: 1, width: size };
    case 'received':
      return { ...number, title: 'RECEIVED', gap: 1, width: Math.max(8, size) };
    case 'both':
      return { ...number, title: 'BYTES', gap: 1, width: size };
    case 'share':
      return { ...number, title: 'SHARE', gap: 1, width: 7 };
  }
}

/** One line of the books. `name` or `clause` alone stand where there is no room for both. */
interface Line {
  readonly segment: Segment | undefined;
  readonly name: string;
  readonly clause: string;
  /** What says enough where there is one text column. */
  readonly brief: string;
  readonly amount: BothWays;
  /** Of what the share is; undefined: the line has none. */
  readonly whole: number | undefined;
  readonly tone: RowTone | 'warn';
}

/** The rows of an interface. `countedOn`: where bytes that are repeated here are in their owners' totals. */
export function ledgerLines(
  row: InterfaceRow,
  countedOn: readonly string[],
  table: LedgerTable,
  input: ViewInput,
): readonly Row[] {
  return [...partLines(row, countedOn), ...cutLines(row, input.reading.model)].map((line) =>
    lineRow(line, table, input),
  );
}

function partLines(row: InterfaceRow, countedOn: readonly string[]): readonly Line[] {
  const { parts, wire, repeated } = row.ledger;
  const whole = total(wire);
  const quiet = { segment: undefined, whole: undefined, tone: 'dim' } as const;
  const also = countedOn.length === 0 ? 'also on another interface' : `also on ${countedOn.join(', ')}`;
  return [
    ...parts.map((part, i) => partLine(part, parts[i - 1]?.kind, whole)),
    ...(total(repeated) === 0
      ? []
      : [{ ...quiet, name: '', clause: `of these ${also}, counted there`, brief: also, amount: repeated }]),
    ...(total(row.recovered) === 0
      ? []
      : [
          {
            ...quiet,
            name: '',
            clause: 'of these recovered from socket counts',
            brief: 'recovered',
            amount: row.recovered,
          },
        ]),
  ];
}

function partLine(part: LedgerPart, before: OwnerKind | undefined, whole: number): Line {
  const kind = KIND_NAMES[part.kind];
  const label = part.reason?.replaceAll('-', ' ') ?? '';
  return {
    segment: part.kind,
    name: part.kind === before ? '' : kind,
    clause: part.text,
    brief: label === '' || label === kind ? kind : label,
    amount: part,
    whole,
    tone: 'normal',
  };
}

/** From the wire to the interface's own counters; lines without bytes are left out. */
function cutLines(row: InterfaceRow, { light, ownership }: Model): readonly Line[] {
  const { wire, segmentHeaders, cut } = row.ledger;
  if (cut === undefined) return [];
  const streams = ownership === 'sock-diag';
  const others = minus(minus(wire, segmentHeaders), cut.counted);
  const less = { segment: undefined, name: '', whole: undefined, tone: 'dim' } as const;
  const lines: readonly Line[] = [
    {
      ...less,
      clause: 'less headers that segmentation adds',
      brief: 'segment headers',
      amount: negative(segmentHeaders),
    },
    {
      ...less,
      clause: streams ? 'less uncounted headers, and later packets' : 'less link headers, and later packets',
      brief: streams ? 'headers, later' : 'link headers, later',
      amount: negative(others),
    },
    ...lossLines(cut, light, streams),
  ];
  return [
    ...lines.filter(({ amount }) => amount.sentBytes !== 0 || amount.receivedBytes !== 0),
    {
      segment: undefined,
      name: 'counters',
      clause: `its own, of ${row.countsSegments ? 'segments on the wire' : 'super-frames'}`,
      brief: 'its own counters',
      amount: cut.counter,
      whole: undefined,
      tone: 'bold',
    },
  ];
}

function lossLines(cut: LedgerCut, light: boolean, streams: boolean): readonly Line[] {
  const whole = total(cut.counter);
  return [
    {
      segment: 'lost',
      name: 'dropped',
      clause: 'lost by a full ring, told by no socket',
      brief: 'dropped',
      amount: cut.dropped,
      whole,
      tone: 'warn',
    },
    {
      segment: total(cut.residual) > 0 ? residualSegment(light) : undefined,
      name: 'residual',
      clause: residualText(total(cut.residual), light, streams),
      brief: 'residual',
      amount: cut.residual,
      whole,
      tone: light ? 'normal' : 'warn',
    },
  ];
}

function residualText(bytes: number, light: boolean, streams: boolean): string {
  if (bytes < 0) return 'seen, but not in its counters';
  if (streams) return 'not counted here: forwarded, all but TCP';
  return light ? 'no socket: kernel, forwarded, strangers' : 'in its counters, but not seen';
}

function lineRow(line: Line, table: LedgerTable, input: ViewInput): Row {
  const beside = table.ids.includes('owner');
  const cells = table.ids.map((id, i) => lineCell(id, line, table.columns[i]?.width ?? 0, beside, input));
  return tableRow(table.columns, cells);
}

/** @param beside name and clause have a column each */
function lineCell(id: LedgerColumn, line: Line, width: number, beside: boolean, input: ViewInput): readonly Span[] {
  const { mode, ui } = input;
  const tone: RowTone = line.tone === 'warn' ? 'normal' : line.tone;
  switch (id) {
    case 'mark':
      return [line.segment === undefined ? span(' ') : segmentMark(line.segment, mode)];
    case 'owner':
      return [textCell(line.name, width, line.tone, mode)];
    case 'text':
      if (!beside) return [textCell(line.brief, width, line.tone, mode)];
      return [
        textCell(
          textWidth(line.clause, mode) <= width ? line.clause : line.brief,
          width,
          tone === 'normal' ? 'dim' : tone,
          mode,
        ),
      ];
    case 'sent':
      return sizeCell(line.amount.sentBytes, ui.units, width, tone);
    case 'received':
      return sizeCell(line.amount.receivedBytes, ui.units, width, tone);
    case 'both':
      return sizeCell(total(line.amount), ui.units, width, tone);
    case 'share':
      return [textCell(shareText(total(line.amount), line.whole), width, 'dim', mode, 'right')];
  }
}

/** Something is never shown as nothing. */
function shareText(amount: number, whole: number | undefined): string {
  if (whole === undefined || whole === 0) return '';
  const percent = (100 * amount) / whole;
  if (percent !== 0 && Math.abs(percent) < 0.05) return '<0.1 %';
  return `${formatPercent(percent)} %`;
}

function minus(a: BothWays, b: BothWays): BothWays {
  return { sentBytes: a.sentBytes - b.sentBytes, receivedBytes: a.receivedBytes - b.receivedBytes };
}

function negative(amount: BothWays): BothWays {
  return minus({ sentBytes: 0, receivedBytes: 0 }, amount);
}
