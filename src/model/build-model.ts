// Owns: the one function that turns samples into what is shown; all rates are made here and in what it calls.
// Knows nothing of: clocks, screens and where samples come from. Time is the samples' own monotonic time.
import type { NativeError } from '../native/addon.ts';
import { explainNativeError } from '../native/native-error.ts';
import { ENGINE_STATES, OWNERSHIPS } from '../native/schema.ts';
import { forRates } from '../native/snapshot-cut.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import { createFlowEnds } from './flow-ends.ts';
import { createFlowTable } from './flow-rows.ts';
import { createFlowTextCache, type FlowTextCache } from './flow-texts.ts';
import { buildHost } from './host-model.ts';
import { buildInterfaces } from './interface-rows.ts';
import { coverageOf } from './ledger.ts';
import type { FaultRow, InterfaceRow, Model, Rates, Totals } from './model.ts';
import { buildOwners, sumSnapshot } from './owner-rows.ts';
import { createTextCache, type TextCache } from './owner-texts.ts';
import { buildProtocols } from './protocol-model.ts';
import { gain, NO_TOTALS, perSecond, ratesOf } from './rates.ts';
import type { Sample } from './sample.ts';
import { createUnitCache, type UnitCache } from './usage.ts';

/**
 * The model of a sample. Without `previous` all rates are undefined. Totals are as sampled, rates are what was added
 * since `previous` over the monotonic time between; nothing is smoothed. `texts`, `units` and `flowTexts` save making
 * texts again where they are handed on from model to model of one engine; the result is the same without them.
 * `counted` is the last sample before whose sockets had been read earlier: rates of bytes are since that one.
 */
export function buildModel(
  sample: Sample,
  previous: Sample | undefined,
  texts: TextCache = createTextCache(),
  units: UnitCache = createUnitCache(),
  flowTexts: FlowTextCache = createFlowTextCache(),
  counted: Sample | undefined = previous,
): Model {
  const { snapshot } = sample;
  const intervalMs = previous === undefined ? 0 : gain(monotonicMs(snapshot), monotonicMs(previous.snapshot));
  const before = counted?.snapshot;
  const countedForMs = before === undefined ? 0 : gain(countedMs(snapshot), countedMs(before));
  const interfaces = buildInterfaces(sample, before, countedForMs);
  const flowsBefore = counted?.withFlows ? before : undefined;
  const flows = sample.withFlows
    ? createFlowTable(snapshot, flowsBefore, countedForMs, sample.names, flowTexts)
    : undefined;
  const ends = sample.withFlows ? createFlowEnds(snapshot, sample.names) : undefined;
  return {
    ...times(snapshot, intervalMs),
    engineState: ENGINE_STATES[snapshot.meta.state[0] ?? 0] ?? 'idle',
    ownership: OWNERSHIPS[snapshot.meta.ownership[0] ?? 0] ?? 'none',
    light: snapshot.meta.light[0] === 1,
    interfaces,
    covered: coverageOf(interfaces.flatMap((row) => row.ledger.cut ?? [])),
    owners: buildOwners(sample, before, countedForMs, { texts, units, ends }),
    total: totalOf(snapshot, before, countedForMs),
    get flows() {
      return flows?.all();
    },
    flowList: flows?.list,
    flowsOf: (ownerId, limit) => flows?.of(ownerId, limit) ?? [],
    flowTotalsOf: (ownerId) => flows?.totalsOf(ownerId) ?? new Map(),
    ...(sample.ancestorOf === undefined ? {} : { ancestorOf: sample.ancestorOf }),
    host: buildHost(sample.host, previous?.host),
    queues: sample.queues,
    protocols: sample.protocols && buildProtocols(sample.protocols, previous?.protocols, intervalMs),
    routes: sample.routes,
    faults: buildFaults(snapshot),
    ...buildWork(snapshot, interfaces),
    self: {
      cpu: cpuShare(sample, previous, intervalMs),
      rssBytes: sample.self.rssBytes,
    },
  };
}

