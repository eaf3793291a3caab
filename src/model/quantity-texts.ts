// Owns: quantities within sentences: rates, sizes, shares and times without the padding that columns need.
// Knows nothing of: the sentences.
import { formatDuration, formatRate, formatSize, quantityText } from '../base/units.ts';

const UNITS = { base: 'si', quantity: 'bytes' } as const;

/** `1.21 MB/s`; sentences do not follow the units toggle: they are compared and searched. */
export function rateText(bytesPerSecond: number): string {
  return quantityText(formatRate(bytesPerSecond, UNITS)).trim().replace(/ +/g, ' ');
}

export function bytesText(bytes: number): string {
  return quantityText(formatSize(bytes, UNITS)).trim().replace(/ +/g, ' ');
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

/** A round trip: `0.35 ms`, `12.1 ms`, `180 ms`. */
export function roundTripText(us: number): string {
  const ms = us / 1000;
  return `${ms < 1 ? ms.toFixed(2) : ms < 100 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}
