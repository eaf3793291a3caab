// Owns: the names of everything a person can press, click or paste, and the chord text that keymaps use.
// Knows nothing of: the bytes a terminal sends (tui/key-decoder) and what a key does (the keymap).

/** Keys with a name instead of a character. Backspace is also Ctrl-H, Tab is Ctrl-I, Enter is Ctrl-M and Ctrl-J. */
export type KeyName =
  | 'Enter'
  | 'Tab'
  | 'Backspace'
  | 'Escape'
  | 'Up'
  | 'Down'
  | 'Left'
  | 'Right'
  | 'Home'
  | 'End'
  | 'PageUp'
  | 'PageDown'
  | 'Insert'
  | 'Delete'
  | 'F1'
  | 'F2'
  | 'F3'
  | 'F4'
  | 'F5'
  | 'F6'
  | 'F7'
  | 'F8'
  | 'F9'
  | 'F10'
  | 'F11'
  | 'F12';

/** A named key with its modifiers. */
export interface NamedKey {
  readonly kind: 'named';
  readonly name: KeyName;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/** A character key. `char` is one printable code point as typed ('G' is Shift-g); with ctrl it is lower case ('c'). */
export interface CharKey {
  readonly kind: 'char';
  readonly char: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
}

export type MouseAction = 'press' | 'release' | 'drag' | 'wheel-up' | 'wheel-down';

/** A mouse report; row and column are 0-based cells. For the wheel and for unknown buttons `button` is 'none'. */
export interface MouseKey {
  readonly kind: 'mouse';
  readonly action: MouseAction;
  readonly button: 'left' | 'middle' | 'right' | 'none';
  readonly row: number;
  readonly column: number;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/** Pasted text: one line, without control characters. It belongs into text fields and is never a command. */
export interface PasteKey {
  readonly kind: 'paste';
  readonly text: string;
}

export type Key = NamedKey | CharKey | MouseKey | PasteKey;

/**
 * The text a keymap is written in: 'q', 'G', '?', 'Space', 'Enter', 'F1', 'C-c', 'M-x', 'S-Tab', 'C-M-Left'.
 * Modifiers stand in the order C-, M- (Alt), S-; S- appears with named keys only. Mouse: 'Wheel-Up', 'Wheel-Down',
 * 'Click-Left' ... for presses, '' for releases and drags; '' for pasted text, so that no keymap can bind it.
 */
export function keyChord(key: Key): string {
  switch (key.kind) {
    case 'named':
      return `${key.ctrl ? 'C-' : ''}${key.alt ? 'M-' : ''}${key.shift ? 'S-' : ''}${key.name}`;
    case 'char':
      return `${key.ctrl ? 'C-' : ''}${key.alt ? 'M-' : ''}${key.char === ' ' ? 'Space' : key.char}`;
    case 'mouse':
      return mouseChord(key);
    case 'paste':
      return '';
  }
}

function mouseChord(key: MouseKey): string {
  switch (key.action) {
    case 'wheel-up':
      return 'Wheel-Up';
    case 'wheel-down':
      return 'Wheel-Down';
    case 'press':
      return key.button === 'none' ? '' : `Click-${key.button[0]?.toUpperCase()}${key.button.slice(1)}`;
    default:
      return '';
  }
}
