// Owns: the bar of a ledger: how many cells each kind of owner gets, and the mark that names a kind beside the bar.
// Knows nothing of: the rows of figures.
import { type BothWays, type Ledger, total } from '../model/ledger.ts';
import type { OwnerKind } from '../model/model.ts';
import { type Span, type StyleToken, span, type TextMode } from './styled-text.ts';

/** Beside the kinds of owners: what is in the counters only, expected so (`--light`) or lost. */
export type Segment = OwnerKind | 'unseen' | 'lost';

/** In the order of the bar. */
const SEGMENTS: readonly Segment[] = ['process', 'kernel', 'forwarded', 'no-socket', 'unattributed', 'unseen', 'lost'];

const STYLES: Readonly<Record<Segment, StyleToken>> = {
  process: 'ledger-process',
  kernel: 'ledger-kernel',
  forwarded: 'ledger-forwarded',
  'no-socket': 'ledger-no-socket',
  unattributed: 'ledger-unknown',
  unseen: 'dim',
  lost: 'ledger-lost',
};

/** One letter a segment where there is no colour to tell them apart, as in the meters. */
const MONO: Readonly<Record<Segment, string>> = {
  process: '|',
  kernel: '#',
  forwarded: '*',
  'no-socket': '@',
  unattributed: '$',
  unseen: '.',
  lost: '%',
};

const NOTHING: BothWays = { sentBytes: 0, receivedBytes: 0 };

/** The mark of a kind in one cell, as the bar draws it. */
export function segmentMark(segment: Segment, mode: TextMode): Span {
  return span(mode.color ? '|' : MONO[segment], STYLES[segment]);
}

/** `[||||||||||]` of exactly `width` cells; everything that is not zero has a cell. */
export function ledgerBar(ledger: Ledger, light: boolean, width: number, mode: TextMode): readonly Span[] {
  const inner = Math.max(0, width - 2);
  const amounts = SEGMENTS.map((segment) => amountOf(ledger, segment, light));
  const sizes = segmentCells(amounts, inner);
  const segments = SEGMENTS.flatMap((segment, i) => {
    const mark = segmentMark(segment, mode);
    return sizes[i] === 0 ? [] : [span(mark.text.repeat(sizes[i] ?? 0), mark.style)];
  });
  const blank = inner - sizes.reduce((sum, size) => sum + size, 0);
  return [span('[', 'bar-bracket'), ...segments, span(' '.repeat(blank)), span(']', 'bar-bracket')];
}

/** What is in the counters and has no owner is lost, but where nothing is captured. */
export function residualSegment(light: boolean): Segment {
  return light ? 'unseen' : 'lost';
}

function amountOf({ parts, cut }: Ledger, segment: Segment, light: boolean): number {
  if (segment === 'lost' || segment === 'unseen') {
    const dropped = segment === 'lost' ? total(cut?.dropped ?? NOTHING) : 0;
    return dropped + (segment === residualSegment(light) ? Math.max(0, total(cut?.residual ?? NOTHING)) : 0);
  }
  return parts.filter((part) => part.kind === segment).reduce((sum, part) => sum + total(part), 0);
}

/** Shares of the cells, none rounded to nothing; what rounding takes or leaves is the largest one's. */
export function segmentCells(amounts: readonly number[], inner: number): readonly number[] {
  const whole = amounts.reduce((sum, amount) => sum + amount, 0);
  if (whole <= 0) return amounts.map(() => 0);
  const largest = amounts.indexOf(Math.max(...amounts));
  let left = inner;
  const sizes = amounts.map((amount, i) => {
    if (amount <= 0 || i === largest) return 0;
    const size = Math.min(left, Math.max(1, Math.round((amount / whole) * inner)));
    left -= size;
    return size;
  });
  return sizes.map((size, i) => (i === largest ? left : size));
}
