// Owns: everything a frame is made from; the same input gives the same frame.
// Knows nothing of: terminals, clocks and the engine.
import type { Reading } from './reading.ts';
import type { TextMode } from './styled-text.ts';
import type { UiState } from './ui-state.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** One message of the log. `text` is sanitised. */
export interface LogLine {
  readonly timeMs: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** What stays the same while the program runs. */
export interface ViewSettings {
  /** Time between two refreshes. */
  readonly intervalMs: number;
  /** An ended process keeps its row for this many refreshes. */
  readonly exitedRefreshes: number;
  /** Minutes to add to UTC for the local time of a moment (ms since 1970). */
  readonly utcOffsetMinutes: (timeMs: number) => number;
}

export interface ViewInput {
  readonly size: ScreenSize;
  readonly mode: TextMode;
  readonly settings: ViewSettings;
  readonly ui: UiState;
  readonly reading: Reading;
  /** Oldest first. */
  readonly log: readonly LogLine[];
  /** What came of the last key, in place of the keys until the next one. */
  readonly notice?: Notice | undefined;
  /** Where the refreshes come from, where it is not this host now. */
  readonly origin?: Origin | undefined;
}

/** What is looked at instead of the live machine, in a few words: `recording of 2026-11-26, 3 of 90`. */
export interface Origin {
  readonly text: string;
  /** Something is missing: the service is away, the recording is damaged. */
  readonly isBad: boolean;
}

/** One sentence without its full stop. */
export interface Notice {
  readonly text: string;
  readonly isBad: boolean;
}

/** Local time of day, `12:04:31`. */
export function clockText(timeMs: number, settings: ViewSettings): string {
  return new Date(timeMs + settings.utcOffsetMinutes(timeMs) * 60_000).toISOString().slice(11, 19);
}
