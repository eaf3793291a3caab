// Owns: the pauses of the keyboard: when a lone ESC is the Escape key, when a paste without end is given up.
// Knows nothing of: bytes (key-decoder.ts), what keys do and the real clock.
import type { Key } from '../view/keys.ts';
import { createKeyDecoder } from './key-decoder.ts';
import type { TerminalTimers } from './terminal-world.ts';

/** Longer than the bytes of one key take to arrive, shorter than a person notices. */
const ESCAPE_PAUSE_MS = 50;
/** A slow link may pause in the middle of a paste; its rest must not be taken for commands. */
const PASTE_PAUSE_MS = 2000;

export interface Keyboard {
  feed(chunk: Uint8Array): void;
  stop(): void;
}

export function createKeyboard(timers: TerminalTimers, onKey: (key: Key) => void): Keyboard {
  const decoder = createKeyDecoder();
  let cancel: (() => void) | undefined;
  const deliver = (keys: readonly Key[]): void => {
    for (const key of keys) onKey(key);
  };
  const paused = (): void => {
    cancel = undefined;
    deliver(decoder.pasting ? decoder.endPaste() : decoder.flush());
  };
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };
  return {
    feed(chunk) {
      stop();
      const keys = decoder.feed(chunk);
      if (decoder.pending) cancel = timers.after(decoder.pasting ? PASTE_PAUSE_MS : ESCAPE_PAUSE_MS, paused);
      deliver(keys);
    },
    stop,
  };
}
