// Owns: the messages of the log screen where the models come from elsewhere: what changed from one to the next.
// Knows nothing of: where they come from.
import { createRing } from '../../base/ring.ts';
import type { Model } from '../../model/model.ts';
import { describeChanges } from '../changes.ts';
import type { LogEntry } from '../logging.ts';

export interface ChangeLog {
  /** Each model that is shown, also earlier ones again: what was written down of later ones is forgotten then. */
  add(model: Model): void;
  say(entry: LogEntry): void;
  /** Oldest first. */
  last(): LogEntry[];
}

const KEPT = 100;

export function createChangeLog(): ChangeLog {
  const ring = createRing<LogEntry>(KEPT);
  let previous: Model | undefined;
  return {
    add(model) {
      const isEarlier = previous !== undefined && model.timeMs < previous.timeMs;
      if (isEarlier) {
        const kept = ring.last().filter(({ timeMs }) => timeMs <= model.timeMs);
        ring.clear();
        for (const entry of kept) ring.push(entry);
      }
      // What is undone by going back has not happened yet.
      const changes = isEarlier ? [] : describeChanges(model, previous);
      for (const change of changes) ring.push({ ...change, timeMs: model.timeMs });
      previous = model;
    },
    say: (entry) => ring.push(entry),
    last: () => ring.last(),
  };
}
