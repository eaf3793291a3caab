// Owns: the life of the live view: which sample is shown, what a key does, when it ends.
// Knows nothing of: the process, its terminal and the engine; all of them are handed in.
import type { Model } from '../model/model.ts';
import type { QuitReason, Terminal, TerminalHandlers, TerminalTimers } from '../tui/terminal-world.ts';
import { type Action, reduce } from '../view/actions.ts';
import { actionFor } from '../view/keymap.ts';
import type { Key } from '../view/keys.ts';
import type { Composed } from '../view/page.ts';
import { type Order, orderOf, readModel, rearrange } from '../view/reading.ts';
import { composeScreen } from '../view/screen.ts';
import { needsFlows } from '../view/screen-table.ts';
import type { TextMode } from '../view/styled-text.ts';
import type { UiState } from '../view/ui-state.ts';
import type { LogLine, ViewSettings } from '../view/view-input.ts';
import { createSchedule } from './live-schedule.ts';

export interface LiveParts {
  /** One refresh; with the live flows where asked for. */
  readonly sample: (withFlows: boolean) => Model;
  /** The terminal, not yet open. */
  readonly createTerminal: (handlers: TerminalHandlers) => Terminal;
  readonly timers: TerminalTimers;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Messages for the log screen, oldest first. */
  readonly log: () => readonly LogLine[];
  readonly mode: TextMode;
  readonly settings: ViewSettings;
  readonly ui: UiState;
  /** Refreshes after which it ends by itself; 0: never. */
  readonly count: number;
}

export type LiveEnd = { readonly kind: 'asked' | 'counted' } | QuitReason;

export interface Live {
  /** How it ended. Rejects if taking a sample or composing a screen throws; the terminal is restored then too. */
  readonly ended: Promise<LiveEnd>;
  /** Ends it as the key q does. */
  end(): void;
}

/** Takes the first sample, opens the terminal and draws, all before it returns. */
export function startLive(parts: LiveParts): Live {
  const { settings } = parts;
  let ui = parts.ui;
  let latest = readModel(parts.sample(needsFlows(ui)), orderOf(ui), undefined);
  /** What is on the screen: the latest, or the one that a pause holds. */
  let shown = latest;
  let composed: Composed | undefined;
  let refreshes = 1;

  const { ended, settle, guarded } = createEnding(() => {
    schedule.cancel();
    terminal.close();
  });

  const draw = (): void => {
    const { mode } = parts;
    composed = composeScreen({ size: terminal.size(), mode, settings, ui, reading: shown, log: parts.log() });
    terminal.draw(composed.frame);
  };

  const lacksFlows = (): boolean => needsFlows(ui) && shown.flows === undefined;

  const refresh = (): void => {
    latest = readModel(parts.sample(needsFlows(ui)), orderOf(ui), latest);
    if (!ui.paused || lacksFlows()) shown = latest;
    draw();
  };

  const tick = (): void => {
    refresh();
    refreshes++;
    if (parts.count > 0 && refreshes >= parts.count) settle({ kind: 'counted' });
    else schedule.next();
  };

  const arrange = (before: Order, after: Order): void => {
    if (before.sort === after.sort && before.viewMode === after.viewMode && before.place === after.place) return;
    const isSame = shown === latest;
    latest = rearrange(latest, after);
    shown = isSame ? latest : rearrange(shown, after);
  };

  const apply = (action: Action): void => {
    if (composed === undefined) return;
    const before = ui;
    ui = reduce(ui, action, composed.facts);
    if (ui === before) return;
    if (before.paused && !ui.paused) shown = latest;
    arrange(orderOf(before), orderOf(ui));
    if (lacksFlows()) schedule.soon();
    draw();
  };

  const press = (key: Key): void => {
    const action = actionFor(ui, key);
    if (action === undefined) return;
    switch (action.kind) {
      case 'quit':
        settle({ kind: 'asked' });
        break;
      case 'suspend':
        terminal.suspend();
        break;
      case 'repaint':
        terminal.invalidate();
        draw();
        break;
      default:
        apply(action);
    }
  };

  const { timers, now } = parts;
  const schedule = createSchedule({
    timers,
    now,
    intervalMs: settings.intervalMs,
    onTick: guarded(tick),
    onEarly: guarded(refresh),
  });
  const terminal = parts.createTerminal({ onKey: guarded(press), onRedraw: guarded(draw), onQuit: settle });
  guarded(() => {
    terminal.open();
    draw();
    if (parts.count === 1) {
      settle({ kind: 'counted' });
    } else {
      schedule.next();
      // Only with a second sample there are rates.
      schedule.soon();
    }
  })();
  return { ended, end: () => settle({ kind: 'asked' }) };
}

interface Ending {
  readonly ended: Promise<LiveEnd>;
  /** The first end counts. */
  settle(end: LiveEnd): void;
  /** A step that ends the view if it throws (the screen must not hide it), and does nothing after the end. */
  guarded<A extends readonly unknown[]>(step: (...args: A) => void): (...args: A) => void;
}

/** @param release gives everything back, once, before the end is told */
function createEnding(release: () => void): Ending {
  let resolve: (end: LiveEnd) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  let isOver = false;
  const ended = new Promise<LiveEnd>((onEnd, onError) => {
    resolve = onEnd;
    reject = onError;
  });
  const over = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    release();
    tell();
  };
  return {
    ended,
    settle: (end) => over(() => resolve(end)),
    guarded:
      (step) =>
      (...args) => {
        if (isOver) return;
        try {
          step(...args);
        } catch (error) {
          over(() => reject(error));
        }
      },
  };
}
