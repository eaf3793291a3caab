// Owns: which rows the process table lists: filter, ended processes folded into one row, the selected row held.
// Knows nothing of: columns, widths and styles.
import type { OwnerRow, Rates, Totals } from '../model/model.ts';
import { matchesText } from '../model/order.ts';
import { mergeShares, sumLayers, sumOf } from '../model/sums.ts';
import { holdCursor } from './cursor.ts';
import type { OwnerEntry } from './reading.ts';
import { FOLDED_KEY, listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';
import { showsTotalsOnly } from './view-modes.ts';

export interface OwnerList {
  readonly entries: readonly OwnerEntry[];
  /** The sum of the rows that the filter lets through; undefined without a filter. */
  readonly matched: (Totals & Rates & { readonly count: number }) | undefined;
}

export function listOwners(input: ViewInput): OwnerList {
  const { reading, ui } = input;
  const { filter, cursor } = listOf(ui);
  const matching = filter === '' ? reading.owners : reading.owners.filter(({ row }) => matchesText(row, filter));
  const folds = !ui.everyExited && !showsTotalsOnly(ui.viewMode);
  const oldest = input.settings.exitedRefreshes * input.settings.intervalMs;
  const isFolded = ({ row }: OwnerEntry) => folds && row.exitedForMs > oldest && isIdle(row);
  const folded = matching.filter(isFolded).map(({ row }) => row);
  const shown = folded.length === 0 ? matching : matching.filter((entry) => !isFolded(entry));
  const last = folded.length === 0 ? [] : [{ key: FOLDED_KEY, row: foldRows(folded), raised: false }];
  return {
    entries: holdCursor([...shown, ...last], cursor),
    matched: filter === '' ? undefined : { ...sumOf(matching.map(({ row }) => row)), count: matching.length },
  };
}

/** Nothing moved since the sample before. */
export function isIdle(row: Rates): boolean {
  return row.sentRate === 0 && row.receivedRate === 0;
}

/** One row for processes that ended some time ago: their bytes stay in sight, so that the rows add up to the total. */
function foldRows(rows: readonly OwnerRow[]): OwnerRow {
  const name = rows.length === 1 ? '1 ended process' : `${rows.length} ended processes`;
  return {
    ...sumOf(rows),
    ...sumLayers(rows),
    id: -1,
    kind: 'process',
    reason: undefined,
    reasonText: '',
    pid: undefined,
    parentPid: undefined,
    startMs: undefined,
    uid: undefined,
    user: '',
    name,
    executable: '',
    commandLine: '',
    program: name,
    state: 'exited',
    exitedForMs: Math.min(...rows.map((row) => row.exitedForMs)),
    interfaces: mergeShares(rows.flatMap((row) => row.interfaces)),
    netns: undefined,
    usage: undefined,
    unit: undefined,
    connections: rows.reduce((sum, row) => sum + row.connections, 0),
  };
}
