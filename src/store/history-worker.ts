// Owns: the thread that holds the history file: batches in, what became of them out, questions answered in between.
// Knows nothing of: where rows come from. Started by history-writer alone.
import { parentPort, workerData } from 'node:worker_threads';
import { explain } from './history-db.ts';
import { historyAnswer } from './history-query.ts';
import type { HistoryQuestion } from './history-schema.ts';
import { createHistoryStore, type Gap, type HistoryBatch, type HistoryStore } from './history-store.ts';
import type { HistoryLimits } from './history-tables.ts';

export type ToWorker =
  | { readonly kind: 'batch'; readonly batch: HistoryBatch }
  | { readonly kind: 'ask'; readonly id: number; readonly question: HistoryQuestion }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'open'; readonly lastWriteMs: number | undefined }
  | { readonly kind: 'refused'; readonly problem: string; readonly text: string }
  | { readonly kind: 'written'; readonly replaced: Replaced }
  | { readonly kind: 'failed'; readonly problem: string; readonly text: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown; readonly error: string | undefined }
  | { readonly kind: 'closed' };

/**
 * What had been deleted or replaced. `file`: the batch is in the one that is at its path now; `log`: what was in it is in
 * the file.
 */
export type Replaced = 'file' | 'log' | undefined;

const { file, limits } = workerData as { readonly file: string; readonly limits: HistoryLimits };
const say = (message: FromWorker) => parentPort?.postMessage(message);

/** undefined: it has to be opened again. */
let store: HistoryStore | undefined;
/** From when on this thread has written to the file at the path, as far as it knows, in ms since 1970. */
let beganMs: number | undefined;

/** What a file that was opened again is to be told; undefined: it is the one of before. */
let untold: readonly Gap[] | undefined;

/** That it was deleted is told, and could not be mended yet. */
let logLost = false;

/** Throws HistoryError. */
function write(batch: HistoryBatch): Replaced {
  beganMs ??= batch.sinceMs;
  let replaced: Replaced;
  if (store === undefined || store.isMoved()) {
    const old = store;
    store = undefined;
    old?.close();
    store = createHistoryStore(file, limits);
    untold = missing(store.lastWriteMs ?? beganMs, batch.sinceMs);
  } else {
    const isLost = store.mendLog();
    if (isLost && !logLost) replaced = 'log';
    logLost = isLost;
  }
  store.write({ ...batch, gaps: [...(untold ?? []), ...batch.gaps] });
  if (untold !== undefined) replaced = 'file';
  untold = undefined;
  return replaced;
}

/** What the file at the path does not have of what was written to the one before it. */
function missing(sinceMs: number, untilMs: number): readonly Gap[] {
  if (sinceMs >= untilMs) return [];
  return [{ sinceMs, untilMs, reason: 'not-written', text: 'the history was deleted or replaced by another file' }];
}

function serve(message: ToWorker): void {
  switch (message.kind) {
    case 'batch':
      try {
        say({ kind: 'written', replaced: write(message.batch) });
      } catch (error) {
        const { problem, message: text } = explain(error, file);
        say({ kind: 'failed', problem, text });
      }
      return;
    case 'ask':
      try {
        if (store === undefined) throw new Error(`the history ${file} cannot be opened again`);
        say({ kind: 'answer', id: message.id, answer: historyAnswer(store.db, message.question), error: undefined });
      } catch (error) {
        say({ kind: 'answer', id: message.id, answer: undefined, error: explain(error, file).message });
      }
      return;
    case 'close':
      store?.close();
      say({ kind: 'closed' });
      parentPort?.close();
      return;
  }
}

try {
  store = createHistoryStore(file, limits);
  say({ kind: 'open', lastWriteMs: store.lastWriteMs });
  parentPort?.on('message', serve);
} catch (error) {
  const { problem, message: text } = explain(error, file);
  say({ kind: 'refused', problem, text });
}
