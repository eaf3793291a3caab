// Owns: what is missing in a recording, as one sentence without its full stop.
// Knows nothing of: how it was found.
import { localTime } from '../base/local-time.ts';
import type { Scan } from './feed-scan.ts';

/** In intervals. Two refreshes that are not further apart have none between them. */
const NEXT = 1.5;
/** The first one comes later after the start. */
const FIRST = 3;

type Missing = Pick<Scan, 'head' | 'startMs' | 'headIsFirst' | 'places' | 'damages' | 'cutBytes'>;

/** undefined where nothing is. */
export function damageText({ head, startMs, headIsFirst, places, damages, cutBytes }: Missing): string | undefined {
  const holes = damages
    .map(({ sinceMs, untilMs }) => ({
      sinceMs: sinceMs ?? startMs,
      untilMs,
      least: sinceMs === undefined ? FIRST : NEXT,
    }))
    .filter(({ sinceMs, untilMs, least }) => Math.abs(untilMs - sinceMs) > least * head.intervalMs);
  const parts: string[] = [];
  if (!headIsFirst) parts.push('has lost its head, of which it has a copy');
  const [first, last] = [holes[0], holes.at(-1)];
  if (first !== undefined && last !== undefined) {
    const where = holes.length === 1 ? 'one place: what' : `${holes.length} places: some of what`;
    parts.push(`is damaged in ${where} was between ${localTime(first.sinceMs)} and ${localTime(last.untilMs)} is lost`);
  }
  if (cutBytes > 0) {
    const end = localTime(places.at(-1)?.header.timeMs ?? startMs);
    parts.push(`was cut off or is damaged at its end: it is read up to ${end}`);
  }
  return parts.length === 0 ? undefined : `the recording ${parts.join('; it ')}`;
}

/** Refreshes that are there and cannot be read, in the order of their times. */
export function lostText(timesMs: readonly number[]): string {
  const [first = 0, last = 0] = [timesMs[0], timesMs.at(-1)];
  if (timesMs.length === 1) return `the refresh of ${localTime(first)} is damaged`;
  return `${timesMs.length} refreshes between ${localTime(first)} and ${localTime(last)} are damaged`;
}
