// Owns: sending metrics to receivers: a bounded buffer for each, retries with growing pauses, what was lost counted.
// Knows nothing of: what the bytes say. Nothing here waits in the way of a refresh.
import type { PushReading } from '../../export/metric-host.ts';
import type { Clock } from '../clock.ts';
import { fetchReason } from '../fetch-reason.ts';

export interface PushAnswer {
  readonly status: number;
  /** Header Retry-After, as it came. */
  readonly retryAfter: string | null;
}

export interface PusherParts {
  /** Names the receiver in metrics and messages. */
  readonly target: string;
  /** Rejects where there is no answer. */
  readonly send: (body: Buffer, stop: AbortSignal) => Promise<PushAnswer>;
  readonly clock: Clock;
  readonly wallClock: () => number;
  /** 0..1, for jitter. */
  readonly random: () => number;
  readonly bufferBytes: number;
  /** One sentence when a receiver begins to fail, and when it takes values again. */
  readonly say: (level: 'warn' | 'info', text: string) => void;
}

export interface Pusher {
  /** Puts a request in the buffer; the oldest ones make room for it. */
  add(body: Buffer, samples: number): void;
  reading(): PushReading;
  /** Ends the sending; what waits is lost and counted. Idempotent. */
  stop(): void;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A receiver may ask for more patience than that, not for more than this. */
const LONGEST_RETRY_AFTER_MS = 600_000;

export function createPusher(parts: PusherParts): Pusher {
  const { clock } = parts;
  const queue: { body: Buffer; samples: number }[] = [];
  const stopping = new AbortController();
  let waitingBytes = 0;
  let sent = 0;
  let failures = 0;
  let dropped = 0;
  let pauses = 0;
  let running = false;

  const drop = (at: number): void => {
    const [gone] = queue.splice(at, 1);
    if (gone === undefined) return;
    waitingBytes -= gone.body.length;
    dropped += gone.samples;
  };
  const remove = (item: (typeof queue)[number]): boolean => {
    const at = queue.indexOf(item);
    if (at < 0) return false;
    queue.splice(at, 1);
    waitingBytes -= item.body.length;
    return true;
  };
  const failed = (what: string): void => {
    failures++;
    if (pauses++ === 0) parts.say('warn', `metrics cannot be pushed to ${parts.target}: ${what}`);
  };

  /** @returns how long to wait before the next request. */
  const sendOne = async (item: (typeof queue)[number]): Promise<number> => {
    let answer: PushAnswer;
    try {
      answer = await parts.send(item.body, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return 0;
      failed(fetchReason(error));
      return pauseMs(pauses, parts.random());
    }
    const { status } = answer;
    if (status >= 200 && status < 300) {
      // One that the buffer pushed out meanwhile has been counted as dropped, and stays so.
      if (remove(item)) sent += item.samples;
      if (pauses > 0) parts.say('info', `metrics are pushed to ${parts.target} again`);
      pauses = 0;
      return 0;
    }
    const again = status === 429 || status >= 500;
    failed(`it answered ${status}`);
    if (!again) {
      if (remove(item)) dropped += item.samples;
      return 0;
    }
    return Math.max(pauseMs(pauses, parts.random()), retryAfterMs(answer.retryAfter, parts.wallClock()));
  };

  const run = async (): Promise<void> => {
    for (let item = queue[0]; item !== undefined && !stopping.signal.aborted; item = queue[0]) {
      const pause = await sendOne(item);
      if (pause > 0) await clock.sleep(pause, stopping.signal);
    }
    running = false;
  };

  return {
    add(body, samples) {
      if (stopping.signal.aborted) return;
      queue.push({ body, samples });
      waitingBytes += body.length;
      while (waitingBytes > parts.bufferBytes && queue.length > 1) drop(0);
      if (running) return;
      running = true;
      void run();
    },
    reading: () => ({ target: parts.target, sent, failures, dropped }),
    stop() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      while (queue.length > 0) drop(0);
    },
  };
}

/** Doubles from one second to a minute; between half of it and all of it, so that many hosts do not come at once. */
export function pauseMs(times: number, random: number): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(16, Math.max(0, times - 1)));
  return whole * (0.5 + random / 2);
}

/** Seconds or a date (RFC 9110, 10.2.3); 0 for neither. */
export function retryAfterMs(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  const seconds = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(seconds) ? Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, seconds)) : 0;
}
