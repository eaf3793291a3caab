// Owns: the recent past that graphs and the loss warning need, one pure step a sample.
// Knows nothing of: drawing, and of anything older than a minute of samples.
import type { Model } from '../model/model.ts';

/** Samples kept for an interface's graph. */
export const INTERFACE_SAMPLES = 60;
/** Cells of a row's graph, and the samples that one cell is the mean of. */
export const OWNER_CELLS = 10;
export const SAMPLES_PER_CELL = 6;

/** Bytes a second, the newest last. */
export interface InterfaceSeries {
  readonly sent: readonly number[];
  readonly received: readonly number[];
}

/** Means of both directions together. Most samples change `newest` only, and make nothing else. */
export interface OwnerGraph {
  /** All cells but the newest, the oldest first. */
  readonly past: readonly number[];
  readonly newest: number;
}

export interface History {
  readonly samples: number;
  readonly interfaces: ReadonlyMap<string, InterfaceSeries>;
  /** By owner id. Owners that were idle throughout are absent. */
  readonly owners: ReadonlyMap<number, OwnerGraph>;
  readonly kernelDrops: number;
  /** When the kernel last dropped packets, by the model's time. */
  readonly droppedAtMs: number | undefined;
  /** Since the sample before. */
  readonly intervalMs: number;
  /** The last time that samples came far apart: nettrace did not run (Ctrl-Z, a debugger, a machine that slept). */
  readonly stop: Stop | undefined;
}

export interface Stop {
  readonly untilMs: number;
  readonly forMs: number;
  /** The kernel dropped packets in it, as far as was seen soon after; those that come later are another matter. */
  readonly dropped: boolean;
}

/** Samples this much further apart than the two before them are not merely late. */
const LEAST_STOP_MS = 2000;
/** The ring's own count of its losses is read a moment after nettrace goes on. */
const STOP_COUNTS_MS = 3000;

export const EMPTY_HISTORY: History = {
  samples: 0,
  interfaces: new Map(),
  owners: new Map(),
  kernelDrops: 0,
  droppedAtMs: undefined,
  intervalMs: 0,
  stop: undefined,
};

/** The history with one more sample. The first sample of a run has no rates and adds nothing to the graphs. */
export function remember(history: History, model: Model): History {
  const drops = lossOf(history, model);
  if (model.total.sentRate === undefined) return { ...history, ...drops };
  const samples = history.samples + 1;
  return {
    ...drops,
    samples,
    interfaces: interfaceSeries(history, model),
    owners: ownerGraphs(history, model, samples),
  };
}

function lossOf(history: History, { drops: { kernel }, timeMs, intervalMs }: Model) {
  const isGap = history.intervalMs > 0 && intervalMs > 2 * history.intervalMs + LEAST_STOP_MS;
  const stop = isGap ? { untilMs: timeMs, forMs: intervalMs, dropped: false } : history.stop;
  const hasDropped = kernel > history.kernelDrops;
  const inStop = hasDropped && stop !== undefined && timeMs - stop.untilMs <= STOP_COUNTS_MS;
  return {
    kernelDrops: kernel,
    droppedAtMs: hasDropped ? timeMs : history.droppedAtMs,
    // A sample after a gap is no measure for the next one.
    intervalMs: isGap ? history.intervalMs : intervalMs,
    stop: inStop ? { ...stop, dropped: true } : stop,
  };
}

/** The stop in which the last packets were dropped; undefined: they were dropped while nettrace ran. */
export function stopOfLoss({ droppedAtMs, stop }: History): Stop | undefined {
  if (droppedAtMs === undefined || stop?.dropped !== true) return undefined;
  return droppedAtMs - stop.untilMs <= STOP_COUNTS_MS ? stop : undefined;
}

/** Whether packets were lost within the last minute: what is shown now is too low. */
export function isLosing(history: History, model: Model): boolean {
  return history.droppedAtMs !== undefined && model.timeMs - history.droppedAtMs < 60_000;
}

function interfaceSeries(history: History, model: Model): ReadonlyMap<string, InterfaceSeries> {
  return new Map(
    model.interfaces.map((row) => {
      const before = history.interfaces.get(row.name);
      return [
        row.name,
        { sent: append(before?.sent, row.sentRate), received: append(before?.received, row.receivedRate) },
      ];
    }),
  );
}

function append(values: readonly number[] = [], value = 0): readonly number[] {
  return [...values.slice(-(INTERFACE_SAMPLES - 1)), value];
}

/** Cells begin at fixed multiples of samples, so that a graph shifts once a cell and only its last cell moves between. */
function ownerGraphs(history: History, model: Model, samples: number): ReadonlyMap<number, OwnerGraph> {
  const position = (samples - 1) % SAMPLES_PER_CELL;
  const result = new Map<number, OwnerGraph>();
  for (const owner of model.owners) {
    const rate = (owner.sentRate ?? 0) + (owner.receivedRate ?? 0);
    const before = history.owners.get(owner.id);
    if (before === undefined && rate === 0) continue;
    const past = position === 0 ? shift(before) : (before?.past ?? NOTHING);
    const newest = position === 0 ? rate : ((before?.newest ?? 0) * position + rate) / (position + 1);
    if (newest > 0 || past.some((cell) => cell > 0)) result.set(owner.id, { past, newest });
  }
  return result;
}

const NOTHING: readonly number[] = Array<number>(OWNER_CELLS - 1).fill(0);

function shift(before: OwnerGraph | undefined): readonly number[] {
  return before === undefined ? NOTHING : [...before.past.slice(1), before.newest];
}

/** The cells of an owner's graph, the newest last. */
export function graphCells({ past, newest }: OwnerGraph): readonly number[] {
  return [...past, newest];
}
