// Owns: what one run of `nettrace history` is asked for.
// Knows nothing of: the words that were typed.
import type { HistoryBy } from '../../store/history-schema.ts';

export const DEFAULT_HISTORY_FILE = '/var/lib/nettrace/history.db';

export interface HistoryRequest {
  readonly file: string;
  readonly since: string;
  readonly until: string;
  readonly by: HistoryBy;
  readonly limit: number;
  /** Seconds of a line by time; undefined: chosen by the range. */
  readonly step?: number;
  readonly format: 'text' | 'json' | 'csv';
}
