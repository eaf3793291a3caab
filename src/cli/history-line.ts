// Owns: the words of `nettrace history` as what is asked for; each problem as one sentence.
// Knows nothing of: the file.
import { parseArgs } from 'node:util';
import { DEFAULT_HISTORY_FILE, type HistoryRequest } from '../app/history-request.ts';
import { UserError } from '../app/user-error.ts';
import { sanitize } from '../base/sanitize.ts';

const BY = ['program', 'user', 'unit', 'container', 'remote', 'interface', 'time'] as const;

export const HISTORY_HELP = `Usage: nettrace history [options]

What was moved in the past, as "nettrace serve" has written it down.

  --since TIME   from then on (default: 24h ago)
  --until TIME   until then (default: now)
  --by WHAT      ${BY.join(', ')} (default: program)
  --limit N      rows, the largest first (default: 20)
  --file FILE    the history (default: ${DEFAULT_HISTORY_FILE})
  --json, --csv  print that instead
  -h, --help     print this help and end

TIME is "now", "today", "yesterday", "2h ago", "2026-11-24" or "2026-11-24 22:00" (local time; with Z: UTC).
Exit codes: 0 as asked, 1 wrong words or no such history. See docs/history.md.
`;

/** @param words those after `history`; undefined: help is asked for. Throws UserError. */
export function parseHistory(words: readonly string[]): HistoryRequest | undefined {
  const text = { type: 'string' } as const;
  const on = { type: 'boolean' } as const;
  const options = {
    since: text,
    until: text,
    by: text,
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
    format: values['json'] === true ? 'json' : values['csv'] === true ? 'csv' : 'text',
  };
}
