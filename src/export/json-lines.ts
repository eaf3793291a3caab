// Owns: the text of `--json`: one object a line and refresh (docs/json.md), and which processes a line still lists.
// Knows nothing of: when a refresh happens and where the text goes. All text it gets is sanitised.
import { FLOW_FIELDS, OWNER_FIELDS, SHARE_FIELDS, TRAFFIC_FIELDS } from '../model/fields.ts';
import { foldGone } from '../model/gone-interfaces.ts';
import { INTERFACE_FIELDS } from '../model/interface-fields.ts';
import type { Ledger } from '../model/ledger.ts';
import type { HostModel, InterfaceRow, Model, OwnerRow, Totals } from '../model/model.ts';
import { sumTotals } from '../model/owner-rows.ts';
import { raisedQueues } from '../model/queue-row.ts';
import { mergeShares } from '../model/sums.ts';
import { type WhySlow, whyProcessesAreSlow } from '../model/why-slow.ts';
import { decimals, isoTime, type JsonObject, jsonRow } from './json-row.ts';
import { queuesObject, slowObject } from './queue-json.ts';

/** Grows by one when a key changes its meaning or goes away; new keys may come without. */
export const JSON_VERSION = 2;

export interface JsonLinesOptions {
  /** List the live flows; the models must have been made with them. */
  readonly connections: boolean;
}

/**
 * A function that gives the line of each refresh in turn, its newline included. A process that has ended is listed
 * once more, and again only if late packets changed its totals; then its bytes are in `exitedEarlier`. So in every line
 * the sum of `processes` and `exitedEarlier` is `total`, and that of their shares of an interface is its ledger's `wire`.
 */
export function createJsonLines(options: JsonLinesOptions): (model: Model) => string {
  let listed = new Map<number, number>();
  return (model) => {
    const next = new Map<number, number>();
    const [shown, earlier]: [OwnerRow[], OwnerRow[]] = [[], []];
    for (const row of model.owners) {
      const fingerprint = row.sentPackets + row.receivedPackets + row.sentBytes + row.receivedBytes;
      const ended = row.state === 'exited';
      const leaveOut = ended && (row.pid === undefined || listed.get(row.id) === fingerprint);
      (leaveOut ? earlier : shown).push(row);
      if (ended) next.set(row.id, fingerprint);
    }
    listed = next;
    return `${JSON.stringify(refreshObject(model, shown, earlier, options.connections))}\n`;
  };
}

function refreshObject(
  model: Model,
  shown: readonly OwnerRow[],
  earlier: readonly OwnerRow[],
  connections: boolean,
): JsonObject {
  const slow = whyProcessesAreSlow(model.queues?.rows ?? []);
  return {
    type: 'refresh',
    version: JSON_VERSION,
    time: isoTime(model.timeMs),
    intervalMs: decimals(model.intervalMs),
    elapsedMs: decimals(model.elapsedMs),
    engineState: model.engineState,
    ownership: model.ownership,
    light: model.light,
    covered: fraction(model.covered),
    interfaces: foldGone(model.interfaces).map(interfaceObject),
    processes: shown.map((row) => ({
      ...jsonRow(OWNER_FIELDS, row),
      interfaces: row.interfaces.map((share) => jsonRow(SHARE_FIELDS, share)),
      slow: slowOf(row, slow),
    })),
    exitedEarlier: exitedObject(earlier),
    total: jsonRow(TRAFFIC_FIELDS, model.total),
    connections: connections ? (model.flows ?? []).map((flow) => jsonRow(FLOW_FIELDS, flow)) : null,
    host: hostObject(model.host),
    queues: model.queues === undefined ? null : queuesObject(raisedQueues(model.queues)),
    drops: model.drops,
    lost: model.lost,
    attribution: model.attribution,
    faults: model.faults,
    self: { cpu: decimals(model.self.cpu), rssBytes: Math.round(model.self.rssBytes) },
  };
}

/** A pid may have been used again: what its connections say is the running process's. */
function slowOf({ pid, state }: OwnerRow, slow: ReadonlyMap<number, WhySlow>): JsonObject | null {
  const why = pid === undefined || state !== 'running' ? undefined : slow.get(pid);
  return why === undefined ? null : slowObject(why);
}

function interfaceObject(row: InterfaceRow): JsonObject {
  return {
    ...jsonRow(INTERFACE_FIELDS, row),
    addresses: row.addresses,
    outcomes: row.outcomes,
    ledger: ledgerObject(row.ledger),
  };
}

function ledgerObject({ parts, wire, repeated, segmentHeaders, cut }: Ledger): JsonObject {
  return {
    parts: parts.map(({ kind, reason, text, sentBytes, receivedBytes }) => ({
      kind,
      reason: reason ?? null,
      reasonText: text === '' ? null : text,
      sentBytes,
      receivedBytes,
    })),
    wire,
    repeated,
    segmentHeaders,
    cut: cut === undefined ? null : { ...cut, ageMs: decimals(cut.ageMs), covered: fraction(cut.covered) },
  };
}

/** Six decimals, rounded down: 1 means all of it. */
function fraction(share: number | undefined): number | null {
  return share === undefined ? null : Math.floor(share * 1e6) / 1e6;
}

/** What ended processes that are not listed any more have moved, also on each interface. */
function exitedObject(rows: readonly OwnerRow[]): JsonObject {
  const shares = mergeShares(rows.flatMap((row) => row.interfaces));
  return {
    ...totalsObject(sumTotals(rows)),
    interfaces: shares.map((share) => {
      const { name, mirrored, repeated } = share;
      return { name, mirrored, repeated, ...totalsObject(share) };
    }),
  };
}

function totalsObject(totals: Totals): JsonObject {
  return {
    sentTotal: totals.sentBytes,
    receivedTotal: totals.receivedBytes,
    sentPackets: totals.sentPackets,
    receivedPackets: totals.receivedPackets,
  };
}

/** Every key, null where there is no value; null where there is none at all. */
function nullable<K extends string>(values: Readonly<Record<K, number | undefined>> | undefined, keys: readonly K[]) {
  return values === undefined ? null : Object.fromEntries(keys.map((key) => [key, decimals(values[key])]));
}

function hostObject(host: HostModel): JsonObject {
  const cpus = host.cpus?.map(({ id, online, absent, ...shares }) => ({
    id,
    online,
    absent,
    ...Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, decimals(share)])),
  }));
  const { processes = null, userThreads = null, kernelThreads = null } = host.tasks;
  return {
    ...host,
    cpus: cpus ?? null,
    tasks: { ...host.tasks, processes, userThreads, kernelThreads },
    pressure: nullable(host.pressure, ['cpu', 'memory', 'io']),
    limits: nullable(host.limits, ['memoryMax', 'memoryCurrent', 'swapMax', 'swapCurrent', 'cpus']),
  };
}
