// Owns: -P: a model in which only the chosen processes have rows and all other bytes are one row, so that sums stay true.
// Knows nothing of: how the choice was made.
import type { FlowRow, Model, OwnerRow, Rates, Totals } from '../model/model.ts';
import { mergeShares, sumLayers, sumOf } from '../model/sums.ts';

/** Id of the row for everything else; the engine's ids are not negative. */
const OTHERS_ID = -1;

/** nethogs' -P: processes that were not chosen are counted together with what has no process. */
export function selectPids(model: Model, pids: ReadonlySet<number>): Model {
  const isChosen = (owner: OwnerRow) => owner.pid !== undefined && pids.has(owner.pid);
  const kept = model.owners.filter(isChosen);
  const others = model.owners.filter((owner) => !isChosen(owner));
  if (others.length === 0) return model;
  const ids = new Set(kept.map((owner) => owner.id));
  const selected = {
    owners: [foldRows(others), ...kept],
    get flows() {
      return model.flows?.map((flow) => (ids.has(flow.ownerId) ? flow : { ...flow, ownerId: OTHERS_ID }));
    },
    flowList: undefined,
    flowsOf: (id: number, limit?: number) =>
      id === OTHERS_ID ? flowsOfAll(model, others, limit) : ids.has(id) ? model.flowsOf(id, limit) : [],
    flowTotalsOf: (id: number) => (id === OTHERS_ID ? flowTotalsOfAll(model, others) : model.flowTotalsOf(id)),
  };
  // Descriptors, not a spread: flows are only made when somebody reads them.
  const descriptors = { ...Object.getOwnPropertyDescriptors(model), ...Object.getOwnPropertyDescriptors(selected) };
  return Object.defineProperties({}, descriptors) as unknown as Model;
}

function flowsOfAll(model: Model, rows: readonly OwnerRow[], limit = Number.POSITIVE_INFINITY): readonly FlowRow[] {
  const rate = (flow: FlowRow) => (flow.sentRate ?? 0) + (flow.receivedRate ?? 0);
  return rows
    .flatMap((row) => model.flowsOf(row.id, limit))
    .sort((a, b) => rate(b) - rate(a))
    .slice(0, limit)
    .map((flow) => ({ ...flow, ownerId: OTHERS_ID }));
}

function flowTotalsOfAll(model: Model, rows: readonly OwnerRow[]): ReadonlyMap<string, Totals & Rates> {
  const totals = new Map<string, Totals & Rates>();
  for (const [protocol, moved] of rows.flatMap((row) => [...model.flowTotalsOf(row.id)])) {
    const before = totals.get(protocol);
    totals.set(protocol, before ? sumOf([before, moved]) : moved);
  }
  return totals;
}

function foldRows(rows: readonly OwnerRow[]): OwnerRow {
  return {
    id: OTHERS_ID,
    kind: 'unattributed',
    reason: 'not-selected',
    reasonText: 'everything but the processes chosen with -P',
    pid: undefined,
    parentPid: undefined,
    startMs: undefined,
    uid: undefined,
    user: '',
    name: 'others',
    executable: '',
    commandLine: '',
    program: 'others',
    state: 'running',
    exitedForMs: 0,
    interfaces: mergeShares(rows.flatMap((row) => row.interfaces)),
    netns: undefined,
    connections: rows.reduce((count, row) => count + row.connections, 0),
    ...sumOf(rows),
    ...sumLayers(rows),
  };
}
