// Owns: building Key values: characters, control characters, modifiers.
// Knows nothing of: sequences and states (key-decoder.ts, key-sequences.ts).
import { isUnsafe } from '../base/sanitize.ts';
import type { CharKey, Key, KeyName, NamedKey } from '../view/keys.ts';

export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
}

export const NO_MODIFIERS: Modifiers = { shift: false, alt: false, ctrl: false };

/** xterm's modifier parameter: 1 + shift 1 + alt 2 + ctrl 4 (higher bits: meta and locks, ignored). */
export function modifiersOf(parameter: number): Modifiers {
  const bits = Math.max(0, parameter - 1);
  return { shift: (bits & 1) !== 0, alt: (bits & 2) !== 0, ctrl: (bits & 4) !== 0 };
}

export function namedKey(name: KeyName, modifiers: Modifiers = NO_MODIFIERS): NamedKey {
  return { kind: 'named', name, ctrl: modifiers.ctrl, alt: modifiers.alt, shift: modifiers.shift };
}

export function characterKey(char: string, alt: boolean, ctrl = false): CharKey {
  return { kind: 'char', char, ctrl, alt };
}

export function withAlt(key: Key): Key {
  return key.kind === 'paste' ? key : { ...key, alt: true };
}

/** The key behind a C0 character or DEL, as raw-mode terminals send it. */
export function controlKey(byte: number): Key {
  switch (byte) {
    case 0x1b:
      return namedKey('Escape');
    case 0x0d:
    case 0x0a:
      return namedKey('Enter');
    case 0x09:
      return namedKey('Tab');
    case 0x08:
    case 0x7f:
      return namedKey('Backspace');
    case 0x00:
      return characterKey(' ', false, true);
    default:
      // 0x01-0x1a are letters; 0x1c-0x1f are \ ] ^ _
      return characterKey(String.fromCharCode(byte + (byte <= 0x1a ? 0x60 : 0x40)), false, true);
  }
}

/** A key given by its code point (kitty's CSI u, xterm's modifyOtherKeys); undefined for what is not a key here. */
export function codePointKey(code: number, modifiers: Modifiers): Key | undefined {
  if (code === 0x1b || code === 0x0d || code === 0x09 || code === 0x7f || code === 0x08) {
    return { ...(controlKey(code) as NamedKey), ...modifiers };
  }
  // Kitty numbers its functional keys in the private use area.
  if (code > 0x10ffff || (code >= 0xe000 && code <= 0xf8ff)) return undefined;
  const char = String.fromCodePoint(code);
  if (isUnsafe(char)) return undefined;
  return characterKey(modifiers.shift && !modifiers.ctrl ? char.toUpperCase() : char, modifiers.alt, modifiers.ctrl);
}
