// Owns: the lines of the header about interfaces: rate and total each way, with a graph where there is room.
// Knows nothing of: owners and the rest of the header.
import { cutText, fitText, textWidth } from '../base/text-width.ts';
import type { InterfaceRow } from '../model/model.ts';
import { type RowTone, rateCell, rateWidth, sizeCell, sizeWidth } from './cells.ts';
import { LEDGER_SHARE_WIDTH, ledgerStyle, ledgerText } from './ledger-share.ts';
import { sparkline } from './sparkline.ts';
import { type Row, type Span, type StyleToken, span } from './styled-text.ts';
import type { ViewInput } from './view-input.ts';

const LEAST_GRAPH = 8;
const WIDEST_GRAPH = 30;
const WIDEST_NAME = 15; // IFNAMSIZ - 1
const LEDGER_WIDTH = '   ledger '.length + LEDGER_SHARE_WIDTH;

interface Widths {
  readonly name: number;
  readonly total: boolean;
  readonly ledger: boolean;
  readonly graph: number;
}

/**
 * At most `most` lines; the interfaces with most bytes, loopback last, in the order of the model. None where the
 * screen is too narrow for both rates.
 */
export function interfaceLines(input: ViewInput, most: number): readonly Row[] {
  const all = input.reading.model.interfaces;
  if (most < 1 || all.length === 0) return [];
  const shown = busiest(all, most);
  const state = Math.max(...shown.map((row) => stateText(row).length));
  const rates = ratesWidth(input, shown);
  const room = input.size.columns - state;
  if (rates > room) return [];
  const hidden = all.length - shown.length;
  const wanted = hidden > 0 ? `  +${hidden} more` : '';
  const more = rates + wanted.length <= room ? wanted : '';
  const widths = chooseWidths(input, shown, room - more.length);
  return shown.map((row, i) => {
    const spans = describeInterface(row, widths, input);
    return { spans: i === shown.length - 1 && more !== '' ? [...spans, span(more, 'dim')] : spans };
  });
}

function busiest(all: readonly InterfaceRow[], most: number): readonly InterfaceRow[] {
  const bytes = (row: InterfaceRow) => row.sentBytes + row.receivedBytes;
  const kept = new Set(
    [...all].sort((a, b) => Number(a.loopback) - Number(b.loopback) || bytes(b) - bytes(a)).slice(0, most),
  );
  return all.filter((row) => kept.has(row));
}

function nameWidth(input: ViewInput, rows: readonly InterfaceRow[]): number {
  return Math.min(WIDEST_NAME, Math.max(...rows.map((row) => textWidth(row.name, input.mode))));
}

/** Cells of a line without totals and graphs. */
function ratesWidth(input: ViewInput, rows: readonly InterfaceRow[]): number {
  return nameWidth(input, rows) + 2 + 'sent'.length + 2 * (1 + rateWidth(input.ui.units)) + 3 + 'received'.length;
}

/** Where it gets narrow the graphs go first, then the ledger, then the totals. */
function chooseWidths(input: ViewInput, rows: readonly InterfaceRow[], columns: number): Widths {
  const withTotals = ratesWidth(input, rows) + 2 * (2 + sizeWidth(input.ui.units));
  const ledger = rows.some((row) => row.ledger.cut?.covered !== undefined) && withTotals + LEDGER_WIDTH <= columns;
  const used = withTotals + (ledger ? LEDGER_WIDTH : 0);
  const graph = Math.min(WIDEST_GRAPH, Math.floor((columns - used) / 2) - 2);
  return {
    name: nameWidth(input, rows),
    total: withTotals <= columns,
    ledger,
    graph: graph >= LEAST_GRAPH ? graph : 0,
  };
}

function describeInterface(row: InterfaceRow, widths: Widths, input: ViewInput): readonly Span[] {
  const name = span(`${fitText(row.name, widths.name, 'left', input.mode)}  `, 'bold');
  if (row.state === 'failed') {
    const room = Math.max(0, input.size.columns - widths.name - 2);
    return [name, span(cutText(`failed: ${row.faultText}`, room, input.mode), 'warn')];
  }
  return [
    name,
    ...direction('sent', row.sentRate, row.ledger.wire.sentBytes, row, widths, input),
    span('   '),
    ...direction('received', row.receivedRate, row.ledger.wire.receivedBytes, row, widths, input),
    ...(widths.ledger ? ledgerSpans(row, input) : []),
    span(stateText(row), row.state === 'waiting' ? 'dim' : 'warn'),
  ];
}

/** How much of its own counters is in its ledger; blank where there is nothing to compare. */
function ledgerSpans(row: InterfaceRow, input: ViewInput): readonly Span[] {
  const covered = row.ledger.cut?.covered;
  if (covered === undefined) return [span(' '.repeat(LEDGER_WIDTH))];
  const style = ledgerStyle(covered, input.reading.model.light);
  return [span('   ledger ', 'dim'), span(ledgerText(covered).padStart(LEDGER_SHARE_WIDTH), style)];
}

/** Nothing for the usual state. */
function stateText(row: InterfaceRow): string {
  return row.state === 'capturing' || row.state === 'failed' ? '' : `  ${row.state}`;
}

function direction(
  word: 'sent' | 'received',
  rate: number | undefined,
  bytes: number,
  row: InterfaceRow,
  widths: Widths,
  input: ViewInput,
): readonly Span[] {
  const { units } = input.ui;
  const tone: RowTone = rate === 0 ? 'dim' : 'normal';
  const values = input.reading.history.interfaces.get(row.name)?.[word] ?? [];
  const style: StyleToken = values.some((value) => value > 0) ? word : 'dim';
  const graph = widths.graph > 0 ? [span('  '), span(sparkline(values, widths.graph, input.mode), style)] : [];
  return [
    span(`${word} `, word),
    ...rateCell(rate, units, rateWidth(units), tone),
    ...(widths.total ? [span('  '), ...sizeCell(bytes, units, sizeWidth(units), tone)] : []),
    ...graph,
  ];
}
