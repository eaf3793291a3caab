// Owns: the loops of the text modes: refreshes on a schedule, one refresh, a file to its end; and what is printed last.
// Knows nothing of: how a refresh is written and why the program should stop.
import type { Model } from '../model/model.ts';
import { type Clock, ticks } from './clock.ts';
import type { Collector } from './collector.ts';
import type { Output } from './output.ts';

/** One way to print refreshes; may keep what it printed before. */
export interface Face {
  /** Whether it needs the live flows. */
  readonly withFlows: boolean;
  /** Whether it tells of queues that pile up. */
  readonly withQueues?: boolean;
  /** The text of a refresh, with its newlines. */
  render(model: Model): string;
}

export interface TextRun {
  /** Started. */
  readonly collector: Collector;
  readonly face: Face;
  readonly output: Output;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly intervalMs: number;
}

/** How often a file is looked at while it is read; short files end at once. */
const FILE_POLL_MS = [1, 2, 5, 10, 20] as const;

/**
 * Prints at once and then after every interval. The last refresh, after `count` (0: none) or when `stop` is aborted,
 * comes after the engine has taken what was left in its rings: nothing that was captured is missing from it.
 */
export async function runRefreshes(run: TextRun, count: number): Promise<void> {
  let printed = 0;
  for await (const _ of ticks(run.clock, run.intervalMs, run.stop)) {
    printed++;
    if (printed === count) break;
    await print(run);
  }
  run.collector.stop();
  await print(run);
}

/** Prints one refresh over one interval; less when `stop` is aborted. */
export async function runOnce(run: TextRun): Promise<void> {
  run.collector.sample(run.face.withFlows);
  await run.clock.sleep(run.intervalMs, run.stop);
  run.collector.stop();
  await print(run);
}

/** Reads a file as fast as it goes and prints one refresh, also of the part read when `stop` is aborted. */
export async function runFile(run: TextRun): Promise<Model> {
  for (let look = 0; run.collector.state() === 'running' && !run.stop.aborted; look++) {
    await run.clock.sleep(FILE_POLL_MS[look] ?? 20, run.stop);
  }
  run.collector.stop();
  return print(run);
}

async function print(run: TextRun): Promise<Model> {
  const model = run.collector.sample(run.face.withFlows);
  await run.output.write(run.face.render(model));
  return model;
}
