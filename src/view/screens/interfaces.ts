// Owns: the page of the interfaces: each with its ledger as a bar and as rows, how it counts, and what it lost.
// Knows nothing of: how a ledger is made and what its rows say.
import { fitText, textWidth } from '../../base/text-width.ts';
import { formatCount, formatLinkSpeed, formatPercent, quantityText } from '../../base/units.ts';
import { foldGone } from '../../model/gone-interfaces.ts';
import { total } from '../../model/ledger.ts';
import type { InterfaceRow, Model } from '../../model/model.ts';
import { rateCell, rateWidth } from '../cells.ts';
import { ledgerBar } from '../ledger-bar.ts';
import { type LedgerTable, ledgerLines, ledgerTable } from '../ledger-lines.ts';
import { ledgerStyle, ledgerText } from '../ledger-share.ts';
import { type PageBody, textBody } from '../page-body.ts';
import { joinPieces, keepPieces, type Piece, piece, spreadPieces } from '../pieces.ts';
import { EMPTY_ROW, type Row, span } from '../styled-text.ts';
import type { ViewInput } from '../view-input.ts';

const CAPTURES: Readonly<Record<InterfaceRow['capture'], string>> = {
  none: 'not captured',
  file: 'capture file',
  libpcap: 'libpcap',
  ring: 'packet ring',
};

const MOST_ADDRESSES = 3;

export function interfacesBody(input: ViewInput): PageBody {
  const table = ledgerTable(input);
  const interfaces = foldGone(input.reading.model.interfaces);
  const rows = interfaces.flatMap((row, i) => [...(i === 0 ? [] : [EMPTY_ROW]), ...interfaceBlock(row, table, input)]);
  return { ...textBody(rows, input.ui.textTop, 'no interfaces'), titles: [table.titles] };
}

function interfaceBlock(row: InterfaceRow, table: LedgerTable, input: ViewInput): readonly Row[] {
  const { model } = input.reading;
  const heading = headingRow(row, input);
  if (total(row.ledger.wire) === 0 && row.ledger.cut === undefined) return [heading, lossRow(row, input)];
  return [
    heading,
    { spans: ledgerBar(row.ledger, model.light, input.size.columns, input.mode) },
    ...ledgerLines(row, countedOn(row, model), table, input),
    lossRow(row, input),
  ];
}

/** Name, state, rates, how full the link is, how frames arrive, addresses; at the right how much of its counters the ledger has. */
function headingRow(row: InterfaceRow, input: ViewInput): Row {
  const { light } = input.reading.model;
  const covered = row.ledger.cut?.covered;
  const names = input.reading.model.interfaces.map(({ name }) => textWidth(name, input.mode));
  const width = Math.min(Math.max(8, input.size.columns >> 1), Math.max(...names));
  const left = [
    piece(9, span(fitText(row.name, width, 'left', input.mode), 'title')),
    ...statePieces(row),
    ...(row.state === 'capturing' ? [ratePiece(row, input), ...linkPieces(row)] : []),
    piece(3, span(CAPTURES[row.capture], 'dim')),
    ...(row.linkType === '' ? [] : [piece(1, span(row.linkType, 'dim'))]),
    piece(2, span(row.countsSegments ? 'counts segments' : 'counts super-frames', 'dim')),
    ...(row.addresses.length === 0 ? [] : [piece(0.5, span(addressText(row), 'dim'))]),
  ];
  const share =
    covered === undefined
      ? piece(3.5, span('ledger -', 'dim'))
      : piece(8, span('ledger '), span(ledgerText(covered), ledgerStyle(covered, light)));
  return spreadPieces(left, [share], input.size.columns, 2, input.mode);
}

function ratePiece({ sentRate, receivedRate }: InterfaceRow, { ui: { units } }: ViewInput): Piece {
  const rate = (value: number | undefined) => rateCell(value, units, rateWidth(units), value === 0 ? 'dim' : 'normal');
  return piece(
    6,
    ...[span('sent ', 'sent'), ...rate(sentRate)],
    ...[span('   received ', 'received'), ...rate(receivedRate)],
  );
}

