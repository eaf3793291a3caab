// Owns: the shape of a question to the history and of its answer (`/api/v1/history`, `nettrace history --json`).
// Knows nothing of: SQL, and of the words that people use for times. Loaded only where questions come from outside.
import { z } from 'zod';

/** What the bytes are summed up by; `time` is one series of everything. */
export const HISTORY_BY = ['program', 'user', 'unit', 'container', 'remote', 'interface', 'time'] as const;
export type HistoryBy = (typeof HISTORY_BY)[number];

/** Most series besides `other`, and most points of a series. */
export const MOST_SERIES = 200;
export const MOST_POINTS = 2000;

const LAST_MS = 8.64e15; // ECMA-262, time values
const wallMs = z.number().min(0).max(LAST_MS);
const name = z.string().max(300);

/** Only rows with exactly these values. */
export const historyFilterSchema = z
  .strictObject({
    program: name.optional(),
    user: name.optional(),
    unit: name.optional(),
    container: name.optional(),
    remote: name.optional(),
    interface: name.optional(),
  })
  .readonly();

export const historyQuestionSchema = z
  .strictObject({
    /** ms since 1970; rounded outwards to what the history resolves. */
    sinceMs: wallMs,
    untilMs: wallMs,
    by: z.enum(HISTORY_BY),
    filter: historyFilterSchema.optional(),
    /** Series besides `other`. */
    limit: z.int().min(1).max(MOST_SERIES).optional(),
    /** Seconds of a point; 0: chosen by the range. Without it there are no points. */
    step: z.int().min(0).max(31_536_000).optional(),
  })
  .readonly();
export type HistoryQuestion = z.infer<typeof historyQuestionSchema>;

const bytes = z.number().min(0);

const amounts = {
  /** Wire bytes: link-layer frames without FCS, in the directions of their owners. */
  sentBytes: bytes,
  receivedBytes: bytes,
  sentPayloadBytes: bytes,
  receivedPayloadBytes: bytes,
  sentPackets: bytes,
  receivedPackets: bytes,
  /** TCP payload that was sent again, as far as it was counted. */
  retransmittedBytes: bytes,
};

export const historySeriesSchema = z
  .object({
    /** Program, user, ...; empty where it has none (no unit, no container, remote not known). Sanitised. */
    key: z.string(),
    /** `process`; else why the bytes have no process (`kernel`, `forwarded`, ...); `other`: all series beyond the limit. */
    kind: z.string(),
    ...amounts,
    /** Of all bytes of the answer, 0..1. */
    share: z.number().min(0).max(1),
    /** `[sentBytes, receivedBytes]` for each of `times`. */
    points: z
      .array(z.tuple([bytes, bytes]).readonly())
      .readonly()
      .optional(),
  })
  .readonly();
export type HistorySeries = z.infer<typeof historySeriesSchema>;

export const historyGapSchema = z
  .object({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    /** `not-running`, `not-written`, `clock-forward`, `clock-back`. */
    reason: z.string(),
    /** One sentence. */
    text: z.string(),
  })
  .readonly();
export type HistoryGap = z.infer<typeof historyGapSchema>;

export const historyAnswerSchema = z
  .object({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    /** Nothing is kept of what was before; null: of all of the range something is, or nothing of any time. */
    begins: z.iso.datetime().nullable(),
    by: z.enum(HISTORY_BY),
    /** Seconds of a point; null where there are none. */
    step: z.number().int().nullable(),
    /** Seconds since 1970 at which each point begins, for the x axis; empty without points. */
    times: z.array(z.number()).readonly(),
    /** The largest first, `other` last. */
    series: z.array(historySeriesSchema).readonly(),
    total: z.object(amounts).readonly(),
    /** Where there are no data, or where the clock was set. */
    gaps: z.array(historyGapSchema).readonly(),
  })
  .readonly();
export type HistoryAnswer = z.infer<typeof historyAnswerSchema>;
