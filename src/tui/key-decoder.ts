// Owns: turning the bytes of a keyboard into keys; every split of the bytes gives the same keys.
// Knows nothing of: timers (the caller flushes when input pauses), commands and the screen.
import { sanitize } from '../base/sanitize.ts';
import type { Key } from '../view/keys.ts';
import { characterKey, controlKey, withAlt } from './key-names.ts';
import { decodeCsi, decodeLegacyMouse, decodeSs3 } from './key-sequences.ts';

export interface KeyDecoder {
  /** Keys that are complete with this chunk. */
  feed(bytes: Uint8Array): Key[];
  /** Input paused for some 50 ms: a lone ESC was the Escape key, and an unfinished sequence will not go on. */
  flush(): Key[];
  /** Whether bytes wait for more; then the caller arranges for `flush` after a pause. */
  readonly pending: boolean;
  /** Inside a bracketed paste, which `flush` does not end: slow links pause in the middle. */
  readonly pasting: boolean;
  /** Gives up on a paste whose end never came, so that the keyboard works again. */
  endPaste(): Key[];
}

/** Longest sequence that is still a key; longer ones are swallowed to their end. */
const MAX_SEQUENCE = 64;
const MAX_PASTE = 65536;
const ESC = 0x1b;
const PASTE_END = [ESC, 0x5b, 0x32, 0x30, 0x31, 0x7e];

type State =
  | 'ground'
  | 'escape'
  | 'csi'
  | 'csi-linux' // ESC [ [ A: function keys of the Linux console
  | 'ss3'
  | 'string' // OSC, DCS, APC ...: a terminal's answer to a question nobody asked
  | 'string-escape'
  | 'legacy-mouse'
  | 'utf8'
  | 'paste';

