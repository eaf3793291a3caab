// Owns: the life of the terminal: taking it over, giving it back on every way out, suspending, resizing, drawing.
// Knows nothing of: what is drawn, what keys mean, and the process itself (its streams and signals are handed in).
import type { Frame } from '../view/styled-text.ts';
import type { ThemeName } from '../view/ui-state.ts';
import { clipboardSequence, enterSequence, LEAVE_SEQUENCE } from './ansi.ts';
import { textModeOf } from './capabilities.ts';
import { createKeyboard } from './keyboard.ts';
import { createScreen } from './screen.ts';
import type {
  DrawResult,
  EndSignal,
  Terminal,
  TerminalHandlers,
  TerminalOptions,
  TerminalSize,
  TerminalWorld,
} from './terminal-world.ts';
import { createTheme } from './theme.ts';

const RESIZE_DEBOUNCE_MS = 30;
/** A stop signal that had no effect (orphaned process group, POSIX 2.4.3) is noticed after this time. */
const RESUME_CHECK_MS = 100;
const FLUSH_FIRST_MS = 4;
const FLUSH_SLOWEST_MS = 64;
const END_SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
/** Beyond this a size is a mistake (or an attack on memory) and the rest stays blank. */
const MAX_SIZE: TerminalSize = { columns: 1024, rows: 512 };

type State = 'new' | 'active' | 'suspended' | 'closed';

