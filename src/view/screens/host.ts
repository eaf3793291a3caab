// Owns: the page of one remote host: what was moved to and from it, and the connections with it.
// Knows nothing of: how flows are found.
import { formatSize, quantityText } from '../../base/units.ts';
import { flowListOf, listRows, rowsWith } from '../../model/flow-list.ts';
import { buildHosts, type HostRow } from '../../model/host-rows.ts';
import type { FlowRow, Model } from '../../model/model.ts';
import { connectionSpec } from '../connection-list.ts';
import { createList } from '../list.ts';
import { joinPieces, keepPieces, piece } from '../pieces.ts';
import { type Row, span } from '../styled-text.ts';
import type { Place } from '../ui-state.ts';
import type { ViewInput } from '../view-input.ts';

const LEAST_ROWS = 12;

export const hostDetail = createList({
  ...connectionSpec(
    'host-connections',
    (model, place) => {
      const flows = flowsWith(model, place);
      return flows && listRows(flows);
    },
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

/** The flows with the host of the place; undefined where the sample has none at all. */
function flowsWith(model: Model, place: Place): readonly FlowRow[] | undefined {
  const list = flowListOf(model);
  return list && (place.kind === 'host' ? rowsWith(list, place.address) : []);
}

function hostOf(model: Model, { ui }: ViewInput): HostRow | undefined {
  const hosts = buildHosts({ flows: flowsWith(model, ui.place), owners: model.owners });
  return hosts === undefined || hosts.length === 0 ? undefined : hosts.row(0);
}
