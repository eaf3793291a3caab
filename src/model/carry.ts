// Owns: going on with the totals of an engine that is gone: what it had counted is added to what the next one counts.
// Knows nothing of: where it was kept in between. Rates, states and cuts are those of the new engine.
import { deriveModel } from './derive-model.ts';
import { foldGone } from './gone-interfaces.ts';
import { addLedger } from './ledger.ts';
import type { InterfaceRow, Model, OwnerRow, Totals } from './model.ts';
import { EXITED_TEXTS } from './owner-rows.ts';
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
const FOLDED_ID = FIRST_CARRIED_ID - 1;
/** Whether a row is of what was carried alone; once the engine has a row for the same process, that one has its bytes. */
export function isCarried(id: number): boolean {
  return id >= FOLDED_ID;
}

/** Where ticks are not known: the start of a process in time of day moves a little with the clock. */
const SAME_START_MS = 2000;

export function takeCarry({ owners, interfaces, total }: Model): Carry {
  // The far ends of an owner's connections are read from the whole snapshot, and none of them will be there again.
  return { owners: owners.map((row) => ({ ...row, ends: undefined })), interfaces: foldGone(interfaces), total };
}

/**
 * What is carried as the rows that a model has of it before the new engine knows any of them: to compare a model with.
 * @param lives whether a process with that pid is there
 */
export function carriedOwners({ owners }: Carry, lives: (pid: number) => boolean): readonly OwnerRow[] {
  const left = [...owners.entries()];
  return carriedRows([], owners, left, lives);
}

/**
 * Processes that had ended before the carry was taken become one row: else every restart would add rows for good.
 * @param lives whether a process with that pid is there
 */
export function withCarry(model: Model, carry: Carry, lives: (pid: number) => boolean): Model {
  const left = new Map(carry.owners.map((row, place) => [place, row]));
  const known = placesByKey(carry.owners);
  const owners = model.owners.map((row) => {
    const place = known.get(keyOf(row))?.find((each) => sameStart(row, left.get(each)));
    const before = place === undefined ? undefined : left.get(place);
    if (place === undefined || before === undefined) return row;
    left.delete(place);
    return addOwner(row, before);
  });
  const derived = deriveModel(model, {
    owners: carriedRows(owners, carry.owners, left, lives),
    total: { ...model.total, ...addTotals(model.total, carry.total) },
  });
  const interfaces = { value: addInterfaces(model.interfaces, carry.interfaces), enumerable: true };
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(derived), interfaces }) as unknown as Model;
}

/** The engine's own rows, and behind them what is `left` of the carry; what had ended before is one row. */
function carriedRows(
  own: readonly OwnerRow[],
  all: readonly OwnerRow[],
  left: Iterable<readonly [number, OwnerRow]>,
  lives: (pid: number) => boolean,
): readonly OwnerRow[] {
  const rest = [...left].map(([place, row]) => withoutRates(row, FIRST_CARRIED_ID + place, lives));
  const ended = new Set(rest.filter((row) => isEnded(all[row.id - FIRST_CARRIED_ID])));
  return fold([...own, ...rest.filter((row) => !ended.has(row))], [...ended]);
}

function isEnded(row: OwnerRow | undefined): boolean {
  return row?.pid !== undefined && row.state === 'exited';
}

function isFolded({ kind, pid }: OwnerRow): boolean {
  return kind === 'process' && pid === undefined;
}

/** Adds rows to the one of all ended processes, which is made where there is none. */
function fold(owners: readonly OwnerRow[], ended: readonly OwnerRow[]): readonly OwnerRow[] {
  const [first] = ended;
  if (first === undefined) return owners;
  const made = owners.find(isFolded) ?? emptyFold(first);
  const all = ended.reduce(addOwner, made);
  return owners.includes(made) ? owners.map((row) => (row === made ? all : row)) : [...owners, all];
}

function emptyFold(like: OwnerRow): OwnerRow {
  const none = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };
  const noLayers = { sentIpBytes: 0, receivedIpBytes: 0, sentPayloadBytes: 0, receivedPayloadBytes: 0 };
  const nobody = {
    pid: undefined,
    parentPid: undefined,
    startMs: undefined,
    startTicks: undefined,
    uid: undefined,
    ageMs: undefined,
  };
  return {
    ...like,
    ...none,
    ...noLayers,
    ...nobody,
    ...EXITED_TEXTS,
    id: FOLDED_ID,
    retransmittedBytes: undefined,
    retransmittedPackets: undefined,
    netns: undefined,
    unit: undefined,
    interfaces: [],
  };
}

/** Several may have had one pid, one after the other. */
function placesByKey(owners: readonly OwnerRow[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [place, row] of owners.entries()) {
    const known = places.get(keyOf(row));
    if (known === undefined) places.set(keyOf(row), [place]);
    else known.push(place);
  }
  return places;
}

function keyOf(row: OwnerRow): string {
  if (isFolded(row)) return 'folded';
  return row.pid === undefined ? `${row.kind} ${row.reason ?? ''}` : `pid ${row.pid}`;
}

/** By ticks, which no clock moves. */
function sameStart(a: OwnerRow, b: OwnerRow | undefined): boolean {
  if (b === undefined) return false;
  if (a.startTicks !== undefined && b.startTicks !== undefined) return a.startTicks === b.startTicks;
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
