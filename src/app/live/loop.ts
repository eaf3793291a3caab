// Owns: the life of the live view: which sample is shown, what a key does, when it ends.
// Knows nothing of: the process, its terminal and the engine; all of them are handed in.
import { flowListOf } from '../../model/flow-list.ts';
import type { Model } from '../../model/model.ts';
import type { QuitReason, Terminal, TerminalHandlers, TerminalTimers } from '../../tui/terminal-world.ts';
import { type Action, reduce } from '../../view/actions.ts';
import type { ListFacts } from '../../view/cursor.ts';
import { actionFor } from '../../view/keymap.ts';
import type { Key } from '../../view/keys.ts';
import type { Composed } from '../../view/page.ts';
import type { ExportTable } from '../../view/page-body.ts';
import { orderOf, readModel, rearrange } from '../../view/read-model.ts';
import type { Order, Reading } from '../../view/reading.ts';
import { composeScreen } from '../../view/screen.ts';
import { needsFlows } from '../../view/screen-table.ts';
import type { TextMode } from '../../view/styled-text.ts';
import { listOf, type PendingSignal, type UiState } from '../../view/ui-state.ts';
import type { LogLine, Notice, Origin, ViewSettings } from '../../view/view-input.ts';
import { createEnding } from './ending.ts';
import { createMarks } from './marks.ts';
import { createSchedule } from './schedule.ts';

/** What keys do beyond the screen. Each tells what came of it, in a sentence; none throws. */
export interface LiveEffects {
  readonly exportTable: (table: ExportTable, format: 'csv' | 'json') => Promise<Notice>;
  readonly saveSettings: (ui: UiState) => Promise<Notice>;
  readonly sendSignal: (pending: PendingSignal) => Notice;
}

export interface LiveParts {
  /** One refresh; with the live flows where asked for. */
  readonly sample: (withFlows: boolean) => Model;
  /** Hears of models that are neither shown nor the latest any more. */
  readonly release?: (model: Model) => void;
  /** Hears after each frame of the pairs of ports of the TCP connections whose sockets it shows. */
  readonly want?: (pairs: readonly number[]) => void;
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
  readonly effects: LiveEffects;
  /** Refreshes after which it ends by itself; 0: never. */
  readonly count: number;
  /** Where refreshes come by themselves, not by the clock. */
  readonly pace?: LivePace | undefined;
}

/** What is looked at instead of the live machine: a recording, or a service that sends its refreshes. */
export interface LivePace {
  /** Calls back whenever sample() has something new, or `origin` has. */
  readonly onRefresh: (callback: () => void) => void;
  readonly origin: () => Origin;
  /** A recording stands still; without it only the screen does. */
  readonly hold?: (paused: boolean) => void;
  readonly play?: (action: Action & { readonly kind: 'play' }) => void;
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
  const { settings, effects, pace } = parts;
  let ui = parts.ui;
  const marks = createMarks();
  const orderNow = (): Order => orderOf(ui, marks.from(), marks.to());
  let latest = readModel(parts.sample(needsFlows(ui)), orderNow(), undefined);
  /** What is on the screen: the latest, or the one that a pause holds. */
  let shown = latest;
  let composed: Composed | undefined;
  let notice: Notice | undefined;
  let refreshes = 1;

  const { ended, settle, guarded } = createEnding<LiveEnd>(() => {
    schedule.cancel();
    terminal.close();
  });

  /** Those of `before` that are not on the screen and will not be. */
  const release = (...before: readonly Reading[]): void => {
    for (const { raw } of before) if (raw !== latest.raw && raw !== shown.raw) parts.release?.(raw);
  };

  const draw = (): void => {
    const mode = ui.theme === 'mono' ? { ...parts.mode, color: false } : parts.mode;
    const origin = pace?.origin();
    const size = terminal.size();
    composed = composeScreen({ size, mode, settings, ui, reading: shown, log: parts.log(), notice, origin });
    terminal.draw(composed.frame);
    const { rows, top, pageRows } = composed.facts;
    parts.want?.(rows?.wants(top, pageRows) ?? []);
  };

  const lacksFlows = (): boolean => needsFlows(ui) && flowListOf(shown.raw) === undefined;

  const refresh = (): void => {
    const model = parts.sample(needsFlows(ui) || marks.isWaiting());
    if (model !== latest.raw) {
      marks.offer(model);
      const before = [latest, shown];
      // Before the last one: somebody went back in a recording, and what was remembered lies ahead.
      latest = readModel(model, orderNow(), model.timeMs < latest.raw.timeMs ? undefined : latest);
      if (!ui.paused || ui.recorded || lacksFlows()) shown = latest;
      release(...before);
    }
    draw();
  };

