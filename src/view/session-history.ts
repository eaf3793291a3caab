// Owns: what every owner moved over the whole session, in at most 240 cells a direction however long it lasts.
// Knows nothing of: drawing. It grows in place: a copy for each sample would cost more than the rest of a refresh.
import type { Model } from '../model/model.ts';

/** When all cells are used, two become one. */
export const SESSION_CELLS = 240;

export interface Series {
  /** Mean bytes a second of each cell, the oldest first. */
  readonly sent: readonly number[];
  readonly received: readonly number[];
  /** Time that they cover. */
  readonly spanMs: number;
  /** Cells hold several samples each: the session is longer than they are. */
  readonly isWhole: boolean;
}

export interface SessionHistory {
  /** One more sample; the first of a run, which has no rates, adds nothing. */
  add(model: Model): void;
  /** From the first sample on; undefined for an owner that never moved anything. */
  of(ownerId: number): Series | undefined;
}

/** Seven digits are enough for a graph, and thousands of owners may have such cells. */
interface Cells {
  readonly sent: Float32Array;
  readonly received: Float32Array;
}

export function createSessionHistory(): SessionHistory {
  const owners = new Map<number, Cells>();
  /** Bytes and time of a cell; the last one still grows. */
  const elapsed = new Float64Array(SESSION_CELLS);
  let samplesPerCell = 1;
  let samples = 0;

  function halve(): void {
    for (const cells of [elapsed, ...[...owners.values()].flatMap(({ sent, received }) => [sent, received])]) {
      for (let at = 0; at < SESSION_CELLS; at++) {
        cells[at] = at * 2 < SESSION_CELLS ? (cells[at * 2] ?? 0) + (cells[at * 2 + 1] ?? 0) : 0;
      }
    }
    samplesPerCell *= 2;
  }

  function add(model: Model): void {
    if (!(model.intervalMs > 0)) return;
    if (samples === SESSION_CELLS * samplesPerCell) halve();
    const cell = Math.floor(samples++ / samplesPerCell);
    elapsed[cell] = (elapsed[cell] ?? 0) + model.intervalMs;
    const seconds = model.intervalMs / 1000;
    const alive = new Set<number>();
    for (const { id, sentRate = 0, receivedRate = 0 } of model.owners) {
      alive.add(id);
      if (sentRate + receivedRate === 0) continue;
      let cells = owners.get(id);
      if (cells === undefined) {
        cells = { sent: new Float32Array(SESSION_CELLS), received: new Float32Array(SESSION_CELLS) };
        owners.set(id, cells);
      }
      cells.sent[cell] = (cells.sent[cell] ?? 0) + sentRate * seconds;
      cells.received[cell] = (cells.received[cell] ?? 0) + receivedRate * seconds;
    }
    for (const id of owners.keys()) if (!alive.has(id)) owners.delete(id);
  }

  function of(ownerId: number): Series | undefined {
    const cells = owners.get(ownerId);
    if (cells === undefined) return undefined;
    const used = Math.ceil(samples / samplesPerCell);
    const rates = (bytes: Float32Array) =>
      Array.from(bytes.subarray(0, used), (sum, at) => (sum * 1000) / (elapsed[at] || 1));
    return {
      sent: rates(cells.sent),
      received: rates(cells.received),
      spanMs: elapsed.reduce((sum, ms) => sum + ms, 0),
      isWhole: samplesPerCell > 1,
    };
  }

  return { add, of };
}
