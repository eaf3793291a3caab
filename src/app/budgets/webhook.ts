// Owns: telling another program of something by HTTP: a bounded queue for each address, a few attempts, then given up.
// Knows nothing of: what is told. Nothing here waits in the way of a refresh.

import type { Clock } from '../clock.ts';
import { fetchReason } from '../fetch-reason.ts';
import { type PushAnswer, pauseMs, retryAfterMs } from '../push/push.ts';
import type { Webhook } from './settings.ts';

export interface WebhookParts {
  /** Rejects where there is no answer. */
  readonly send: (hook: Webhook, body: string, stop: AbortSignal) => Promise<PushAnswer>;
  readonly clock: Clock;
  readonly wallClock: () => number;
  /** 0..1, for jitter. */
  readonly random: () => number;
  /** One sentence for each message that is given up. */
  readonly say: (text: string) => void;
}

export interface Webhooks {
  /** Puts a message in the queue of its address; where that is full the oldest one is given up. */
  add(hook: Webhook, name: string, body: string): void;
  /** Waits for what is on its way, at most `limitMs`; the rest is lost. */
  stop(limitMs: number): Promise<void>;
}

const MOST_WAITING = 50;
/** With the pauses between them about a minute. */
const ATTEMPTS = 6;
const LONGEST_PAUSE_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;

interface Message {
  readonly name: string;
  readonly body: string;
}

export function createWebhooks({ send, clock, wallClock, random, say }: WebhookParts): Webhooks {
  const stopping = new AbortController();
  const queues = new Map<string, Message[]>();
  const running = new Set<Promise<void>>();

  const deliver = async (hook: Webhook, { name, body }: Message): Promise<void> => {
    let problem = '';
    for (let attempt = 1; attempt <= ATTEMPTS && !stopping.signal.aborted; attempt++) {
      let wait = 0;
      try {
        const { status, retryAfter } = await send(hook, body, stopping.signal);
        if (status >= 200 && status < 300) return;
        problem =
          status >= 300 && status < 400
            ? `it answered ${status}, and redirects are not followed`
            : `it answered ${status}`;
        if (status !== 429 && status < 500) break;
        wait = Math.min(LONGEST_PAUSE_MS, retryAfterMs(retryAfter, wallClock()));
      } catch (error) {
        problem = reasonOf(error);
      }
      if (attempt < ATTEMPTS) await clock.sleep(Math.max(wait, pauseMs(attempt, random())), stopping.signal);
    }
    if (!stopping.signal.aborted) say(`the webhook of budget "${name}" was not told: ${problem}`);
  };

  const run = async (hook: Webhook, queue: Message[]): Promise<void> => {
    for (let message = queue.shift(); message !== undefined; message = queue.shift()) await deliver(hook, message);
    queues.delete(hook.url);
  };

  return {
    add(hook, name, body) {
      if (stopping.signal.aborted) return;
      const known = queues.get(hook.url);
      if (known !== undefined) {
        known.push({ name, body });
        const lost = known.length > MOST_WAITING ? known.shift() : undefined;
        if (lost !== undefined) say(`the webhook of budget "${lost.name}" was not told: too many messages wait`);
        return;
      }
      const queue = [{ name, body }];
      queues.set(hook.url, queue);
      const work = run(hook, queue).finally(() => running.delete(work));
      running.add(work);
    },
    async stop(limitMs) {
      if (running.size > 0) {
        const over = new AbortController();
        await Promise.race([Promise.all(running), clock.sleep(limitMs, over.signal)]);
        over.abort();
      }
      stopping.abort();
    },
  };
}

/** Follows no redirects: what is told goes to the address that was configured and nowhere else. */
export async function sendWebhook(hook: Webhook, body: string, stop: AbortSignal): Promise<PushAnswer> {
  const answer = await fetch(hook.url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'nettrace',
      ...(hook.authorization === undefined ? {} : { authorization: hook.authorization }),
    },
    body,
    signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  await answer.body?.cancel();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
}

/** fetch hides what happened in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
  return fetchReason(error);
}
