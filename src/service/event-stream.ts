// Owns: server-sent events: a bounded number of readers, each of which gets the newest snapshot it has time for.
// Knows nothing of: where snapshots come from.
import type { ServerResponse } from 'node:http';
import type { CollectorLink, ServiceEvent } from './collector-link.ts';

export interface EventStreams {
  /** False: there are as many readers as there may be. */
  open(response: ServerResponse, lastId: number): boolean;
  close(): void;
}

const MOST_READERS = 8;
/** What may wait for a reader; after that it misses snapshots, and is let go once events do not fit either. */
const MOST_BYTES = 4 * 1024 * 1024;
/** A reader that took nothing for so long is gone. */
const STUCK_MS = 30_000;
const KEEP_ALIVE_MS = 15_000;

interface Reader {
  readonly response: ServerResponse;
  /** Of the last event that it had when it came. */
  readonly lastId: number;
  stuckSinceMs: number | undefined;
}

export function createEventStreams(link: CollectorLink, now: () => number): EventStreams {
  const readers = new Set<Reader>();
  const drop = (reader: Reader) => {
    readers.delete(reader);
    reader.response.destroy();
  };
  const write = (reader: Reader, text: string, needed: boolean) => {
    const { response } = reader;
    if (response.writableLength === 0) reader.stuckSinceMs = undefined;
    else reader.stuckSinceMs ??= now();
    if (reader.stuckSinceMs !== undefined && now() - reader.stuckSinceMs > STUCK_MS) return drop(reader);
    if (response.writableLength + text.length <= MOST_BYTES && (needed || response.writableLength === 0)) {
      response.write(text);
    } else if (needed) drop(reader);
  };
  const all = (text: string, needed: boolean) => {
    for (const reader of [...readers]) write(reader, text, needed);
  };
  const release = link.listen({
    snapshot: (text) => all(snapshotText(text), false),
    event(event, isOld) {
      for (const reader of [...readers]) if (!isOld || event.id > reader.lastId) write(reader, eventText(event), true);
    },
  });
  const timer = setInterval(() => all(': still here\n\n', false), KEEP_ALIVE_MS);
  return {
    open(response, lastId) {
      if (readers.size >= MOST_READERS) return false;
      const reader: Reader = { response, lastId, stuckSinceMs: undefined };
      readers.add(reader);
      response.on('close', () => readers.delete(reader));
      const latest = link.latest();
      const missed = link.events().filter(({ id }) => id > lastId);
      response.write(`retry: 2000\n\n${missed.map(eventText).join('')}`);
      if (latest !== undefined) response.write(snapshotText(latest.text));
      return true;
    },
    close() {
      clearInterval(timer);
      release();
      for (const reader of [...readers]) reader.response.end();
    },
  };
}

/** JSON has no newline in it. */
function snapshotText(text: string): string {
  return `event: snapshot\ndata: ${text}\n\n`;
}

function eventText(event: ServiceEvent): string {
  return `event: event\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}
