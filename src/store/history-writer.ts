// Owns: the writing side of the history in the event loop: models in, batches to the thread, a bounded backlog, gaps.
// Knows nothing of: SQL. Nothing here waits for a disk.
import { Worker } from 'node:worker_threads';
import type { Model, OwnerRow } from '../model/model.ts';
import { createHistoryAccount } from './history-account.ts';
import { HistoryError, type HistoryProblem } from './history-db.ts';
import { foldRows } from './history-row.ts';
import type { HistoryAnswer, HistoryQuestion } from './history-schema.ts';
import { bucketOf, type Gap, type HistoryBatch } from './history-store.ts';
import { DEFAULT_LIMITS, type HistoryLimits } from './history-tables.ts';
import type { FromWorker, ToWorker } from './history-worker.ts';

export interface HistoryWriterOptions {
  readonly file: string;
  readonly limits?: HistoryLimits;
  /** CLOCK_MONOTONIC in ms. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** One sentence each time that writing begins to fail and when it goes on. */
  readonly onNote: (level: 'warn' | 'error', text: string) => void;
  /** Whether bytes are told apart by their remote ends. */
  readonly remotes?: boolean;
  /** What had been counted before the first model; without it the first one is only what to compare with. */
  readonly baseline?: readonly OwnerRow[];
  /** Rows that wait at most while nothing can be written. */
  readonly mostWaiting?: number;
}

export interface HistoryWriter {
  /** A refresh; costs what comparing it with the one before costs. */
  add(model: Model): void;
  /** Rejects with a HistoryError. */
  ask(question: HistoryQuestion): Promise<HistoryAnswer>;
  /** Writes what there is and lets go of the file; gives up after `limitMs`. */
  stop(limitMs?: number): Promise<void>;
}

/** A kill loses what came after the last batch. */
const FLUSH_MS = 5000;
const RETRY_MS = 3000;
const MOST_WAITING = 50_000;
const MOST_ROWS = 2000;
/** Between the clocks: more than this in one refresh, and somebody set the clock. */
const JUMP_MS = 2000;
/** After a jump nothing is deleted for its age until the clock has proved itself for this long. */
const TRUST_MS = 600_000;
/** Less than this between two services is no gap. */
const RESTART_MS = 20_000;

