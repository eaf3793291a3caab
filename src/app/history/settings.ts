// Owns: the table `[history]` of the configuration: how long and how much is kept; each mistake as a sentence.
// Knows nothing of: how it is kept. zod is loaded with it: only a service needs it.
import { z } from 'zod';
import { parseBytes, parseSpan } from '../../base/quantity.ts';
import { sanitize } from '../../base/sanitize.ts';
import { DEFAULT_LIMITS, type HistoryLimits, TIERS } from '../../store/history-tables.ts';
import { UserError } from '../user-error.ts';

export interface HistorySettings {
  readonly limits: HistoryLimits;
  /** Whether bytes are told apart by their remote ends. */
  readonly remotes: boolean;
}

export const DEFAULT_HISTORY: HistorySettings = { limits: DEFAULT_LIMITS, remotes: true };

const MIB = 1024 * 1024;
const LEAST_BYTES = 16 * MIB;
const DAY = 86_400;
/** For each tier: its key, and the least and the most that it may be kept; a tier is needed until the next one has its rows. */
const KEEPS = [
  { key: 'keep-ten-seconds', least: 600, most: 30 * DAY, such: 'from "10 min" to "30 days"' },
  { key: 'keep-minutes', least: 2 * 3600, most: 400 * DAY, such: 'from "2 h" to "400 days"' },
  { key: 'keep-hours', least: 2 * DAY, most: 10 * 366 * DAY, such: 'from "2 days" to "3660 days"' },
  { key: 'keep-days', least: 7 * DAY, most: 100 * 366 * DAY, such: 'from "7 days" to "36600 days"' },
] as const;

/** Everything that is wrong with the table, each as a sentence with the key that it is about. */
export function historyProblems(table: unknown): readonly { readonly key: string; readonly text: string }[] {
  const parsed = historySchema.safeParse(table);
  if (!parsed.success) {
    return parsed.error.issues.flatMap((issue) => {
      if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => problem(key, 'is no setting'));
      return [problem(issue.path.join('.'), issue.message)];
    });
  }
  const keep = keepOf(parsed.data);
  return KEEPS.flatMap(({ key }, tier) => {
    const finer = KEEPS[tier - 1];
    if (finer === undefined || (keep[tier] ?? 0) >= (keep[tier - 1] ?? 0)) return [];
    return [problem(key, `must not be shorter than ${finer.key}: the coarser tier takes over from the finer one`)];
  });
}

/** @param table what the configuration has under `history`; undefined: the defaults. Throws UserError. */
export function readHistorySettings(table: unknown): HistorySettings {
  if (table === undefined) return DEFAULT_HISTORY;
  const [wrong] = historyProblems(table);
  if (wrong !== undefined) throw new UserError(wrong.text);
  const data = historySchema.parse(table);
  const [a = 0, b = 0, c = 0, d = 0] = keepOf(data);
  return {
    limits: { keepSeconds: [a, b, c, d], mostBytes: data['max-size'] ?? DEFAULT_LIMITS.mostBytes },
    remotes: data.remotes,
  };
}

/** How long each tier is kept, in seconds, the finest first. */
function keepOf(data: z.infer<typeof historySchema>): readonly number[] {
  return KEEPS.map(({ key }, tier) => data[key] ?? DEFAULT_LIMITS.keepSeconds[tier as 0 | 1 | 2 | 3]);
}

/** What `--check` says of it. */
export function describeHistory({ limits, remotes }: HistorySettings): string {
  const keeps = limits.keepSeconds.map(
    (seconds, tier) => `${TIERS[tier as 0 | 1 | 2 | 3].table.replace('_', ' ')} ${spanText(seconds)}`,
  );
  return `${keeps.join(', ')}; at most ${Math.round(limits.mostBytes / MIB)} MiB${remotes ? '' : '; without remotes'}`;
}

function spanText(seconds: number): string {
  if (seconds % DAY === 0) return `${seconds / DAY} d`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.round(seconds / 60)} min`;
}

const keep = (place: (typeof KEEPS)[number]) =>
  z
    .unknown()
    .transform((value, context) => {
      const seconds = parseSpan(value);
      if (seconds !== undefined && seconds >= place.least && seconds <= place.most) return seconds;
      context.addIssue({ code: 'custom', message: `must be a time ${place.such}` });
      return 0;
    })
    .optional();

const historySchema = z.strictObject({
  'keep-ten-seconds': keep(KEEPS[0]),
  'keep-minutes': keep(KEEPS[1]),
  'keep-hours': keep(KEEPS[2]),
  'keep-days': keep(KEEPS[3]),
  'max-size': z
    .unknown()
    .transform((value, context) => {
      const bytes = parseBytes(value);
      if (bytes !== undefined && bytes >= LEAST_BYTES && bytes <= 2 ** 40) return bytes;
      context.addIssue({ code: 'custom', message: 'must be a size from "16 MiB" to "1 TiB"' });
      return 0;
    })
    .optional(),
  remotes: z.boolean({ error: 'must be true or false' }).default(true),
});

function problem(key: string, what: string): { readonly key: string; readonly text: string } {
  const said = key === '' ? 'must be a table' : `${sanitize(key, 60)}: ${sanitize(what, 200)}`;
  return { key, text: `[history] ${said}` };
}
