// Owns: the values a terminal is made of (streams, signals, timers, ways to die) and what it offers its caller.
// Knows nothing of: how they are implemented; a unit test hands in fakes, `app` hands in the process.
import type { Key } from '../view/keys.ts';
import type { Frame } from '../view/styled-text.ts';
import type { ThemeName } from '../view/ui-state.ts';
import type { Capabilities, TerminalEnvironment } from './capabilities.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The signals a terminal cares about. */
export type TerminalSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT' | 'SIGTSTP' | 'SIGCONT' | 'SIGWINCH';

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT';

/** Raw bytes from the keyboard. `process.stdin` fits through `tui/process-world.ts`. */
export interface TerminalInput {
  setRawMode(raw: boolean): void;
  /** Starts reading; `onData` gets every chunk. Returns a function that stops. */
  listen(onData: (chunk: Uint8Array) => void, onEnd: () => void): () => void;
}

/** 'written': the terminal has it all; 'pending': it takes the rest later; 'gone': it is closed (EPIPE, EIO, EBADF). */
export type WriteResult = 'written' | 'pending' | 'gone';

/** Where frames go. It never blocks and holds at most the one chunk that it has accepted. */
export interface TerminalOutput {
  /** Only called while nothing is pending. */
  write(bytes: Uint8Array): WriteResult;
  /** Tries to get rid of the rest of the last chunk. */
  flush(): WriteResult;
  /** Drops what is pending and writes `text` synchronously; gives up after a bounded time. Never throws. */
  writeLast(text: string): void;
  /** Size from the terminal driver; 0x0 when it does not know. */
  size(): TerminalSize;
  close(): void;
}

/** Process-wide events; `listen` returns a function that takes the handler away again. */
export interface TerminalEvents {
  onSignal(signal: TerminalSignal, handler: () => void): () => void;
  /** Just before the process dies of an uncaught exception or an unhandled rejection. */
  onCrash(handler: () => void): () => void;
  /** The last synchronous moment, `process.on('exit')`. */
  onExit(handler: () => void): () => void;
  /** Sends a signal to this process, or with 'group' to its whole foreground group, as the driver does for Ctrl-Z. */
  raise(signal: TerminalSignal, to: 'self' | 'group'): void;
}

export interface TerminalTimers {
  /** Calls back once; returns a function that cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Restores the terminal when native code crashes: an async-signal-safe handler writes `leave` and resets termios. */
export interface CrashGuard {
  arm(leave: string): void;
  disarm(): void;
}

export interface TerminalWorld {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  readonly events: TerminalEvents;
  readonly timers: TerminalTimers;
  readonly env: TerminalEnvironment;
  readonly crashGuard?: CrashGuard;
}

export interface TerminalOptions {
  readonly capabilities: Capabilities;
  /** Mouse reports (on unless false): then the terminal's own selection needs Shift. */
  readonly mouse?: boolean;
  readonly theme?: ThemeName;
}

/** Why the terminal wants the program to end. It is already restored when the handler hears of it. */
export type QuitReason =
  | { readonly kind: 'signal'; readonly signal: EndSignal }
  /** The terminal is closed: quit quietly. */
  | { readonly kind: 'gone' };

export interface TerminalHandlers {
  /** Ctrl-Z is not passed on (it suspends); Ctrl-C is, as the chord 'C-c'. */
  onKey(key: Key): void;
  /** After a resize and after coming back from the background: draw now. */
  onRedraw(size: TerminalSize): void;
  /** Called once. A second signal of this kind ends the process at once. */
  onQuit(reason: QuitReason): void;
}

/**
 * 'drawn': bytes were written; 'unchanged': the screen shows it already, 0 bytes; 'skipped': the terminal has not yet
 * taken the last frame (draw the next one when it is due, nothing is queued); 'inactive': suspended or closed.
 */
export type DrawResult = 'drawn' | 'unchanged' | 'skipped' | 'inactive';

export interface Terminal {
  /** Raw mode, alternate screen, handlers. Once. */
  open(): void;
  size(): TerminalSize;
  draw(frame: Frame): DrawResult;
  /** Forgets what is on the screen, so that the next draw paints everything (Ctrl-L). */
  invalidate(): void;
  /** Another theme from the next draw on. */
  restyle(theme: ThemeName): void;
  /** Offers a text to the terminal's clipboard (OSC 52); terminals may refuse without a word. */
  copy(text: string): void;
  /** Leaves the screen and stops the process, as Ctrl-Z does; comes back with SIGCONT. */
  suspend(): void;
  /** Restores the terminal and takes all handlers away. Idempotent. */
  close(): void;
}
