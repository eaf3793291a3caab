// Owns: what screens show of one sample: the model, the order of its rows, and the history up to it.
// Knows nothing of: when samples are taken, and of sizes and characters.

import type { FlowRow, Model, OwnerRow } from '../model/model.ts';
import { orderOwners } from '../model/order.ts';
import { EMPTY_HISTORY, type History, remember } from './history.ts';
import { type Candidate, type Ranking, rank } from './ranking.ts';
import type { Place, SortKey, UiState } from './ui-state.ts';
import { showsTotalsOnly, sortValue, type ViewMode } from './view-modes.ts';

export interface Reading {
  readonly model: Model;
  readonly history: History;
  readonly order: Order;
  readonly ownerRanking: Ranking;
  /** In the order of rank. */
  readonly owners: readonly OwnerEntry[];
  readonly summary: Summary;
  readonly flowRanking: Ranking | undefined;
  /** In the order of rank; undefined where the sample was taken without flows. */
  readonly flows: readonly FlowRow[] | undefined;
  /** Live flows of the place, those beyond the limit too. */
  readonly flowCount: number;
}

export interface OwnerEntry {
  readonly key: string;
  readonly row: OwnerRow;
  /** Has just moved up. */
  readonly raised: boolean;
}

/** Sums over all owners, made once a sample and not once a frame. */
export interface Summary {
  readonly runningProcesses: number;
  readonly connections: number;
  readonly unattributedBytes: number;
}

/** What decides about the order and the rows of a reading. */
export interface Order {
  readonly sort: SortKey;
  readonly viewMode: ViewMode;
  readonly place: Place;
}

/** More connections than anybody scrolls through; the busiest of them are listed. */
export const MAX_FLOWS = 2000;

export function orderOf(ui: UiState): Order {
  return { sort: ui.sort, viewMode: ui.viewMode, place: ui.place };
}

/** The reading of a new sample. */
export function readModel(model: Model, order: Order, previous: Reading | undefined): Reading {
  const history = remember(previous?.history ?? EMPTY_HISTORY, model);
  return arrange(model, history, order, previous);
}

/** The same sample in another order: a person asked for it, so rows move at once. */
export function rearrange(reading: Reading, order: Order): Reading {
  return arrange(reading.model, reading.history, order, reading);
}

function arrange(model: Model, history: History, order: Order, previous: Reading | undefined): Reading {
  const smooth = !showsTotalsOnly(order.viewMode);
  const ownerRanking = rank(
    continues(previous, order) ? previous?.ownerRanking : undefined,
    ownerCandidates(model, order),
    smooth,
  );
  const found = flowsOf(model, order.place);
  const flowRanking =
    found &&
    rank(
      continues(previous, order) && samePlace(previous?.order.place, order.place) ? previous?.flowRanking : undefined,
      flowCandidates(found, order),
      smooth,
    );
  return {
    model,
    history,
    order,
    ownerRanking,
    owners: inOrder(model.owners, ownerRanking, ownerKey).map((row) => {
      const key = ownerKey(row);
      return { key, row, raised: ownerRanking.raised.has(key) };
    }),
    summary: summarise(model.owners),
    flowRanking,
    flows: found && flowRanking && inOrder(found, flowRanking, (row) => row.key).slice(0, MAX_FLOWS),
    flowCount: found?.length ?? 0,
  };
}

function ownerKey(row: OwnerRow): string {
  return String(row.id);
}

function summarise(owners: readonly OwnerRow[]): Summary {
  const sums = { runningProcesses: 0, connections: 0, unattributedBytes: 0 };
  for (const row of owners) {
    sums.connections += row.connections;
    if (row.kind === 'process' && row.state === 'running') sums.runningProcesses++;
    if (row.kind === 'unattributed') sums.unattributedBytes += row.sentBytes + row.receivedBytes;
  }
  return sums;
}

/** Hysteresis holds between samples with rates in the same order, not across a key that asks for another one. */
function continues(previous: Reading | undefined, order: Order): boolean {
  return (
    previous !== undefined &&
    previous.model.total.sentRate !== undefined &&
    previous.order.sort === order.sort &&
    showsTotalsOnly(previous.order.viewMode) === showsTotalsOnly(order.viewMode)
  );
}

function samePlace(a: Place | undefined, b: Place): boolean {
  return a?.kind === b.kind && (b.kind !== 'process' || (a.kind === 'process' && a.ownerId === b.ownerId));
}

/** Rows without a rate stand by total in this direction, then as the model orders them. */
function ownerCandidates(model: Model, order: Order): readonly Candidate[] {
  const rows = orderOwners(model.owners, order.sort === 'sent' ? 'sentBytes' : 'receivedBytes');
  return rows.map((row, place) => ({
    key: ownerKey(row),
    score: sortValue(row, order.sort, order.viewMode),
    tie: -place,
  }));
}

function flowCandidates(flows: readonly FlowRow[], order: Order): readonly Candidate[] {
  return flows.map((row) => ({
    key: row.key,
    score: sortValue(row, order.sort, order.viewMode),
    tie: row.sentBytes + row.receivedBytes,
  }));
}

function flowsOf(model: Model, place: Place): readonly FlowRow[] | undefined {
  if (model.flows === undefined) return undefined;
  switch (place.kind) {
    case 'connections':
      return model.flows;
    case 'process':
      return model.flowsOf(place.ownerId);
    default:
      return undefined;
  }
}

function inOrder<T>(rows: readonly T[], ranking: Ranking, key: (row: T) => string): readonly T[] {
  const byKey = new Map(rows.map((row) => [key(row), row]));
  return ranking.keys.flatMap((each) => byKey.get(each) ?? []);
}
