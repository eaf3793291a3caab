// Owns: the tables of control sequences that keyboards and mice send (xterm, VT220, Linux console, rxvt, kitty).
// Knows nothing of: how bytes become sequences (key-decoder.ts).
import type { Key, KeyName, MouseAction, MouseKey } from '../view/keys.ts';
import { codePointKey, type Modifiers, modifiersOf, namedKey } from './key-names.ts';

/** CSI 1;m X and SS3 X. */
const BY_LETTER: Readonly<Record<string, KeyName>> = {
  A: 'Up',
  B: 'Down',
  C: 'Right',
  D: 'Left',
  F: 'End',
  H: 'Home',
  P: 'F1',
  Q: 'F2',
  R: 'F3',
  S: 'F4',
  M: 'Enter', // keypad, SS3 only
};

/** CSI n;m ~ (VT220 editing keypad and function keys; 1/4 and 7/8 are Home/End of different families). */
const BY_NUMBER: Readonly<Record<number, KeyName>> = {
  1: 'Home',
  2: 'Insert',
  3: 'Delete',
  4: 'End',
  5: 'PageUp',
  6: 'PageDown',
  7: 'Home',
  8: 'End',
  11: 'F1',
  12: 'F2',
  13: 'F3',
  14: 'F4',
  15: 'F5',
  17: 'F6',
  18: 'F7',
  19: 'F8',
  20: 'F9',
  21: 'F10',
  23: 'F11',
  24: 'F12',
};

/** CSI [ X of the Linux console. */
const LINUX_FUNCTION: Readonly<Record<string, KeyName>> = { A: 'F1', B: 'F2', C: 'F3', D: 'F4', E: 'F5' };

/** Arrows with Shift (CSI a) and Ctrl (SS3 a) of rxvt. */
const RXVT_ARROW: Readonly<Record<string, KeyName>> = { a: 'Up', b: 'Down', c: 'Right', d: 'Left' };

/** The numeric keypad in application mode (SS3 p ...): the characters on its keys. */
const KEYPAD = 'jklmnopqrstuvwxy';
const KEYPAD_CHARACTERS = '*+,-./0123456789';

const SHIFT: Modifiers = { shift: true, alt: false, ctrl: false };
const CTRL: Modifiers = { shift: false, alt: false, ctrl: true };

/** @param parameters everything between CSI and its final character; unknown sequences give undefined */
export function decodeCsi(parameters: string, final: string): Key | undefined {
  if (parameters === '[') return named(LINUX_FUNCTION[final]);
  if (parameters.startsWith('<')) return decodeSgrMouse(parameters.slice(1), final);
  if (!/^[\d;:]*$/.test(parameters)) return undefined;
  // Subparameters after ':' (kitty: shifted keys, event type) are kept with their field.
  const fields = parameters.split(';').map((field) => field.split(':').map(Number));
  if (isRelease(fields)) return undefined;
  const modifiers = modifiersOf(fields[1]?.[0] || 1);
  const first = fields[0]?.[0] ?? 0;
  if (final === '~' || final === '^') return decodeTilde(first, fields, final === '^' ? CTRL : modifiers);
  if (final === 'u') return codePointKey(first, modifiers);
  if (final === 'Z') return namedKey('Tab', { ...modifiers, shift: true });
  const arrow = RXVT_ARROW[final];
  if (arrow !== undefined) return namedKey(arrow, SHIFT);
  return final === 'M' ? undefined : named(BY_LETTER[final], modifiers);
}

/** @param digits a modifier, which old terminals put between SS3 and the letter */
export function decodeSs3(digits: string, final: string): Key | undefined {
  const arrow = RXVT_ARROW[final];
  if (arrow !== undefined) return namedKey(arrow, CTRL);
  const keypad = KEYPAD.indexOf(final);
  if (keypad >= 0) return codePointKey(KEYPAD_CHARACTERS.charCodeAt(keypad), modifiersOf(1));
  return named(BY_LETTER[final], modifiersOf(Number(digits) || 1));
}

/** X10 encoding: three bytes, each 32 more than its value. Never asked for, but some terminals know nothing newer. */
export function decodeLegacyMouse(bytes: readonly number[]): Key | undefined {
  const [code = 0, column = 0, row = 0] = bytes.map((byte) => byte - 32);
  return code < 0 ? undefined : mouseKey(code, column, row, (code & 3) === 3 && (code & 96) === 0);
}

function decodeTilde(number: number, fields: readonly (readonly number[])[], modifiers: Modifiers): Key | undefined {
  // CSI 27 ; modifier ; code ~ is xterm's modifyOtherKeys.
  if (number === 27 && fields.length === 3) return codePointKey(fields[2]?.[0] ?? 0, modifiers);
  return named(BY_NUMBER[number], modifiers);
}

/** CSI < code ; column ; row M (press, motion) or m (release); columns and rows count from 1. */
function decodeSgrMouse(parameters: string, final: string): Key | undefined {
  const match = /^(\d{1,4});(\d{1,5});(\d{1,5})$/.exec(parameters);
  if (match === null || (final !== 'M' && final !== 'm')) return undefined;
  return mouseKey(Number(match[1]), Number(match[2]), Number(match[3]), final === 'm');
}

function mouseKey(code: number, column: number, row: number, release: boolean): MouseKey | undefined {
  const action = mouseAction(code, release);
  if (action === undefined) return undefined;
  const wheel = action === 'wheel-up' || action === 'wheel-down';
  return {
    kind: 'mouse',
    action,
    button: wheel ? 'none' : ((['left', 'middle', 'right', 'none'] as const)[code & 3] ?? 'none'),
    row: Math.max(0, row - 1),
    column: Math.max(0, column - 1),
    shift: (code & 4) !== 0,
    alt: (code & 8) !== 0,
    ctrl: (code & 16) !== 0,
  };
}

/** Button bits: 32 motion, 64 wheel (0 up, 1 down, 2 and 3 sideways), 128 further buttons. */
function mouseAction(code: number, release: boolean): MouseAction | undefined {
  if ((code & 128) !== 0) return undefined;
  if ((code & 64) !== 0) return (code & 3) === 0 ? 'wheel-up' : (code & 3) === 1 ? 'wheel-down' : undefined;
  if (release) return 'release';
  return (code & 32) !== 0 ? 'drag' : 'press';
}

/** Kitty's event type 3 is the release of a key that was already reported. */
function isRelease(fields: readonly (readonly number[])[]): boolean {
  return fields[1]?.[1] === 3;
}

function named(name: KeyName | undefined, modifiers?: Modifiers): Key | undefined {
  return name === undefined ? undefined : namedKey(name, modifiers);
}
