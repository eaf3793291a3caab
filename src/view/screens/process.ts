// Owns: the page of one owner: who it is, what it moved by layer and over the session, and its connections.
// Knows nothing of: how flows are found.
import { cutText } from '../../base/text-width.ts';
import { formatDuration } from '../../base/units.ts';
import { flowListOf, listRows } from '../../model/flow-list.ts';
import type { OwnerRow } from '../../model/model.ts';
import { programName } from '../../model/program-name.ts';
import { connectionSpec } from '../connection-list.ts';
import { createList } from '../list.ts';
import { detailRows } from '../owner-detail.ts';
import { ownerTarget } from '../owner-list.ts';
import { joinPieces, keepPieces, type Piece, piece } from '../pieces.ts';
import { sessionGraph } from '../session-graph.ts';
import { type Row, span } from '../styled-text.ts';
import type { Place } from '../ui-state.ts';
import { clockText, type ViewInput } from '../view-input.ts';

const LEAST_ROWS = 12;

export const processDetail = createList({
  ...connectionSpec(
    'process-connections',
    (model, place) =>
      place.kind === 'process' && flowListOf(model) !== undefined ? listRows(model.flowsOf(place.ownerId)) : undefined,
    ['remote', 'port'],
  ),
  subject: (input) => subjectText(ownerOf(input)),
  head: (input) => headLines(ownerOf(input), input),
  pageTarget: (input) => ownerTarget(ownerOf(input)),
});

function ownerOf({ reading, ui }: ViewInput): OwnerRow | undefined {
  return reading.model.owners.find(({ id }) => id === ownerIdOf(ui.place));
}

function ownerIdOf(place: Place): number {
  return place.kind === 'process' ? place.ownerId : -1;
}

function subjectText(owner: OwnerRow | undefined): string {
  if (owner === undefined) return '';
  if (owner.pid === undefined) return owner.reasonText || owner.name;
  return `${owner.pid} ${programName(owner, { commandLine: false, basename: true })}`;
}

function headLines(owner: OwnerRow | undefined, input: ViewInput): readonly Row[] {
  if (owner === undefined || input.size.rows < LEAST_ROWS) return [];
  return [
    ...(owner.pid === undefined ? [] : processLines(owner, owner.pid, input)),
    ...detailRows(owner, input),
    ...sessionGraph(input.reading.series, input),
  ];
}

function processLines(owner: OwnerRow, pid: number, input: ViewInput): readonly Row[] {
  const { mode, size } = input;
  const command = owner.commandLine || owner.program;
  const pieces = [
    labelled(9, 'pid', String(pid)),
    labelled(
      8,
      'user',
      owner.uid === undefined || owner.user === String(owner.uid) ? owner.user : `${owner.user} (${owner.uid})`,
    ),
    ...parents(owner, input),
    ...started(owner, input),
    ...(owner.state === 'exited'
      ? [piece(9, span(`ended ${formatDuration(owner.exitedForMs / 1000).trim()} ago`, 'warn'))]
      : []),
    ...(owner.executable === '' || owner.executable === command ? [] : [labelled(2, 'runs', owner.executable)]),
  ];
  return [
    { spans: [span(' '), span(cutText(command, size.columns - 2, mode), 'bold')] },
    { spans: [span(' '), ...joinPieces(keepPieces(pieces, size.columns - 2, 3, mode), 3)] },
  ];
}

function labelled(weight: number, label: string, text: string): Piece {
  return piece(weight, span(`${label} `, 'label'), span(text));
}

/** Up to the first process; where /proc cannot be asked, up to the last one that moved bytes itself. */
function parents(owner: OwnerRow, { reading }: ViewInput): readonly Piece[] {
  const names: string[] = [];
  const seen = new Set<number>();
  for (let pid = owner.parentPid; pid !== undefined && pid > 0 && !seen.has(pid); ) {
    seen.add(pid);
    const owner = reading.raw.owners.find((row) => row.pid === pid && row.state === 'running');
    const above = owner ?? reading.raw.ancestorOf?.(pid);
    names.push(above === undefined ? String(pid) : `${pid} ${above.name}`);
    pid = above?.parentPid;
  }
  return names.length === 0 ? [] : [labelled(6, names.length === 1 ? 'parent' : 'parents', names.join(' < '))];
}

function started({ startMs }: OwnerRow, { reading, settings }: ViewInput): readonly Piece[] {
  if (startMs === undefined) return [];
  const age = Math.max(0, reading.raw.timeMs - startMs) / 1000;
  const clock = age < 86_400 ? `${clockText(startMs, settings)}, ` : '';
  return [labelled(5, 'started', `${clock}${formatDuration(age).trim()} ago`)];
}
