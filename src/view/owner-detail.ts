// Owns: the line about one owner above its connections: its bytes by layer, what was sent again, where they cross.
// Knows nothing of: the connections.
import { formatSize, quantityText } from '../base/units.ts';
import type { OwnerRow } from '../model/model.ts';
import { joinPieces, keepPieces, type Piece, piece, piecesWidth } from './pieces.ts';
import { type Row, span } from './styled-text.ts';
import { unitText } from './usage-columns.ts';
import type { ViewInput } from './view-input.ts';

/** A screen that is lower needs its lines for the connections. */
const LEAST_ROWS = 12;

/** One line, or none. Sent stands before received, as everywhere. */
export function detailRows(owner: OwnerRow | undefined, input: ViewInput): readonly Row[] {
  if (owner === undefined || input.size.rows < LEAST_ROWS) return [];
  const size = (bytes: number) => quantityText(formatSize(bytes, input.ui.units)).trim();
  const layer = (weight: number, name: string, sent: number, received: number) =>
    piece(weight, span(`${name} `, 'label'), span(size(sent), 'sent'), span(' '), span(size(received), 'received'));
  // The first one says which is which: in words where those cost no other piece.
  const wire = (sent: string, received: string) =>
    piece(
      8,
      ...[span(`wire ${sent}`, 'label'), span(size(owner.sentBytes), 'sent')],
      ...[span(` ${received}`, 'label'), span(size(owner.receivedBytes), 'received')],
    );
  const others = [
    layer(5, 'ip', owner.sentIpBytes, owner.receivedIpBytes),
    layer(7, 'payload', owner.sentPayloadBytes, owner.receivedPayloadBytes),
    ...retransmitted(owner, size),
    ...crossings(owner),
    ...(unitText(owner) === undefined ? [] : [piece(4.5, span('in ', 'label'), span(unitText(owner) ?? ''))]),
    ...(owner.netns === undefined ? [] : [piece(2, span(`netns ${owner.netns}`, 'dim'))]),
  ];
  const width = input.size.columns - 1;
  const between = input.size.columns < 100 ? 2 : 3;
  const keep = (first: Piece) => keepPieces([first, ...others], width, between, input.mode);
  const [up, down] = input.mode.unicode && input.mode.ambiguousWidth === 1 ? ['↑', '↓'] : ['>', '<'];
  const [told, marked] = [keep(wire('sent ', 'received ')), keep(wire(up, down))];
  const kept = told.length === marked.length ? told : marked;
  if (piecesWidth(kept, between, input.mode) > width) return [];
  return [{ spans: [span(' '), ...joinPieces(kept, between)] }];
}

function retransmitted(owner: OwnerRow, size: (bytes: number) => string): readonly Piece[] {
  const { retransmittedBytes: again, sentPayloadBytes: payload } = owner;
  if (again === undefined) return [];
  const share =
    again > 0 && payload > 0 ? ` (${((100 * again) / payload).toFixed(again / payload < 0.01 ? 2 : 1)} %)` : '';
  const style = payload > 0 && again / payload >= 0.01 ? 'warn' : 'normal';
  return [piece(6, span('retransmitted ', 'label'), span(size(again) + share, style))];
}

/** Interfaces where its packets count, and dim those that they cross besides. */
function crossings(owner: OwnerRow): readonly Piece[] {
  const names = (repeated: boolean) => [
    ...new Set(owner.interfaces.filter((each) => each.repeated === repeated).map((each) => each.name)),
  ];
  const also = names(true);
  return [
    piece(3, span('on ', 'label'), span(names(false).join(', ') || '-')),
    ...(also.length === 0 ? [] : [piece(4, span(`also on ${also.join(', ')}`, 'dim'))]),
  ];
}
