// Owns: the events of the service: their ids, the last of them, and the lines by which a front hears of them.
// Knows nothing of: what happened, and what carries the lines.
import { createRing } from '../../base/ring.ts';
import { KEPT_EVENTS, type ServiceEvent } from '../../service/collector-link.ts';

export interface EventLog {
  readonly tell: (level: string, text: string, more?: Readonly<Record<string, unknown>>) => void;
  /** One line with all that are kept: for a front that was just started, which knows none. */
  readonly all: () => string;
  /** Oldest first. */
  readonly last: (count: number) => readonly ServiceEvent[];
}

/**
 * Ids grow also over restarts: they begin with the time, and after those of `before`, whatever the clock did.
 * @param before what the collector before this one had told
 */
export function createEventLog(
  wallClock: () => number,
  before: readonly ServiceEvent[],
  send: (line: string) => void,
): EventLog {
  const ring = createRing<ServiceEvent>(KEPT_EVENTS);
  for (const event of before) ring.push(event);
  return {
    tell(level, text, more = {}) {
      const timeMs = wallClock();
      const id = Math.max((ring.at(-1)?.id ?? 0) + 1, timeMs * 16);
      const event = { id, time: new Date(timeMs).toISOString(), kind: kindOf(more), level, text, ...more };
      ring.push(event);
      send(`${JSON.stringify({ event })}\n`);
    },
    all: () => `${JSON.stringify({ events: ring.last() })}\n`,
    last: (count) => ring.last(count),
  };
}

function kindOf(more: Readonly<Record<string, unknown>>): string {
  return ['gap', 'budget'].find((kind) => kind in more) ?? 'log';
}