/** Resolves when the file is open. Rejects with a HistoryError: its message is one sentence. */
export async function createHistoryWriter(options: HistoryWriterOptions): Promise<HistoryWriter> {
  const { file, limits = DEFAULT_LIMITS, now, wallClock, onNote, mostWaiting = MOST_WAITING } = options;
  const { remotes = true, baseline } = options;
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./history-worker.${extension}`, import.meta.url), {
    workerData: { file, limits },
  });
  const opened = await firstWord(worker);
  const account = createHistoryAccount({ remotes, baseline });
  const waiting: HistoryBatch[] = [];
  const gaps: Gap[] = [];
  const asked = new Map<number, { resolve(answer: HistoryAnswer): void; reject(error: HistoryError): void }>();
  let busy = false;
  let failing = false;
  let alive = true;
  let ending: (() => void) | undefined;
  let retry: NodeJS.Timeout | undefined;
  let nextId = 0;
  let closedAt = now();
  let jumpedAt = Number.NEGATIVE_INFINITY;
  let last = { wall: wallClock(), monotonic: now() };

  const since = opened.lastWriteMs;
  if (since !== undefined && last.wall - since > RESTART_MS) {
    gaps.push({ sinceMs: since, untilMs: last.wall, reason: 'not-running', text: 'nettrace was not running' });
    jumpedAt = now();
  }

  const send = (message: ToWorker) => worker.postMessage(message);
  const next = () => {
    const [batch] = waiting;
    if (!alive || busy) return;
    if (batch === undefined) {
      if (ending !== undefined) send({ kind: 'close' });
      return;
    }
    busy = true;
    send({ kind: 'batch', batch });
  };
  const closeBatch = () => {
    const wall = wallClock();
    const rows = foldRows(account.take(), MOST_ROWS);
    closedAt = now();
    const mayDelete = closedAt - jumpedAt > TRUST_MS;
    waiting.push({
      bucket: bucketOf(wall),
      rows,
      gaps: gaps.splice(0),
      closedMs: wall,
      mayDelete,
    });
    let rowsWaiting = waiting.reduce((sum, batch) => sum + batch.rows.length, 0);
    // The first may be on its way: it is not counted as lost before it is known to be.
    while (rowsWaiting > mostWaiting && waiting.length > 2) {
      const [dropped] = waiting.splice(1, 1);
      if (dropped === undefined) break;
      rowsWaiting -= dropped.rows.length;
      noteLost(gaps, dropped);
    }
  };
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'written') {
      busy = false;
      waiting.shift();
      if (failing) onNote('warn', `the history ${file} is written again`);
      failing = false;
      next();
    } else if (message.kind === 'failed') {
      busy = false;
      if (!failing) onNote('error', `${message.text}; what is counted waits in memory`);
      failing = true;
      if (ending !== undefined) send({ kind: 'close' });
      else retry = setTimeout(next, RETRY_MS);
    } else if (message.kind === 'answer') {
      const question = asked.get(message.id);
      asked.delete(message.id);
      if (message.error === undefined) question?.resolve(message.answer as HistoryAnswer);
      else question?.reject(new HistoryError('other', message.error));
    } else if (message.kind === 'closed') ending?.();
  });
  const die = (error: unknown) => {
    if (!alive) return;
    alive = false;
    if (ending === undefined) onNote('error', `the history ${file} is not written any more: ${String(error)}`);
    for (const { reject } of asked.values()) reject(new HistoryError('other', 'the history ended'));
    ending?.();
  };
  worker.on('error', die);
  worker.on('exit', () => die('its thread ended'));

  return {
    add(model) {
      const [wall, monotonic] = [wallClock(), now()];
      const jump = wall - last.wall - (monotonic - last.monotonic);
      const bucketEnds = bucketOf(wall) !== bucketOf(last.wall);
      if (Math.abs(jump) > JUMP_MS) {
        gaps.push(jumpGap(last.wall, wall, jump));
        jumpedAt = monotonic;
      }
      last = { wall, monotonic };
      account.add(model);
      if (!alive || (!bucketEnds && monotonic - closedAt < FLUSH_MS)) return;
      closeBatch();
      if (!failing) next();
    },
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (!alive) return reject(new HistoryError('other', 'the history ended'));
        asked.set(nextId, { resolve, reject });
        send({ kind: 'ask', id: nextId++, question });
      }),
    async stop(limitMs = 1500) {
      clearTimeout(retry);
      let timer: NodeJS.Timeout | undefined;
      if (alive) {
        await new Promise<void>((resolve) => {
          ending = resolve;
          timer = setTimeout(resolve, limitMs);
          closeBatch();
          next();
        });
      }
      clearTimeout(timer);
      alive = false;
      await worker.terminate();
    },
  };
}

function firstWord(worker: Worker): Promise<Extract<FromWorker, { kind: 'open' }>> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: FromWorker) => {
      worker.off('error', reject);
      if (message.kind === 'open') resolve(message);
      else if (message.kind === 'refused') reject(new HistoryError(message.problem as HistoryProblem, message.text));
    });
  });
}

function jumpGap(before: number, after: number, jump: number): Gap {
  const seconds = Math.round(Math.abs(jump) / 1000);
  const text = `the clock was set ${jump > 0 ? 'forward' : 'back'} by ${seconds} s${jump > 0 ? ', or the machine slept' : ''}`;
  return {
    sinceMs: Math.min(before, after),
    untilMs: Math.max(before, after),
    reason: jump > 0 ? 'clock-forward' : 'clock-back',
    text,
  };
}

/** One gap for all batches that were given up in a row. */
function noteLost(gaps: Gap[], { bucket, closedMs, gaps: within }: HistoryBatch): void {
  gaps.unshift(...within);
  const known = gaps.findIndex(({ reason }) => reason === 'not-written');
  const sinceMs = Math.min(bucket * 1000, gaps[known]?.sinceMs ?? Number.POSITIVE_INFINITY);
  const untilMs = Math.max(closedMs, gaps[known]?.untilMs ?? 0);
  if (known >= 0) gaps.splice(known, 1);
  gaps.push({ sinceMs, untilMs, reason: 'not-written', text: 'the history could not be written' });
}
