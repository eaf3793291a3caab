// Owns: the moments at which the live view takes samples: a grid that does not drift, and early ones between.
// Knows nothing of: what a sample is and what is done with it.
import type { TerminalTimers } from '../../tui/terminal-world.ts';

export interface Schedule {
  /** The next tick of the grid; ticks that it is too late for are left out. */
  next(): void;
  /** One sample as soon as it makes sense: not right after the last one, and not right before the next. */
  soon(): void;
  cancel(): void;
}

export interface ScheduleParts {
  readonly timers: TerminalTimers;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly intervalMs: number;
  readonly onTick: () => void;
  readonly onEarly: () => void;
}

/** Rates over less than this are mostly noise. */
const EARLY_MS = 250;
/** An early sample this close to a tick is left out. */
const CLOSE_MS = 100;

/** The grid starts now. */
export function createSchedule(parts: ScheduleParts): Schedule {
  const { timers, now, intervalMs } = parts;
  const startedAt = now();
  let tickAt = startedAt;
  let lastAt = startedAt;
  let cancelTick = (): void => {};
  let cancelEarly = (): void => {};
  return {
    next() {
      cancelTick();
      const ticks = Math.floor((now() - startedAt) / intervalMs) + 1;
      tickAt = startedAt + ticks * intervalMs;
      cancelTick = timers.after(Math.max(0, tickAt - now()), () => {
        lastAt = now();
        parts.onTick();
      });
    },
    soon() {
      cancelEarly();
      const at = Math.max(now(), lastAt + EARLY_MS);
      if (at + CLOSE_MS >= tickAt) return;
      cancelEarly = timers.after(at - now(), () => {
        lastAt = now();
        parts.onEarly();
      });
    },
    cancel() {
      cancelTick();
      cancelEarly();
    },
  };
}
