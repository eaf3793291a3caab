// Owns: lines of the process table that are no single owner: ended processes in one row, groups of owners.
// Knows nothing of: columns, widths and styles.

import type { OwnerRow, Rates } from '../model/model.ts';
import { programName } from '../model/program-name.ts';
import { mergeShares, sumLayers, sumOf } from '../model/sums.ts';
import type { Entry, Target } from './list-spec.ts';
import { FOLDED_KEY, listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';
import { showsTotalsOnly } from './view-modes.ts';

export type OwnerEntry = Entry<OwnerRow>;

/** Processes that ended some time ago and move nothing are one row at the end, so that the rows add up to the total. */
export function foldEnded(entries: readonly OwnerEntry[], { ui, settings }: ViewInput): readonly OwnerEntry[] {
  if (ui.everyExited || showsTotalsOnly(ui.viewMode)) return entries;
  const oldest = settings.exitedRefreshes * settings.intervalMs;
  const { pinned } = listOf(ui);
  const isFolded = ({ row, key }: OwnerEntry) => row.exitedForMs > oldest && isIdle(row) && !pinned.includes(key);
  const folded = entries.filter(isFolded).map(({ row }) => row);
  if (folded.length === 0) return entries;
  const name = folded.length === 1 ? '1 ended process' : `${folded.length} ended processes`;
  const shown = entries.filter((entry) => !isFolded(entry));
  return [...shown, { key: FOLDED_KEY, row: mergeOwners(folded, name), members: folded }];
}

/** Nothing moved since the sample before. */
export function isIdle(row: Rates): boolean {
  return row.sentRate === 0 && row.receivedRate === 0;
}

/** One row for several; what they do not have in common is left out. */
export function mergeOwners(rows: readonly OwnerRow[], name: string): OwnerRow {
  const common = <T>(of: (row: OwnerRow) => T): T | undefined => {
    const [first, ...others] = rows.map(of);
    return others.every((value) => value === first) ? first : undefined;
  };
  return {
    ...sumOf(rows),
    ...sumLayers(rows),
    id: -1,
    kind: common((row) => row.kind) ?? 'process',
    reason: undefined,
    reasonText: '',
    pid: undefined,
    parentPid: undefined,
    startMs: undefined,
    startTicks: undefined,
    uid: undefined,
    user: common((row) => row.user) ?? '',
    name,
    executable: '',
    commandLine: '',
    program: name,
    state: rows.every((row) => row.state === 'exited') ? 'exited' : 'running',
    exitedForMs: Math.min(...rows.map((row) => row.exitedForMs)),
    interfaces: mergeShares(rows.flatMap((row) => row.interfaces)),
    netns: undefined,
    usage: usageOf(rows),
    unit: undefined,
    remote: undefined,
    connections: rows.reduce((sum, row) => sum + row.connections, 0),
  };
}

/** Shared pages are in each of the sums' parts. What a process uses is not known by remote host. */
function usageOf(rows: readonly OwnerRow[]): OwnerRow['usage'] {
  const known = rows.flatMap(({ usage, remote }) => (usage === undefined || remote !== undefined ? [] : [usage]));
  const [first, ...others] = known;
  return others.reduce(
    (sum, each) =>
      sum && {
        cpu: sum.cpu === undefined ? each.cpu : sum.cpu + (each.cpu ?? 0),
        rssBytes: sum.rssBytes + each.rssBytes,
        memory: sum.memory + each.memory,
        threads: sum.threads + each.threads,
        state: sum.state === each.state ? sum.state : '-',
      },
    first,
  );
}

/**
 * What rows of the same program have in common: its name without path and arguments, or the kind of the bytes. A process
 * that ended before its command line was read is called `[curl]`, and is a curl all the same.
 */
export function programGroup(row: OwnerRow): string {
  if (row.kind !== 'process') return row.name;
  const name = programName(row, { commandLine: false, basename: true }).replace(/^\[(.+)\]$/, '$1');
  return name.split(/[\s:]/, 1)[0] || row.name;
}

/** The process that a row stands for, while it runs. */
export function ownerTarget(row: OwnerRow | undefined): Target | undefined {
  if (row?.pid === undefined || row.startTicks === undefined || row.state === 'exited') return undefined;
  return { pid: row.pid, startTicks: row.startTicks, name: row.program };
}