  const tick = (): void => {
    refresh();
    refreshes++;
    if (parts.count > 0 && refreshes >= parts.count) settle({ kind: 'counted' });
    else schedule.next();
  };

  const arrange = (before: Order, after: Order): void => {
    if (isSameOrder(before, after)) return;
    const isSame = shown === latest;
    latest = rearrange(latest, after);
    shown = isSame ? latest : rearrange(shown, after);
  };

  const apply = (action: Action): void => {
    if (composed === undefined) return;
    const before = ui;
    const order = orderNow();
    ui = reduce(ui, action, composed.facts);
    if (ui === before) return;
    if (before.paused && !ui.paused) {
      const held = shown;
      shown = latest;
      release(held);
    }
    marks.follow(before, ui);
    arrange(order, orderNow());
    if (before.theme !== ui.theme) terminal.restyle(ui.theme);
    if (before.paused !== ui.paused) pace?.hold?.(ui.paused);
    if (pace !== undefined) refresh();
    else if (lacksFlows() || marks.isWaiting()) schedule.soon();
    draw();
  };

  const tell = (said: Notice | undefined): void => {
    notice = said;
    draw();
  };
  const tellLater = (said: Promise<Notice>): void => {
    said.then(guarded(tell), (error: Error) => guarded(tell)({ text: error.message, isBad: true }));
  };

  const copy = (facts: ListFacts): void => {
    const text = facts.rows?.copies(listOf(ui).cursor?.key ?? facts.keys[facts.top] ?? '');
    if (text === undefined) return;
    terminal.copy(text);
    tell({ text: `handed to the terminal's clipboard: ${text}`, isBad: false });
  };

  const exportTable = (facts: ListFacts, format: 'csv' | 'json'): void => {
    if (facts.rows !== undefined) tellLater(effects.exportTable(facts.rows.exports(), format));
  };

  const sendSignal = (): void => {
    const { pending } = ui;
    if (pending !== undefined && !ui.readOnly) notice = effects.sendSignal(pending);
    apply({ kind: 'send-signal' });
  };

  const act = (action: Action, facts: ListFacts): void => {
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
      case 'copy':
        copy(facts);
        break;
      case 'export':
        exportTable(facts, action.format);
        break;
      case 'save-settings':
        tellLater(effects.saveSettings(ui));
        break;
      case 'send-signal':
        sendSignal();
        break;
      case 'choose-signal':
        apply(action);
        if (ui.overlay !== 'signals') tell({ text: noTarget(ui), isBad: true });
        break;
      case 'play':
        pace?.play?.(action);
        break;
      default:
        apply(action);
    }
  };

  /** What came of the last key is told until the next one. */
  const press = (key: Key): void => {
    const told = notice;
    notice = undefined;
    const action = actionFor(ui, key);
    const before = composed;
    if (action !== undefined && composed !== undefined) act(action, composed.facts);
    else if (isRefusedSignal(ui, key)) tell({ text: refusal(ui), isBad: true });
    if (told !== undefined && composed === before) draw();
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
    } else if (pace !== undefined) {
      pace.onRefresh(guarded(refresh));
    } else {
      schedule.next();
      // Only with a second sample there are rates.
      schedule.soon();
    }
  })();
  return { ended, end: () => settle({ kind: 'asked' }) };
}

/** A key that would choose a signal if any could be sent. */
function isRefusedSignal(ui: UiState, key: Key): boolean {
  return ui.readOnly && actionFor({ ...ui, readOnly: false }, key)?.kind === 'choose-signal';
}

/** Why there is no signal to choose. */
function noTarget(ui: UiState): string {
  return listOf(ui).cursor === undefined ? 'select a process first' : 'what is selected is no running process';
}

function refusal({ recorded }: UiState): string {
  return `no signal can be sent: ${recorded ? 'these are processes of a recording' : 'this is read-only'}`;
}

/** Every part of it is a value, or stays the same object while it is the same. */
function isSameOrder(a: Order, b: Order): boolean {
  return (
    a.sort.by === b.sort.by &&
    a.sort.reversed === b.sort.reversed &&
    a.viewMode === b.viewMode &&
    a.place === b.place &&
    a.frozen === b.frozen &&
    a.device === b.device &&
    a.from === b.from &&
    a.to === b.to
  );
}
