// Owns: which rows the process table lists: filter, ended processes folded into one row, the selected row held.
// Knows nothing of: columns, widths and styles.
import type { InterfaceShare, OwnerRow, Rates, Totals } from '../model/model.ts';
import { matchesText } from '../model/order.ts';
import { FOLDED_KEY } from './actions.ts';
import { holdCursor } from './cursor.ts';
import type { OwnerEntry } from './reading.ts';
import type { ViewInput } from './view-input.ts';
import { showsTotalsOnly } from './view-modes.ts';

export interface OwnerList {
  readonly entries: readonly OwnerEntry[];
  /** The sum of the rows that the filter lets through; undefined without a filter. */
  readonly matched: (Totals & Rates & { readonly count: number }) | undefined;
}

export function listOwners(input: ViewInput): OwnerList {
  const { reading, ui } = input;
  const { filter, cursor } = ui.processes;
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

/** The sum of rows; rates are unknown where none of the rows has one. */
export function sumOf(rows: readonly (Totals & Rates)[]): Totals & Rates {
  const sum = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };
  let sentRate: number | undefined = rows.length === 0 ? 0 : undefined;
  let receivedRate: number | undefined = sentRate;
  for (const row of rows) {
    sum.sentBytes += row.sentBytes;
    sum.receivedBytes += row.receivedBytes;
    sum.sentPackets += row.sentPackets;
    sum.receivedPackets += row.receivedPackets;
    if (row.sentRate !== undefined) sentRate = (sentRate ?? 0) + row.sentRate;
    if (row.receivedRate !== undefined) receivedRate = (receivedRate ?? 0) + row.receivedRate;
  }
  return { ...sum, sentRate, receivedRate };
}

/** One row for processes that ended some time ago: their bytes stay in sight, so that the rows add up to the total. */
function foldRows(rows: readonly OwnerRow[]): OwnerRow {
  const name = rows.length === 1 ? '1 ended process' : `${rows.length} ended processes`;
  return {
    ...sumOf(rows),
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
    interfaces: mergeShares(rows),
    connections: rows.reduce((sum, row) => sum + row.connections, 0),
  };
}

function mergeShares(rows: readonly OwnerRow[]): readonly InterfaceShare[] {
  const byName = new Map<string, InterfaceShare>();
  for (const share of rows.flatMap((row) => row.interfaces)) {
    const known = byName.get(share.name);
    byName.set(share.name, known === undefined ? share : { name: share.name, ...sumOf([known, share]) });
  }
  return [...byName.values()].sort((a, b) => b.sentBytes + b.receivedBytes - (a.sentBytes + a.receivedBytes));
}
