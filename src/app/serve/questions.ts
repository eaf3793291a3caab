// Owns: what may be asked of the collector, with limits and defaults: its verbs check with it, the API's document is made of it.
// Knows nothing of: answers.
import { z } from 'zod';
import { HISTORY_BY, MOST_SERIES } from '../../store/history-schema.ts';
import { TIME_WORDS } from '../../store/time-words.ts';

/** By verb. Everything comes as text, and what is not named here is refused. */
export const QUESTIONS = {
  connections: z.strictObject({
    owner: z.coerce.number().int().optional().describe('Only those of the owner with this `id` in `processes`'),
    limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe('So many of them, the busiest first'),
  }),
  history: z.strictObject({
    since: z.string().max(40).default('1h ago').describe(`From then on: ${TIME_WORDS}`),
    until: z.string().max(40).default('now').describe('Until then'),
    by: z.enum(HISTORY_BY).default('program').describe('What the bytes are summed up by; `time`: all together'),
    limit: z.coerce.number().int().min(1).max(MOST_SERIES).default(20).describe('Series besides `other`'),
    step: z.coerce
      .number()
      .int()
      .min(0)
      .max(31_536_000)
      .optional()
      .describe('Seconds of a point; 0: chosen by the range. Without it there are no points'),
  }),
  budgets: z.strictObject({}),
  doctor: z.strictObject({}),
  sockets: z.strictObject({}),
} as const;

export type HistoryWords = z.output<typeof QUESTIONS.history>;