/** Of the fuller way: each has the whole speed for itself. Nothing where the link has none that is known. */
function linkPieces({ speed, sentRate, receivedRate }: InterfaceRow): readonly Piece[] {
  if (speed === undefined) return [];
  const link = piece(4, span(`link ${formatLinkSpeed(speed)}`, 'dim'));
  if (sentRate === undefined || receivedRate === undefined) return [link];
  const share = (100 * Math.max(sentRate, receivedRate)) / speed;
  return [link, piece(5, span(`${formatPercent(share)} % full`, share === 0 ? 'dim' : 'normal'))];
}

function addressText({ addresses }: InterfaceRow): string {
  const more = addresses.length - MOST_ADDRESSES;
  return addresses.slice(0, MOST_ADDRESSES).join(' ') + (more > 0 ? ` +${more}` : '');
}

function statePieces(row: InterfaceRow): readonly Piece[] {
  switch (row.state) {
    case 'capturing':
      return [];
    case 'failed':
      return [piece(7, span(`failed: ${row.faultText}`, 'warn'))];
    case 'waiting':
      return [piece(7, span('waiting', 'dim'))];
    default:
      return [piece(7, span(row.state, 'warn'))];
  }
}

/** Where the owners of bytes that are repeated on this interface have them in their totals. */
function countedOn(row: InterfaceRow, { owners }: Model): readonly string[] {
  if (total(row.ledger.repeated) === 0) return [];
  const repeating = owners.filter(({ interfaces }) =>
    interfaces.some((each) => each.repeated && each.name === row.name),
  );
  const names = repeating.flatMap(({ interfaces }) => interfaces.filter((each) => !each.repeated));
  return [...new Set(names.map((each) => each.name))];
}

/** What was lost, what was bad, and frames that were counted without being understood. */
function lossRow(row: InterfaceRow, input: ViewInput): Row {
  const others = row.outcomes.map(({ label, frames }) => `${label.replaceAll('-', ' ')} ${countText(frames)}`);
  const undecoded = row.decoded || row.frames === 0 ? others : [`link type ${row.linkType} is not decoded`];
  const pieces = [
    countPiece(9, 'drops', row.kernelDrops),
    countPiece(8, 'device drops', row.interfaceDrops),
    ...errorPieces(row),
    ...(undecoded.length === 0 ? [] : [piece(1, span(undecoded.join(', '), row.decoded ? 'dim' : 'warn'))]),
  ];
  const width = input.size.columns - 2;
  return { spans: [span('  '), ...joinPieces(keepPieces(pieces, width, 3, input.mode), 3)] };
}

function countPiece(weight: number, word: string, count: number): Piece {
  const text = `${word} ${countText(count)}`;
  return count > 0 ? piece(weight, span(`! ${text}`, 'warn')) : piece(weight, span(text, 'dim'));
}

/** The device's own counts since it was made; marked where errors have come since nettrace looks at it. */
function errorPieces({ errors }: InterfaceRow): readonly Piece[] {
  if (errors === undefined) return [];
  const { received, sent, newReceived, newSent, multicast, collisions } = errors;
  const text = `errors received ${countText(received)}, sent ${countText(sent)}`;
  const fresh = newReceived + newSent;
  return [
    fresh > 0 ? piece(7, span(`! ${text} (${countText(fresh)} new)`, 'warn')) : piece(7, span(text, 'dim')),
    ...(multicast > 0 ? [piece(0.7, span(`multicast ${countText(multicast)}`, 'dim'))] : []),
    ...(collisions > 0 ? [piece(0.6, span(`collisions ${countText(collisions)}`, 'dim'))] : []),
  ];
}

function countText(count: number): string {
  return count < 100_000 ? String(count) : quantityText(formatCount(count)).replace(/\s/g, '');
}
