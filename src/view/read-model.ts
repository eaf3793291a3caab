// Owns: readings: a sample as the screens show it, in the order of the place, with the past up to it.
// Knows nothing of: when samples are taken, and of sizes and characters.
import { countBetween, type Mark } from '../model/marks.ts';
import type { Model, OwnerRow } from '../model/model.ts';
import { onInterface } from '../model/one-interface.ts';
import { EMPTY_HISTORY, type History, remember } from './history.ts';
import type { Order, Reading, Summary } from './reading.ts';
import { entryAt } from './screen-table.ts';
import { createSessionHistory, type SessionHistory } from './session-history.ts';
import { type Place, sortOf, type UiState } from './ui-state.ts';
import { showsTotalsOnly } from './view-modes.ts';

/** What the state asks of a reading; the marks are not part of the state, which is only choices. */
export function orderOf(ui: UiState, from?: Mark, to?: Mark): Order {
  const { viewMode, place, frozen, device } = ui;
  return { sort: sortOf(ui), viewMode, place, frozen, device, from, to };
}

/** The reading of a new sample. */
export function readModel(raw: Model, order: Order, previous: Reading | undefined): Reading {
  const history = remember(previous?.history ?? EMPTY_HISTORY, raw);
  const session = previous?.session ?? createSessionHistory();
  session.add(raw);
  return arrange(raw, history, session, order, previous);
}

/** The same sample in another order: a person asked for it, so rows move at once. */
export function rearrange(reading: Reading, order: Order): Reading {
  return arrange(reading.raw, reading.history, reading.session, order, reading);
}

function arrange(
  raw: Model,
  history: History,
  session: SessionHistory,
  order: Order,
  previous: Reading | undefined,
): Reading {
  const { device, from, to } = order;
  const counted = from === undefined ? raw : countBetween(raw, from, to);
  const model = device === '' ? counted : onInterface(counted, device);
  const before = continues(previous, order) ? previous?.ranking : undefined;
  return {
    ...{ model, raw, history, session, order },
    ranking: entryAt(order.place).list?.rank(model, order, before),
    series: order.place.kind === 'process' ? session.of(order.place.ownerId) : undefined,
    summary: summarise(model.owners),
  };
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
  if (previous === undefined || !samePlace(previous.order.place, order.place)) return false;
  if (order.frozen) return true;
  const { sort, viewMode, device } = previous.order;
  return (
    previous.model.total.sentRate !== undefined &&
    sort.by === order.sort.by &&
    sort.reversed === order.sort.reversed &&
    device === order.device &&
    showsTotalsOnly(viewMode) === showsTotalsOnly(order.viewMode)
  );
}

export function samePlace(a: Place, b: Place): boolean {
  if (a.kind === 'process') return b.kind === 'process' && a.ownerId === b.ownerId;
  if (a.kind === 'host') return b.kind === 'host' && a.address === b.address;
  return a.kind === b.kind;
}
