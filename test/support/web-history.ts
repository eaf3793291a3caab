// Owns: an hour of history with 20 minutes in which nobody counted, written by the product's store and read by its query.
// Knows nothing of: browsers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyAnswer } from '../../src/store/history-query.ts';
import type { HistoryAnswer } from '../../src/store/history-schema.ts';
import { createHistoryStore } from '../../src/store/history-store.ts';
import { DEFAULT_LIMITS } from '../../src/store/history-tables.ts';
import { batch, row } from './history-rows.ts';

/** Seconds since 1970, a full hour, a day before the snapshots of these tests. */
const START = Date.UTC(2026, 10, 25) / 1000;
/** Seconds after the start. */
export const GAP = [1200, 2400] as const;
/** Of each bucket of ten seconds that was counted: 7.20 GB and 2.40 GB in all. */
const SENT_BYTES = { backup: 30_000_000, nginx: 10_000_000 } as const;

export function gappedHistory(): HistoryAnswer {
  const folder = mkdtempSync(join(tmpdir(), 'nt-web-'));
  const store = createHistoryStore(join(folder, 'history.db'), DEFAULT_LIMITS);
  const [sinceMs, untilMs] = GAP.map((second) => (START + second) * 1000) as [number, number];
  const gap = { sinceMs, untilMs, reason: 'not-running', text: 'nettrace was not running' } as const;
  try {
    for (let second = 0; second < 3600; second += 10) {
      if (second >= GAP[0] && second < GAP[1]) continue;
      const rows = Object.entries(SENT_BYTES).map(([program, sent]) => row(program, sent));
      store.write(batch(START + second, rows, second === GAP[1] ? { gaps: [gap] } : {}));
    }
    const range = { sinceMs: START * 1000, untilMs: (START + 3600) * 1000 };
    return historyAnswer(store.db, { ...range, by: 'program', step: 0 });
  } finally {
    store.db.close();
    rmSync(folder, { recursive: true });
  }
}
