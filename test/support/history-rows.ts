// Owns: rows and batches of the history for tests, and a process of its own that writes them until it is killed.
// Knows nothing of: what is asserted.
import type { Amounts, HistoryRow } from '../../src/store/history-row.ts';
import { createHistoryStore, type HistoryBatch } from '../../src/store/history-store.ts';
import { DEFAULT_LIMITS } from '../../src/store/history-tables.ts';

export function row(program: string, sent: number, more: Partial<HistoryRow['owner']> = {}): HistoryRow {
  const owner = { kind: 'process', program, reason: '', user: 'root', unit: '', container: '', remote: '' };
  const amounts: Amounts = [sent, sent * 2, sent, sent, 1, 2, 0];
  return { owner: { ...owner, interface: 'eth0', repeated: false, ...more }, amounts };
}

export function batch(bucket: number, rows: readonly HistoryRow[], more: Partial<HistoryBatch> = {}): HistoryBatch {
  const times = { sinceMs: bucket * 1000, closedMs: bucket * 1000 + 9000 };
  return { bucket, rows, gaps: [], ...times, mayDelete: true, ...more };
}

const [word, file = '', first = '0'] = process.argv.slice(2);
if (word === 'write-until-killed') {
  const store = createHistoryStore(file, DEFAULT_LIMITS);
  for (let n = Number(first); ; n++) {
    store.write(
      batch(
        1_800_000_000 + n * 10,
        Array.from({ length: 50 }, (_, at) => row(`p${at}`, 1)),
      ),
    );
    process.stdout.write(`${n}\n`);
  }
}
