// Owns: whether a value is one that an option accepts, and the words for what it accepts.
// Knows nothing of: where the value came from.
import { type Kind, MEBI } from './option-table.ts';

/** A value in its final form, or undefined where it is not acceptable. */
export type Parsed = boolean | number | string | readonly string[] | undefined;

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: MEBI, G: 1024 * MEBI };

/** Reads a word of the command line. */
export function parseWord(kind: Kind, word: string): Parsed {
  switch (kind.kind) {
    case 'integer':
      return /^\d{1,16}$/.test(word) ? acceptValue(kind, Number(word)) : undefined;
    case 'number':
    case 'seconds':
      return /^(\d{1,9}(\.\d{0,9})?|\.\d{1,9})$/.test(word) ? acceptValue(kind, Number(word)) : undefined;
    default:
      return acceptValue(kind, word);
  }
}

/** Checks a value of the type that TOML gives it. */
export function acceptValue(kind: Kind, value: unknown): Parsed {
  switch (kind.kind) {
    case 'switch':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      return Number.isInteger(value) ? within(value as number, kind.min, kind.max) : undefined;
    case 'number':
      return within(value, kind.min, kind.max);
    case 'seconds':
      return typeof value === 'number' ? within(value, 0, kind.max) : undefined;
    case 'size':
      return within(typeof value === 'string' ? sizeOf(value) : value, kind.min, kind.max);
    case 'choice':
      return typeof value === 'boolean' || typeof value === 'object'
        ? undefined
        : kind.choices.find((choice) => choice === String(value));
    case 'text':
      return typeof value === 'string' && !value.includes('\0') && (kind.shape?.test(value) ?? true)
        ? value
        : undefined;
    case 'list':
      return isListOfText(value) ? value : undefined;
  }
}

/** Completes "must be ...". */
export function describeAllowed(kind: Kind): string {
  switch (kind.kind) {
    case 'switch':
      return 'true or false';
    case 'integer':
      return kind.max === Number.MAX_SAFE_INTEGER
        ? `a whole number from ${kind.min} on`
        : `a whole number from ${kind.min} to ${kind.max}`;
    case 'number':
      return `a number from ${kind.min} to ${kind.max}`;
    case 'seconds':
      return `a number of seconds from 0 to ${kind.max}`;
    case 'size':
      return `a size from ${kind.min / MEBI}M to ${kind.max / MEBI}M, such as 16M`;
    case 'choice':
      return `${kind.choices.slice(0, -1).join(', ')} or ${kind.choices.at(-1)}`;
    case 'text':
      return kind.allowed ?? 'text';
    case 'list':
      return 'a list of texts';
  }
}

function within(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max ? value : undefined;
}

/** Bytes of `16M`, `512K`, `1GiB`, `1048576`; units are powers of 1024. */
function sizeOf(text: string): number | undefined {
  const match = /^(\d{1,12})\s*([KMG]?)(i?B)?$/i.exec(text);
  return match ? Number(match[1]) * (UNITS[(match[2] ?? '').toUpperCase()] ?? 1) : undefined;
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && !item.includes('\0'));
}
