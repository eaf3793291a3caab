// Owns: the page of one remote host: what was moved to and from it, and the connections with it.
// Knows nothing of: how flows are found.
import { formatSize, quantityText } from '../../base/units.ts';
import { buildHosts, type HostRow } from '../../model/host-rows.ts';
import type { Model } from '../../model/model.ts';
import { connectionSpec } from '../connection-list.ts';
import { createList } from '../list.ts';
import { joinPieces, keepPieces, piece } from '../pieces.ts';
import { type Row, span } from '../styled-text.ts';
import type { ViewInput } from '../view-input.ts';

const LEAST_ROWS = 12;

export const hostDetail = createList({
  ...connectionSpec(
    'host-connections',
    ({ flows }, place) => flows?.filter((flow) => place.kind === 'host' && flow.remoteAddress === place.address),
    ['port', 'process'],
  ),
  subject: ({ ui }) => (ui.place.kind === 'host' ? ui.place.address : ''),
  head: headLines,
  opens: ({ owner }) => owner && { kind: 'process', ownerId: owner.id, from: 'hosts' },
});

function headLines(input: ViewInput): readonly Row[] {
  const host = hostOf(input.reading.model, input);
  if (host === undefined || input.size.rows < LEAST_ROWS) return [];
  const { processes, services, interfaces } = host.detail();
  const size = (bytes: number) => quantityText(formatSize(bytes, input.ui.units)).trim();
  const pieces = [
    piece(9, span('sent ', 'label'), span(size(host.sentBytes), 'sent')),
    piece(9, span('received ', 'label'), span(size(host.receivedBytes), 'received')),
    piece(6, span('connections ', 'label'), span(String(host.connections))),
    piece(5, span('processes ', 'label'), span(String(processes))),
    piece(4, span(services.slice(0, 6).join(' '))),
    piece(3, span('on ', 'label'), span(interfaces.join(', '))),
  ];
  const { columns } = input.size;
  return [{ spans: [span(' '), ...joinPieces(keepPieces(pieces, columns - 2, 3, input.mode), 3)] }];
}

function hostOf({ flows, owners }: Model, { ui }: ViewInput): HostRow | undefined {
  const { place } = ui;
  if (place.kind !== 'host') return undefined;
  return buildHosts({ flows: flows?.filter(({ remoteAddress }) => remoteAddress === place.address), owners })?.[0];
}
