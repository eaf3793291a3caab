// Owns: going on with the totals of an engine that is gone: what it had counted is added to what the next one counts.
// Knows nothing of: where it was kept in between. Rates, states and cuts are those of the new engine.
import { deriveModel } from './derive-model.ts';
import type { Ledger } from './ledger.ts';
import type { InterfaceRow, Model, OwnerRow, Totals } from './model.ts';
import { addTotals } from './rates.ts';
import { mergeShares, sumLayers } from './sums.ts';

/** Plain values, as JSON keeps them. */
export interface Carry {
  readonly owners: readonly OwnerRow[];
  readonly interfaces: readonly InterfaceRow[];
  readonly total: Totals;
}

/** Ids of rows that the new engine does not know; its own are below. */
const FIRST_CARRIED_ID = 2 ** 40;
/** The start of a process in time of day moves a little with the clock; its pid is not used again that soon. */
const SAME_START_MS = 2000;

export function takeCarry({ owners, interfaces, total }: Model): Carry {
  return { owners, interfaces, total };
}

/** @param lives whether a process with that pid is there */
export function withCarry(model: Model, carry: Carry, lives: (pid: number) => boolean): Model {
  const left = new Map(carry.owners.map((row, place) => [place, row]));
  const known = placesByKey(carry.owners);
  const owners = model.owners.map((row) => {
    const place = known.get(keyOf(row));
    const before = place === undefined ? undefined : left.get(place);
    if (place === undefined || before === undefined || !sameStart(row, before)) return row;
    left.delete(place);
    return addOwner(row, before);
  });
  const rest = [...left].map(([place, row]) => withoutRates(row, FIRST_CARRIED_ID + place, lives));
  const derived = deriveModel(model, {
    owners: [...owners, ...rest],
    total: { ...model.total, ...addTotals(model.total, carry.total) },
  });
  const interfaces = { value: addInterfaces(model.interfaces, carry.interfaces), enumerable: true };
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(derived), interfaces }) as unknown as Model;
}

function placesByKey(owners: readonly OwnerRow[]): ReadonlyMap<string, number> {
  return new Map(owners.map((row, place) => [keyOf(row), place]));
}

function keyOf({ pid, kind, reason }: OwnerRow): string {
  return pid === undefined ? `${kind} ${reason ?? ''}` : `pid ${pid}`;
}

function sameStart(a: OwnerRow, b: OwnerRow): boolean {
  return Math.abs((a.startMs ?? 0) - (b.startMs ?? 0)) < SAME_START_MS;
}

function addOwner(row: OwnerRow, before: OwnerRow): OwnerRow {
  const quiet = before.interfaces.map((share) => ({ ...share, sentRate: undefined, receivedRate: undefined }));
  return {
    ...row,
    ...addTotals(row, before),
    ...sumLayers([row, before]),
    interfaces: mergeShares([...row.interfaces, ...quiet]),
  };
}

function withoutRates(row: OwnerRow, id: number, lives: (pid: number) => boolean): OwnerRow {
  const none = { sentRate: 0, receivedRate: 0 };
  const runs = row.state === 'running' && (row.pid === undefined || lives(row.pid));
  return {
    ...row,
    ...none,
    id,
    state: runs ? 'running' : 'exited',
    connections: 0,
    usage: undefined,
    interfaces: row.interfaces.map((share) => ({ ...share, ...none })),
  };
}

function addInterfaces(now: readonly InterfaceRow[], before: readonly InterfaceRow[]): readonly InterfaceRow[] {
  const names = new Set(now.map(({ name }) => name));
  const gone = before
    .filter(({ name }) => !names.has(name))
    .map((row, place): InterfaceRow => ({ ...row, slot: -1 - place, state: 'gone', sentRate: 0, receivedRate: 0 }));
  const added = now.map((row) => {
    const old = before.find(({ name }) => name === row.name);
    return old === undefined ? row : addInterface(row, old);
  });
  return [...added, ...gone];
}

function addInterface(row: InterfaceRow, old: InterfaceRow): InterfaceRow {
  return {
    ...row,
    ...addTotals(row, old),
    frames: row.frames + old.frames,
    tapped: addTotals(row.tapped, old.tapped),
    kernelDrops: row.kernelDrops + old.kernelDrops,
    interfaceDrops: row.interfaceDrops + old.interfaceDrops,
    recovered: addTotals(row.recovered, old.recovered),
    ledger: addLedger(row.ledger, old.ledger),
  };
}

function addLedger(now: Ledger, old: Ledger): Ledger {
  const parts = new Map<string, Ledger['parts'][number]>();
  for (const part of [...now.parts, ...old.parts]) {
    const key = `${part.kind} ${part.reason ?? ''}`;
    const known = parts.get(key);
    parts.set(key, known === undefined ? part : { ...known, ...plus(known, part) });
  }
  return {
    parts: [...parts.values()],
    wire: plus(now.wire, old.wire),
    repeated: plus(now.repeated, old.repeated),
    segmentHeaders: plus(now.segmentHeaders, old.segmentHeaders),
    cut: now.cut,
  };
}

function plus(a: Ledger['wire'], b: Ledger['wire']): Ledger['wire'] {
  return { sentBytes: a.sentBytes + b.sentBytes, receivedBytes: a.receivedBytes + b.receivedBytes };
}