export function createKeyDecoder(): KeyDecoder {
  let state: State = 'ground';
  let held: number[] = [];
  let wanted = 0;
  let escapedBy = 0; // how many ESC came before the sequence: a second one means Alt
  let matchedEnd = 0;
  let keys: Key[] = [];

  const emit = (key: Key | undefined): void => {
    if (key !== undefined) keys.push(escapedBy > 1 ? withAlt(key) : key);
    reset();
  };
  const reset = (): void => {
    state = 'ground';
    held = [];
    escapedBy = 0;
  };

  const ground = (byte: number, alt: boolean): void => {
    if (byte === ESC) {
      state = 'escape';
      escapedBy = 1;
    } else if (byte < 0x20 || byte === 0x7f) {
      const key = controlKey(byte);
      keys.push(alt ? withAlt(key) : key);
      reset();
    } else if (byte < 0x80) {
      keys.push(characterKey(String.fromCharCode(byte), alt));
      reset();
    } else if (byte < 0xc2 || byte > 0xf4) {
      reset(); // never the first byte of a UTF-8 sequence
    } else {
      wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      held = [byte];
      escapedBy = alt ? 2 : 0;
      state = 'utf8';
    }
  };

  const utf8 = (byte: number): void => {
    if (byte < 0x80 || byte > 0xbf) {
      reset();
      step(byte);
      return;
    }
    held.push(byte);
    if (held.length < wanted) return;
    const text = new TextDecoder().decode(Uint8Array.from(held));
    // One printable code point is a key; control and invisible characters are not.
    emit(sanitize(text) === text ? characterKey(text, false) : undefined);
  };

  const afterEscape = (byte: number): void => {
    if (byte === ESC) {
      if (escapedBy > 1) keys.push(controlKey(ESC));
      escapedBy = 2;
    } else if (byte === 0x5b) state = 'csi';
    else if (byte === 0x4f) state = 'ss3';
    else if (byte === 0x5d || byte === 0x50 || byte === 0x5f || byte === 0x5e || byte === 0x58) {
      held = [byte];
      state = 'string';
    } else {
      if (escapedBy > 1) keys.push(controlKey(ESC));
      reset();
      ground(byte, true);
    }
  };

  const csi = (byte: number): void => {
    if (byte === ESC) {
      reset();
      ground(byte, false);
    } else if (held.length === 0 && byte === 0x5b) state = 'csi-linux';
    else if (held.length === 0 && byte === 0x4d) state = 'legacy-mouse';
    else if (byte < 0x20 || byte > 0x7e) {
      reset();
      step(byte);
    } else if (byte < 0x40) {
      if (held.length < MAX_SEQUENCE) held.push(byte);
    } else finishCsi(byte);
  };

  const finishCsi = (final: number): void => {
    const parameters = String.fromCharCode(...held);
    if (final === 0x7e && parameters === '200') {
      reset();
      state = 'paste';
      matchedEnd = 0;
    } else emit(held.length < MAX_SEQUENCE ? decodeCsi(parameters, String.fromCharCode(final)) : undefined);
  };

  const ss3 = (byte: number): void => {
    if (byte === ESC) {
      reset();
      ground(byte, false);
    } else if (byte >= 0x30 && byte <= 0x39 && held.length < 2) held.push(byte);
    else emit(decodeSs3(String.fromCharCode(...held), String.fromCharCode(byte)));
  };

  const legacyMouse = (byte: number): void => {
    held.push(byte);
    if (held.length === 3) emit(decodeLegacyMouse(held));
  };

  const string = (byte: number): void => {
    if (byte === 0x07 || byte === 0x9c) reset();
    else if (byte === ESC) state = 'string-escape';
    else if (held.length < 2) held.push(byte);
  };

  const stringEscape = (byte: number): void => {
    reset();
    if (byte === 0x5c) return;
    state = 'escape';
    escapedBy = 1;
    afterEscape(byte);
  };

  const paste = (byte: number): void => {
    matchedEnd = byte === PASTE_END[matchedEnd] ? matchedEnd + 1 : byte === ESC ? 1 : 0;
    if (held.length < MAX_PASTE + PASTE_END.length) held.push(byte);
    if (matchedEnd === PASTE_END.length) finishPaste(PASTE_END.length);
  };

  const finishPaste = (ending: number): void => {
    const bytes = Uint8Array.from(held.slice(0, Math.min(held.length - ending, MAX_PASTE)));
    reset();
    const text = pastedText(bytes);
    if (text !== '') keys.push({ kind: 'paste', text });
  };

  const handlers: Readonly<Record<State, (byte: number) => void>> = {
    ground: (byte) => ground(byte, false),
    escape: afterEscape,
    csi,
    'csi-linux': (byte) => emit(decodeCsi('[', String.fromCharCode(byte))),
    ss3,
    string,
    'string-escape': stringEscape,
    'legacy-mouse': legacyMouse,
    utf8,
    paste,
  };
  const step = (byte: number): void => handlers[state](byte);

  const take = (): Key[] => {
    const taken = keys;
    keys = [];
    return taken;
  };

  return {
    feed(bytes) {
      for (const byte of bytes) step(byte);
      return take();
    },
    flush() {
      if (state === 'paste') return [];
      if (state === 'escape') {
        for (let i = 0; i < escapedBy; i++) keys.push(controlKey(ESC));
      } else if (held.length === 0 && state === 'csi') keys.push(characterKey('[', true));
      else if (held.length === 0 && state === 'ss3') keys.push(characterKey('O', true));
      else if (held.length === 1 && state === 'string')
        keys.push(characterKey(String.fromCharCode(held[0] ?? 0), true));
      reset();
      return take();
    },
    get pending() {
      return state !== 'ground';
    },
    get pasting() {
      return state === 'paste';
    },
    endPaste() {
      if (state === 'paste') finishPaste(matchedEnd);
      return take();
    },
  };
}

/** One line of displayable text: line ends and tabs become spaces, other control characters vanish. */
function pastedText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).trim();
  return sanitize(text.replace(/[\r\n\t]+/g, ' ').replace(/\p{Cc}/gu, ''));
}
