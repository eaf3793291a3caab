// Owns: the writing side of the history in the event loop: models in, batches to the thread, a bounded backlog, gaps.
// Knows nothing of: SQL. Nothing here waits for a disk.
import { Worker } from 'node:worker_threads';
import type { Model, OwnerRow } from '../model/model.ts';
import { createHistoryAccount } from './history-account.ts';
import { HistoryError, type HistoryProblem } from './history-db.ts';
import { foldRows } from './history-row.ts';
import type { HistoryAnswer, HistoryQuestion } from './history-schema.ts';
import { bucketOf, splitSpan } from './history-split.ts';
import type { Gap, HistoryBatch } from './history-store.ts';
import { DEFAULT_LIMITS, type HistoryLimits } from './history-tables.ts';
import type { FromWorker, ToWorker } from './history-worker.ts';

export interface HistoryWriterOptions {
  readonly file: string;
  readonly limits?: HistoryLimits;
  /** CLOCK_MONOTONIC in ms. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** One sentence each time that writing begins to fail, when it goes on, and when the file at its path is another one. */
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
/** Nor may anything that has not been written yet be older than this at the next refresh. */
const MOST_AGE_MS = 10_000;
const RETRY_MS = 3000;
const MOST_WAITING = 50_000;
const MOST_ROWS = 2000;
/** Between the clocks: more than this in one refresh, and somebody set the clock. */
const JUMP_MS = 2000;
/** After a jump nothing is deleted for its age until the clock has proved itself for this long. */
const TRUST_MS = 600_000;
/** More than this between two services, and the clock may have been set meanwhile, as at boot: it is not trusted at once. */
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
  /** What is not written yet: the bucket that it belongs to, and from when on it is. */
  let open = { bucket: bucketOf(last.wall), sinceMs: last.wall };

  /** When the writer before this one had last written all that it had counted; undefined once that is told as a gap. */
  let lastWriteMs = opened.lastWriteMs;
  if (lastWriteMs !== undefined && Math.abs(last.wall - lastWriteMs) > RESTART_MS) jumpedAt = now();

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
  const closeBatch = (untilMs: number, share = 1, unlessIdle = false) => {
    const rows = foldRows(account.take(share), MOST_ROWS);
    const mayDelete = now() - jumpedAt > TRUST_MS;
    const isIdle = unlessIdle && rows.length === 0 && gaps.length === 0;
    if (!isIdle) waiting.push({ ...open, rows, gaps: gaps.splice(0), closedMs: untilMs, mayDelete });
    open = { bucket: bucketOf(untilMs), sinceMs: untilMs };
    let rowsWaiting = waiting.reduce((sum, batch) => sum + batch.rows.length, 0);
    // The first may be on its way: it is not counted as lost before it is known to be.
    while (rowsWaiting > mostWaiting && waiting.length > 2) {
      const [dropped, follower] = waiting.slice(1, 3) as [HistoryBatch, HistoryBatch];
      rowsWaiting -= dropped.rows.length;
      waiting.splice(1, 2, { ...follower, gaps: gapsWithLost(dropped, follower.gaps) });
    }
  };
  /** What was added since the mark was moved evenly from `sinceMs` to `untilMs`: each bucket gets its part of it. */
  const closeBuckets = (before: number, sinceMs: number, untilMs: number) => {
    if (bucketOf(sinceMs) !== open.bucket) {
      closeBatch(before, 0);
      open = { bucket: bucketOf(sinceMs), sinceMs };
    }
    for (const { untilMs: edge, shareOfRest } of splitSpan(sinceMs, untilMs).slice(0, -1))
      closeBatch(edge, shareOfRest);
  };
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'written') {
      busy = false;
      waiting.shift();
      const { replaced } = message;
      if (replaced === 'file') onNote('warn', `the history ${file} was deleted or replaced: it was opened again`);
      else if (replaced === 'log')
        onNote('warn', `${file}-wal was deleted or replaced: what it had is in the history ${file} now`);
      else if (failing) onNote('warn', `the history ${file} is written again`);
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
      // Without a baseline nothing counts before the first refresh.
      const wasAway = lastWriteMs !== undefined;
      if (lastWriteMs !== undefined) gaps.push(awayGap(lastWriteMs, baseline === undefined ? wall : last.wall));
      lastWriteMs = undefined;
      const jump = wall - last.wall - (monotonic - last.monotonic);
      const jumped = Math.abs(jump) > JUMP_MS;
      if (jumped) {
        gaps.push(jumpGap(last.wall, wall, jump));
        jumpedAt = monotonic;
      }
      // Of what was moved around a jump nobody can say when it was: it counts for the moment after.
      const sinceMs = jumped ? wall : Math.min(last.wall, wall);
      const before = last.wall;
      last = { wall, monotonic };
      const bucketEnds = bucketOf(wall) !== open.bucket;
      if (bucketEnds) account.mark();
      account.add(model);
      if (!alive) return;
      if (bucketEnds) {
        closeBuckets(before, sinceMs, wall);
        closedAt = monotonic;
      }
      // A gap is told at once: until it is, nobody who asks can tell it from time in which nothing was moved.
      if (wasAway || monotonic - closedAt >= FLUSH_MS || wall + (wall - sinceMs) - open.sinceMs > MOST_AGE_MS) {
        closeBatch(wall);
        closedAt = monotonic;
      }
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
          // One that has counted nothing leaves the gap to the writer after it.
          if (lastWriteMs === undefined) closeBatch(last.wall);
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

/** However short: bytes of that time are nowhere. */
function awayGap(sinceMs: number, untilMs: number): Gap {
  if (sinceMs <= untilMs) return { sinceMs, untilMs, reason: 'not-running', text: 'nettrace was not running' };
  const text = 'the clock was set back while nettrace was not running';
  return { sinceMs: untilMs, untilMs: sinceMs, reason: 'clock-back', text };
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

/** One gap for all batches that were given up in a row: each hands it on to the batch that follows. */
function gapsWithLost({ sinceMs, closedMs, gaps }: HistoryBatch, following: readonly Gap[]): readonly Gap[] {
  const all = [...gaps, ...following];
  const lost = all.filter(({ reason }) => reason === 'not-written');
  return [
    ...all.filter((gap) => !lost.includes(gap)),
    {
      sinceMs: Math.min(sinceMs, ...lost.map((gap) => gap.sinceMs)),
      untilMs: Math.max(closedMs, ...lost.map((gap) => gap.untilMs)),
      reason: 'not-written',
      text: 'the history could not be written',
    },
  ];
}
