// Owns: the thread that holds the history file: batches in, what became of them out, questions answered in between.
// Knows nothing of: where rows come from. Started by history-writer alone.
import { parentPort, workerData } from 'node:worker_threads';
import { explain } from './history-db.ts';
import { historyAnswer } from './history-query.ts';
import type { HistoryQuestion } from './history-schema.ts';
import { createHistoryStore, type HistoryBatch, type HistoryStore } from './history-store.ts';
import type { HistoryLimits } from './history-tables.ts';

export type ToWorker =
  | { readonly kind: 'batch'; readonly batch: HistoryBatch }
  | { readonly kind: 'ask'; readonly id: number; readonly question: HistoryQuestion }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'open'; readonly lastWriteMs: number | undefined }
  | { readonly kind: 'refused'; readonly problem: string; readonly text: string }
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly problem: string; readonly text: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown; readonly error: string | undefined }
  | { readonly kind: 'closed' };

const { file, limits } = workerData as { readonly file: string; readonly limits: HistoryLimits };
const say = (message: FromWorker) => parentPort?.postMessage(message);

function serve(store: HistoryStore, message: ToWorker): void {
  switch (message.kind) {
    case 'batch':
      try {
        store.write(message.batch);
        say({ kind: 'written' });
      } catch (error) {
        const { problem, message: text } = explain(error, file);
        say({ kind: 'failed', problem, text });
      }
      return;
    case 'ask':
      try {
        say({ kind: 'answer', id: message.id, answer: historyAnswer(store.db, message.question), error: undefined });
      } catch (error) {
        say({ kind: 'answer', id: message.id, answer: undefined, error: explain(error, file).message });
      }
      return;
    case 'close':
      store.close();
      say({ kind: 'closed' });
      parentPort?.close();
      return;
  }
}

try {
  const store = createHistoryStore(file, limits);
  say({ kind: 'open', lastWriteMs: store.lastWriteMs });
  parentPort?.on('message', (message: ToWorker) => serve(store, message));
} catch (error) {
  const { problem, message: text } = explain(error, file);
  say({ kind: 'refused', problem, text });
}