/**
 * buildModel for a run of samples of one engine, each against the one before. A snapshot is read by the model that is
 * made of it and by no later one.
 */
export function createModelBuilder(): (sample: Sample) => Model {
  const texts = createTextCache();
  const units = createUnitCache();
  const flowTexts = createFlowTextCache();
  let last: Sample | undefined;
  let counted: Sample | undefined;
  return (sample) => {
    if (!sample.withFlows) flowTexts.clear();
    if (last !== undefined && countedMs(sample.snapshot) > countedMs(last.snapshot)) counted = last;
    const model = buildModel(sample, last, texts, units, flowTexts, counted);
    last = sample.withFlows ? { ...sample, snapshot: forRates(sample.snapshot) } : sample;
    return model;
  };
}

function monotonicMs({ meta }: SnapshotView): number {
  return meta.monotonicMs[0] ?? 0;
}

/**
 * When that was read which the bytes of a snapshot were counted by. Packets are counted as they come. Without them it is
 * the sockets, which are read at times of the engine's own, right before the interfaces' counters: at the cut.
 */
function countedMs(snapshot: SnapshotView): number {
  const cutMs = snapshot.meta.light[0] === 1 ? Math.max(0, ...snapshot.interfaces.cutMs) : 0;
  return cutMs > 0 ? cutMs : monotonicMs(snapshot);
}

function times({ meta }: SnapshotView, intervalMs: number) {
  const timeMs = meta.realtimeMs[0] ?? 0;
  return { timeMs, intervalMs, elapsedMs: gain(timeMs, meta.startedMs[0] ?? 0) };
}

function totalOf(now: SnapshotView, before: SnapshotView | undefined, intervalMs: number): Totals & Rates {
  const totals = sumSnapshot(now);
  const past = before === undefined ? NO_TOTALS : sumSnapshot(before);
  const sentGain = gain(totals.sentBytes, past.sentBytes);
  const receivedGain = gain(totals.receivedBytes, past.receivedBytes);
  return { ...totals, ...ratesOf(sentGain, receivedGain, intervalMs) };
}

function cpuShare(now: Sample, before: Sample | undefined, intervalMs: number): number | undefined {
  const perSecondMs = perSecond(gain(now.self.cpuMs, before?.self.cpuMs ?? 0), intervalMs);
  return perSecondMs === undefined ? undefined : perSecondMs / 1000;
}

function buildWork(
  { meta }: SnapshotView,
  interfaces: readonly InterfaceRow[],
): Pick<Model, 'drops' | 'lost' | 'attribution'> {
  return {
    drops: {
      kernel: interfaces.reduce((total, row) => total + row.kernelDrops, 0),
      interface: interfaces.reduce((total, row) => total + row.interfaceDrops, 0),
      table: meta.tableDrops[0] ?? 0,
    },
    lost: { records: meta.lostRecords[0] ?? 0, bytes: meta.lostBytes[0] ?? 0 },
    attribution: {
      flowsLive: meta.flowsLive[0] ?? 0,
      flowCapacity: meta.flowCapacity[0] ?? 0,
      flowsEvicted: meta.flowsEvicted[0] ?? 0,
      lookups: meta.lookups[0] ?? 0,
      lookupsDeferred: meta.lookupsDeferred[0] ?? 0,
      queue: meta.attributionQueue[0] ?? 0,
      meteredSockets: meta.meteredSockets[0] ?? 0,
    },
  };
}

function buildFaults({ faults, text, bytes }: SnapshotView): FaultRow[] {
  return Array.from(faults.code, (index, row) => {
    const code = text(index);
    const errno = faults.number[row] ?? 0;
    const said = faults.text[row] ?? 0;
    const error: NativeError = {
      name: code,
      message: text(said),
      code,
      syscall: text(faults.syscall[row] ?? 0),
      errno,
      subject: bytes(faults.subject[row] ?? 0),
      // Where errno says why, it says more than the general text of the code.
      detail: errno === 0 ? bytes(said) : new Uint8Array(0),
    };
    return { code, text: explainNativeError(error) };
  });
}
