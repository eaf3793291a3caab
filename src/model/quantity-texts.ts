// Owns: quantities within sentences: rates, sizes, shares and times without the padding that columns need.
// Knows nothing of: the sentences.
import { formatDuration, formatRate, formatSize, quantityText, type UnitMode } from '../base/units.ts';

/** Those of sentences in JSON and in logs, which are compared and searched. */
export const SENTENCE_UNITS: UnitMode = { base: 'si', quantity: 'bytes' };

/** A sentence, or part of one, whose amounts are written in the units of whoever shows it. */
export type Phrase = string | readonly (string | Amount)[];

/** `rate`: bytes a second; `size`: bytes. */
export interface Amount {
  readonly of: 'rate' | 'size';
  readonly amount: number;
}

export function rateOf(bytesPerSecond: number): Amount {
  return { of: 'rate', amount: bytesPerSecond };
}

export function sizeOf(bytes: number): Amount {
  return { of: 'size', amount: bytes };
}

/** For template literals: phrase`the way there carries ${rateOf(rate)}`. */
export function phrase(texts: readonly string[], ...parts: readonly (string | Amount)[]): Phrase {
  return texts.flatMap((text, i) => [text, ...parts.slice(i, i + 1)]);
}

export function phraseText(said: Phrase, units = SENTENCE_UNITS): string {
  if (typeof said === 'string') return said;
  const text = (part: Amount) => (part.of === 'rate' ? rateText(part.amount, units) : bytesText(part.amount, units));
  return said.map((part) => (typeof part === 'string' ? part : text(part))).join('');
}

/** `1.21 MB/s`, `9.68 Mbit/s`. */
function rateText(bytesPerSecond: number, units: UnitMode): string {
  return quantityText(formatRate(bytesPerSecond, units)).trim().replace(/ +/g, ' ');
}

/** `1.80 MB`, `1.72 MiB`: what lies in a queue or a window is bytes, whatever rates are written in. */
export function bytesText(bytes: number, { base } = SENTENCE_UNITS): string {
  return quantityText(formatSize(bytes, { base, quantity: 'bytes' }))
    .trim()
    .replace(/ +/g, ' ');
}

/** `82 %`, `0.4 %`. */
export function shareText(share: number): string {
  const percent = Math.min(1, share) * 100;
  return `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** `14 s`, `3m12s`; below ten seconds with a decimal. */
export function timeText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  return seconds < 60 ? `${Math.floor(seconds)} s` : formatDuration(seconds).trim();
}

/** A round trip: `4 us`, `0.35 ms`, `12.1 ms`, `180 ms`. */
export function roundTripText(us: number): string {
  // In hundredths of a millisecond it would be nothing.
  if (us < 10) return `${us} us`;
  const ms = us / 1000;
  return `${ms < 1 ? ms.toFixed(2) : ms < 100 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}