export function createTerminal(world: TerminalWorld, options: TerminalOptions, handlers: TerminalHandlers): Terminal {
  const { capabilities } = options;
  const themeOf = (name: ThemeName) => createTheme(capabilities.colorTier, capabilities.brightAsBold, name);
  let screen = createScreen(readSize(world), themeOf(options.theme ?? 'default'), textModeOf(capabilities));
  const enter = enterSequence(options.mouse ?? true);
  const encoder = new TextEncoder();
  const cleanups: (() => void)[] = [];
  let state: State = 'new';
  let stopListening: (() => void) | undefined; // the handler of SIGTSTP, away while the process stops
  let cancelResize: (() => void) | undefined;
  let cancelResume: (() => void) | undefined;
  let cancelFlush: (() => void) | undefined;
  let draining = false; // the output has not taken all of the last chunk
  let skipped = false; // a frame was left out meanwhile

  const takeOver = (): void => {
    // Armed first: the guard keeps the terminal's modes as they are before raw mode.
    world.crashGuard?.arm(LEAVE_SEQUENCE);
    world.input.setRawMode(true);
    world.output.writeLast(enter);
    draining = false;
    screen.invalidate();
  };

  const giveBack = (): void => {
    cancelFlush?.();
    cancelFlush = undefined;
    draining = false;
    world.output.writeLast(LEAVE_SEQUENCE);
    quietly(() => world.input.setRawMode(false));
    world.crashGuard?.disarm();
  };

  const close = (): void => {
    if (state === 'closed') return;
    const held = state === 'active';
    state = 'closed';
    if (held) giveBack();
    cancelResize?.();
    cancelResume?.();
    stopListening?.();
    for (const cleanup of cleanups.splice(0).reverse()) quietly(cleanup);
    world.output.close();
  };

  const end = (reason: Parameters<TerminalHandlers['onQuit']>[0]): void => {
    if (state === 'closed') return;
    close();
    handlers.onQuit(reason);
  };
  const gone = (): void => end({ kind: 'gone' });

  const suspend = (to: 'self' | 'group'): void => {
    if (state !== 'active') return;
    state = 'suspended';
    giveBack();
    stopListening?.();
    stopListening = undefined;
    world.events.raise('SIGTSTP', to);
    cancelResume = world.timers.after(RESUME_CHECK_MS, resume);
  };

  /** Also after SIGSTOP, which nobody can announce: whatever the shell did to the terminal meanwhile is undone. */
  const resume = (): void => {
    if (state !== 'suspended') return;
    state = 'active';
    cancelResume?.();
    listenForStop();
    takeOver();
    screen.resize(readSize(world));
    handlers.onRedraw(screen.size());
  };
  const continued = (): void => {
    if (state === 'active') {
      state = 'suspended';
      // The modes that libuv remembers are not those of the driver any more: only a change reaches it.
      quietly(() => world.input.setRawMode(false));
    }
    resume();
  };
  const listenForStop = (): void => {
    stopListening?.();
    stopListening = world.events.onSignal('SIGTSTP', () => suspend('self'));
  };

  const resized = (): void => {
    cancelResize ??= world.timers.after(RESIZE_DEBOUNCE_MS, () => {
      cancelResize = undefined;
      if (state !== 'active') return;
      screen.resize(readSize(world));
      handlers.onRedraw(screen.size());
    });
  };

  const flushLater = (delay: number): void => {
    cancelFlush = world.timers.after(delay, () => {
      cancelFlush = undefined;
      const result = world.output.flush();
      if (result === 'gone') gone();
      else if (result === 'pending') flushLater(Math.min(2 * delay, FLUSH_SLOWEST_MS));
      else drained();
    });
  };
  const drained = (): void => {
    draining = false;
    if (!skipped) return;
    skipped = false;
    handlers.onRedraw(screen.size());
  };

  const draw = (frame: Frame): DrawResult => {
    if (state !== 'active') return 'inactive';
    if (draining) {
      skipped = true;
      return 'skipped';
    }
    const text = screen.render(frame);
    if (text === '') return 'unchanged';
    const result = world.output.write(encoder.encode(text));
    if (result === 'gone') {
      gone();
      return 'inactive';
    }
    draining = result === 'pending';
    if (draining) flushLater(FLUSH_FIRST_MS);
    return 'drawn';
  };

  const open = (): void => {
    if (state !== 'new') throw new Error('a terminal is opened once');
    state = 'active';
    cleanups.push(world.events.onExit(close), world.events.onCrash(close));
    for (const signal of END_SIGNALS) {
      cleanups.push(world.events.onSignal(signal, () => end({ kind: 'signal', signal })));
    }
    cleanups.push(world.events.onSignal('SIGCONT', continued), world.events.onSignal('SIGWINCH', resized));
    listenForStop();
    try {
      takeOver();
    } catch (error) {
      close();
      throw error;
    }
    const keyboard = createKeyboard(world.timers, (key) => {
      if (state !== 'active') return;
      if (key.kind === 'char' && key.ctrl && key.char === 'z') suspend('group');
      else handlers.onKey(key);
    });
    cleanups.push(keyboard.stop, world.input.listen(keyboard.feed, gone));
  };

  /** Like a frame it must not overtake what the terminal has not taken yet; then it is left out. */
  const copy = (text: string): void => {
    if (state !== 'active' || draining) return;
    const result = world.output.write(encoder.encode(clipboardSequence(text)));
    if (result === 'gone') gone();
    else if (result === 'pending') {
      draining = true;
      flushLater(FLUSH_FIRST_MS);
    }
  };

  return {
    open,
    size: () => screen.size(),
    draw,
    invalidate: () => screen.invalidate(),
    restyle(name) {
      screen = createScreen(screen.size(), themeOf(name), textModeOf(capabilities));
    },
    copy,
    suspend: () => suspend('group'),
    close,
  };
}

/** From the driver; where that does not know (serial lines), from COLUMNS and LINES as ncurses does; else 80x24. */
export function readSize(world: Pick<TerminalWorld, 'output' | 'env'>): TerminalSize {
  const { columns, rows } = world.output.size();
  return {
    columns: pickSize(columns, world.env.COLUMNS, DEFAULT_SIZE.columns, MAX_SIZE.columns),
    rows: pickSize(rows, world.env.LINES, DEFAULT_SIZE.rows, MAX_SIZE.rows),
  };
}

function pickSize(driver: number, variable: string | undefined, fallback: number, most: number): number {
  const fromEnvironment = /^\d{1,5}$/.test(variable ?? '') ? Number(variable) : 0;
  const size = driver > 0 ? driver : fromEnvironment > 0 ? fromEnvironment : fallback;
  return Math.min(size, most);
}

/** For steps of giving back: a terminal that is already closed must not stop the others. */
function quietly(step: () => void): void {
  try {
    step();
  } catch {
    // Nothing can be said about it: the terminal is the thing that failed.
  }
}
