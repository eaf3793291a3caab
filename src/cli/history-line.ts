// Owns: `nettrace history` from its words to its exit code; each problem as one sentence.
// Knows nothing of: the file.
import { parseArgs } from 'node:util';
import { DEFAULT_HISTORY_FILE, type HistoryRequest } from '../app/history/request.ts';
import { UserError } from '../app/user-error.ts';
import type { World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { shapeOfLines } from './command-shape.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const BY = ['program', 'user', 'unit', 'container', 'remote', 'interface', 'time'] as const;

const OPTIONS = `
  --since TIME   from then on (default: 24h ago)
  --until TIME   until then (default: now)
  --by WHAT      ${BY.join(', ')} (default: program)
  --step TIME    of a line by time, or of a point of --json: 10s, 5min, 1h, 1d (default: by the range)
  --limit N      rows, the largest first (default: 20)
  --file FILE    the history (default: ${DEFAULT_HISTORY_FILE})
  --json         print one JSON object instead
  --csv          print comma-separated values instead
  -h, --help     print this help and end
`;

export const HISTORY_SHAPE = shapeOfLines('[options]', OPTIONS, { '--by': BY });

export const HISTORY_HELP = `Usage: nettrace history [options]

What was moved in the past, as "nettrace serve" has written it down.
${OPTIONS}
TIME is "now", "today", "yesterday", "30 minutes ago", "1 month ago", "11:50" (the last one), "2026-11-24" or
"2026-11-24 22:00" in local time, "2026-11-24T22:00:00+01:00", with Z in UTC, or seconds since 1970.
Exit codes: 0 as asked, 1 wrong words or no such history. See docs/history.md.
`;

/** Throws UserError. */
export async function history(world: World, words: readonly string[]): Promise<ExitCode> {
  const request = parseHistory(words);
  if (request === undefined) await world.stdout.write(HISTORY_HELP);
  else await (await import('../app/history/history.ts')).runHistory(world, request);
  return EXIT.ok;
}

/** @param words those after `history`; undefined: help is asked for. Throws UserError. */
export function parseHistory(words: readonly string[]): HistoryRequest | undefined {
  const text = { type: 'string' } as const;
  const on = { type: 'boolean' } as const;
  const options = {
    since: text,
    until: text,
    by: text,
    step: text,
    limit: text,
    file: text,
    json: on,
    csv: on,
    help: { ...on, short: 'h' },
  };
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({ args: [...words], options, allowPositionals: false }));
  } catch (error) {
    const message = (error as Error).message.split(/[.\n] ?/, 1)[0] ?? '';
    throw new UserError(`${sanitize(message, 200)}; see "nettrace history --help"`);
  }
  if (values['help'] === true) return undefined;
  const by = BY.find((each) => each === (values['by'] ?? 'program'));
  if (by === undefined) throw new UserError(`--by must be one of ${BY.join(', ')}`);
  const limit = Number(values['limit'] ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200)
    throw new UserError('--limit must be a whole number from 1 to 200');
  if (values['json'] === true && values['csv'] === true)
    throw new UserError('--json and --csv exclude each other: choose one format');
  return {
    file: String(values['file'] ?? DEFAULT_HISTORY_FILE),
    since: String(values['since'] ?? '24h ago'),
    until: String(values['until'] ?? 'now'),
    by,
    limit,
    ...stepOf(values['step'], by === 'time' || values['json'] === true),
    format: values['json'] === true ? 'json' : values['csv'] === true ? 'csv' : 'text',
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };
const LONGEST_STEP = 31_536_000;

function stepOf(word: string | boolean | undefined, hasPoints: boolean): Pick<HistoryRequest, 'step'> {
  if (word === undefined) return {};
  const [, number = '', unit = 's'] = /^(\d{1,8})(s|m|min|h|d|w)?$/.exec(String(word)) ?? [];
  const step = Number(number) * (SECONDS[unit] ?? 0);
  if (step < 10 || step > LONGEST_STEP)
    throw new UserError(
      `--step must be a time from 10s to 365d, such as 5min, 1h or 1d, not "${sanitize(String(word), 40)}"`,
    );
  if (!hasPoints) throw new UserError('--step goes with --by time or --json: other tables have no lines by time');
  return { step };
}
