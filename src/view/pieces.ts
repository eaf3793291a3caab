// Owns: one line put together from pieces that matter more or less: where it gets narrow, the least ones go.
// Knows nothing of: what the pieces say.
import { textWidth } from '../base/text-width.ts';
import { type Row, rowText, type Span, type TextMode } from './styled-text.ts';

export interface Piece {
  readonly spans: readonly Span[];
  /** Higher stays longer. */
  readonly weight: number;
}

export function piece(weight: number, ...spans: readonly Span[]): Piece {
  return { weight, spans };
}

/** The pieces that fit into `width` with `gap` cells between two of them, in their order. */
export function keepPieces(pieces: readonly Piece[], width: number, gap: number, mode: TextMode): readonly Piece[] {
  let kept = pieces;
  while (kept.length > 1 && piecesWidth(kept, gap, mode) > width) {
    const least = kept.reduce((a, b) => (b.weight < a.weight ? b : a));
    kept = kept.filter((each) => each !== least);
  }
  return kept;
}

/** As keepPieces, but a lesser piece may stay where a greater one is too wide: for pieces of very different widths. */
export function fitPieces(pieces: readonly Piece[], width: number, gap: number, mode: TextMode): readonly Piece[] {
  let kept: readonly Piece[] = [];
  for (const each of [...pieces].sort((a, b) => b.weight - a.weight)) {
    if (kept.length === 0 || piecesWidth([...kept, each], gap, mode) <= width) kept = [...kept, each];
  }
  return pieces.filter((each) => kept.includes(each));
}

export function piecesWidth(pieces: readonly Piece[], gap: number, mode: TextMode): number {
  const texts = pieces.reduce((sum, each) => sum + textWidth(rowText({ spans: each.spans }), mode), 0);
  return texts + gap * Math.max(0, pieces.length - 1);
}

export function joinPieces(pieces: readonly Piece[], gap: number): readonly Span[] {
  const blank: Span = { text: ' '.repeat(gap), style: 'normal' };
  return pieces.flatMap((each, i) => (i === 0 ? each.spans : [blank, ...each.spans]));
}

/** Pieces from the left edge and pieces that end at the right edge; both lose their least ones together. */
export function spreadPieces(
  left: readonly Piece[],
  right: readonly Piece[],
  width: number,
  gap: number,
  mode: TextMode,
): Row {
  const kept = keepPieces([...left, ...right], width, gap, mode);
  const start = kept.filter((each) => left.includes(each));
  const end = kept.filter((each) => right.includes(each));
  const middle = Math.max(0, width - piecesWidth(start, gap, mode) - piecesWidth(end, gap, mode));
  if (end.length === 0) return { spans: joinPieces(start, gap) };
  return {
    spans: [...joinPieces(start, gap), { text: ' '.repeat(middle), style: 'normal' }, ...joinPieces(end, gap)],
  };
}
