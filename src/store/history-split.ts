// Owns: the buckets of the finest tier that a time between two refreshes lies in, and how much of it lies in each.
// Knows nothing of: what was moved in that time.
import { TIERS } from './history-tables.ts';

/** A part of a span; they follow each other. */
export interface SpanPart {
  /** ms since 1970; the end of a bucket in all but the last part. */
  readonly untilMs: number;
  /** Of the span from the beginning of this part on, 0..1; 1 in the last one. */
  readonly shareOfRest: number;
}

/** A machine that stood still for hours is not written down ten seconds at a time. */
const MOST_PARTS = 60;

/** The bucket of the finest tier that a time lies in. */
export function bucketOf(wallMs: number): number {
  const { seconds } = TIERS[0];
  return Math.floor(wallMs / 1000 / seconds) * seconds;
}

/**
 * A span cut at the edges of buckets. A longer one than 60 buckets is cut at fewer of them; each part then counts for
 * the bucket that it begins in.
 */
export function splitSpan(sinceMs: number, untilMs: number): readonly SpanPart[] {
  const bucketMs = TIERS[0].seconds * 1000;
  const first = bucketOf(sinceMs) * 1000 + bucketMs;
  const stepMs = Math.ceil((untilMs - sinceMs) / bucketMs / MOST_PARTS) * bucketMs || bucketMs;
  const parts: SpanPart[] = [];
  let from = sinceMs;
  for (let edge = first; edge <= untilMs; edge += stepMs) {
    parts.push({ untilMs: edge, shareOfRest: (edge - from) / (untilMs - from) });
    from = edge;
  }
  return [...parts, { untilMs, shareOfRest: 1 }];
}
