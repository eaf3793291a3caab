// Owns: the front's side of the line to the collector: the last snapshot, the events, questions and their answers.
// Knows nothing of: HTTP, and what carries the lines.
import { z } from 'zod';
import { createRing } from '../base/ring.ts';

/** What happened to the service: a gap in the counting, a device that came, ... */
export type ServiceEvent = Readonly<Record<string, unknown>> & { readonly id: number; readonly time: string };

export interface CollectorLink {
  /** The text of the last snapshot's object, and when it came (monotonic ms); undefined before the first. */
  latest(): { readonly text: string; readonly atMs: number } | undefined;
  /** The same as values; read once for each snapshot. */
  object(): Readonly<Record<string, unknown>> | undefined;
  events(): readonly ServiceEvent[];
  /** Metrics as of the last refresh, where the collector sends them without being asked; undefined: ask. */
  metrics(format: string): { readonly text: string; readonly refresh: number } | undefined;
  /** Rejects with a CollectorError. `question` is checked by the collector. */
  ask(verb: string, question: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Hears of each snapshot and event until the returned function is called. */
  listen(listener: LinkListener): () => void;
  /** Takes a line of the collector. */
  receive(line: string): void;
}

export interface LinkListener {
  snapshot(text: string): void;
  /** @param isOld one of those that a front is told of which was just started: readers may know it */
  event(event: ServiceEvent, isOld: boolean): void;
}

/** A question that has no answer; `status` is that of HTTP. */
export interface CollectorError {
  readonly status: number;
  readonly error: string;
}

/** Of the collector and of the front alike. */
export const KEPT_EVENTS = 500;
const MOST_QUESTIONS = 64;
const ANSWER_LIMIT_MS = 30_000;
const SNAPSHOT = '{"snapshot":';
/** Nothing in an object ends like this: a line without it was left unfinished by a collector that died. */
const WHOLE = ',"whole":true}';

/** A line with the text of a snapshot's object. */
export const snapshotLine = (text: string): string => `${SNAPSHOT}${text}${WHOLE}`;
/** Metrics that are older are asked for: the collector may be away. */
const METRICS_LIMIT_MS = 10_000;

const serviceEvent = z.looseObject({ id: z.number(), time: z.string() });

const message = z.union([
  z.object({ hello: z.object({ pid: z.number() }) }),
  z.object({ metrics: z.object({ format: z.string(), refresh: z.number(), text: z.string() }) }),
  z.object({ event: serviceEvent }),
  z.object({ events: z.array(serviceEvent) }),
  z.object({ answer: z.number(), value: z.unknown() }),
  z.object({ answer: z.number(), error: z.string(), status: z.number().optional() }),
]);

/**
 * @param send writes a line to the collector; false where there is no room
 * @param firstId of the questions, anew for each process: an answer to one that died must not be taken for one's own
 */
export function createCollectorLink(send: (line: string) => boolean, now: () => number, firstId = 1): CollectorLink {
  let last: { readonly text: string; readonly atMs: number } | undefined;
  let parsed: Readonly<Record<string, unknown>> | undefined;
  let next = firstId;
  let refreshes = 0;
  const metrics = new Map<string, { text: string; refresh: number; readonly atMs: number; readonly came: number }>();
  const events = createRing<ServiceEvent>(KEPT_EVENTS);
  let caughtUp = false;
  const listeners = new Set<LinkListener>();
  const waiting = new Map<number, { settle(value: unknown): void; fail(error: CollectorError): void }>();
  const fail = (id: number, status: number, error: string) => waiting.get(id)?.fail({ status, error });
  const hear = (event: ServiceEvent, isOld: boolean) => {
    if (events.last().some(({ id }) => id === event.id)) return;
    events.push(event);
    for (const listener of listeners) listener.event(event, isOld);
  };
  const take = (line: string) => {
    if (line.startsWith(SNAPSHOT)) {
      if (!line.endsWith(WHOLE)) return;
      // Kept as text: most snapshots are sent on as they are.
      last = { text: line.slice(SNAPSHOT.length, -WHOLE.length), atMs: now() };
      parsed = undefined;
      refreshes++;
      for (const listener of listeners) listener.snapshot(last.text);
      return;
    }
    const read = message.safeParse(parseLine(line));
    // The rest of a line whose writer died.
    if (!read.success) return;
    const said = read.data;
    if ('hello' in said) {
      metrics.clear();
      for (const id of [...waiting.keys()]) fail(id, 503, 'the collector was started again; ask once more');
    } else if ('metrics' in said) {
      const { format, text, refresh } = said.metrics;
      metrics.set(format, { text, refresh, atMs: now(), came: refreshes });
    } else if ('event' in said) {
      // Before the collector has told all that there were, this one would come before earlier ones; it is among them.
      if (caughtUp) hear(said.event as ServiceEvent, false);
    } else if ('events' in said) {
      caughtUp = true;
      for (const event of said.events) hear(event as ServiceEvent, true);
    } else if ('error' in said) {
      fail(said.answer, said.status ?? 502, said.error);
    } else {
      waiting.get(said.answer)?.settle(said.value);
    }
  };
  return {
    latest: () => last,
    object() {
      if (parsed === undefined && last !== undefined) parsed = parseLine(last.text) as typeof parsed;
      return parsed;
    },
    events: () => events.last(),
    metrics(format) {
      const kept = metrics.get(format);
      // Those of a refresh come right after its snapshot.
      const isNew = kept !== undefined && refreshes - kept.came <= 1 && now() - kept.atMs < METRICS_LIMIT_MS;
      return isNew && kept.text !== '' ? kept : undefined;
    },
    receive: take,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ask(verb, question) {
      return new Promise((resolve, reject) => {
        const id = next++;
        if (waiting.size >= MOST_QUESTIONS || !send(`${JSON.stringify({ ...question, ask: verb, id })}\n`)) {
          reject({ status: 503, error: 'too many questions at once; ask again later' } satisfies CollectorError);
          return;
        }
        const timer = setTimeout(() => fail(id, 504, 'the collector does not answer'), ANSWER_LIMIT_MS);
        const end = () => {
          clearTimeout(timer);
          waiting.delete(id);
        };
        waiting.set(id, {
          settle(value) {
            end();
            resolve(value);
          },
          fail(error) {
            end();
            reject(error);
          },
        });
      });
    },
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
