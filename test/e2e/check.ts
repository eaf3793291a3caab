// Owns: what a check beside the scenarios looks like: figures for a reader and sentences about faults.
// Knows nothing of: the single checks.
import type { Stage } from './scenario.ts';
import type { Refresh, Row } from './watch.ts';

export interface Findings {
  /** What was measured, for people. */
  readonly figures: readonly string[];
  /** Empty: all is as it must be. */
  readonly faults: readonly string[];
}

export interface Check {
  readonly name: string;
  /** With `compare` nethogs runs beside, and its figures are among the others. */
  run(stage: Stage, compare: boolean): Promise<Findings>;
}

/** A list of faults that is filled by claims. */
export function claims(): { readonly faults: string[]; claim(holds: boolean, otherwise: string): void } {
  const faults: string[] = [];
  return {
    faults,
    claim(holds, otherwise) {
      if (!holds) faults.push(otherwise);
    },
  };
}

export function rowOf(refresh: Refresh, pid: number): Row | undefined {
  return refresh.processes.find((row) => row.pid === pid);
}

export function bytesOf(rows: readonly Row[], pid: number): number {
  return rows.filter((row) => row.pid === pid).reduce((all, row) => all + row.sentTotal + row.receivedTotal, 0);
}

/** Whether `seen` is `real` within a share and a few frames. */
export function near(seen: number, real: number, share: number): boolean {
  return Math.abs(seen - real) <= real * share + 2000;
}

export const ms = (value: number) => `${Math.round(value)} ms`;
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
