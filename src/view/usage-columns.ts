// Owns: the columns about what a process uses besides the network, and where it belongs: title, width and cell.
// Knows nothing of: which rows are listed and which of the columns a width has room for.
import { formatDuration, formatMemory, formatPercent } from '../base/units.ts';
import type { OwnerRow } from '../model/model.ts';
import { type RowTone, textCell } from './cells.ts';
import type { Span, StyleToken, TextMode } from './styled-text.ts';
import type { TableColumn } from './table.ts';

export const USAGE_COLUMNS = ['cpu', 'memory', 'rss', 'threads', 'run-state', 'age', 'unit'] as const;
export type UsageColumn = (typeof USAGE_COLUMNS)[number];

/** The field of the field table that each column shows, and is sorted by. */
export const USAGE_SORTS: Readonly<Record<UsageColumn, string>> = {
  cpu: 'cpu',
  memory: 'memory',
  rss: 'rssBytes',
  threads: 'threads',
  'run-state': 'runState',
  age: 'startMs',
  unit: 'unit',
};

export function isUsageColumn(id: string): id is UsageColumn {
  return (USAGE_COLUMNS as readonly string[]).includes(id);
}

export function usageColumn(id: UsageColumn): TableColumn {
  const right = { align: 'right' as const, gap: 1, sorted: false };
  switch (id) {
    case 'cpu':
      return { ...right, title: 'CPU%', width: 5 };
    case 'memory':
      return { ...right, title: 'MEM%', width: 5 };
    case 'rss':
      return { ...right, title: 'RSS', width: 6 };
    case 'threads':
      return { ...right, title: 'THR', width: 4 };
    case 'run-state':
      return { ...right, title: 'S', align: 'left', width: 1 };
    case 'age':
      return { ...right, title: 'AGE', width: 6, showsAge: true };
    case 'unit':
      return { ...right, title: 'UNIT', align: 'left', width: 20 };
  }
}

/** @param nowMs time of the sample, ms since 1970 */
export function usageCell(
  id: UsageColumn,
  row: OwnerRow,
  nowMs: number,
  width: number,
  tone: RowTone,
  mode: TextMode,
): Span {
  if (id === 'unit') return textCell(unitText(row) ?? '-', width, quiet(tone), mode);
  const text = usageText(id, row, nowMs);
  return textCell(text ?? '-', width, text === undefined ? quiet(tone) : usageStyle(id, row, tone), mode, 'right');
}

function usageText(id: Exclude<UsageColumn, 'unit'>, row: OwnerRow, nowMs: number): string | undefined {
  const { usage } = row;
  if (usage === undefined) return undefined;
  switch (id) {
    case 'cpu':
      return usage.cpu === undefined ? undefined : formatPercent(100 * usage.cpu).trim();
    case 'memory':
      return formatPercent(100 * usage.memory).trim();
    case 'rss':
      return formatMemory(usage.rssBytes / 1024);
    case 'threads':
      return String(usage.threads);
    case 'run-state':
      return usage.state;
    case 'age':
      return row.startMs === undefined ? undefined : formatDuration((nowMs - row.startMs) / 1000).trim();
  }
}

/** A whole CPU is bold; waiting for a disk and having ended without being waited for are marked. */
function usageStyle(id: UsageColumn, { usage }: OwnerRow, tone: RowTone): StyleToken {
  if (id === 'cpu' && usage?.cpu === 0) return quiet(tone);
  if (tone === 'exited') return tone;
  if (id === 'cpu' && (usage?.cpu ?? 0) >= 0.95) return 'bold';
  if (id === 'run-state' && (usage?.state === 'D' || usage?.state === 'Z')) return 'warn';
  return id === 'cpu' || id === 'rss' ? tone : quiet(tone);
}

/** The container, else the systemd unit. */
export function unitText({ unit }: OwnerRow): string | undefined {
  return unit?.container ?? unit?.unit;
}

function quiet(tone: RowTone): StyleToken {
  return tone === 'normal' ? 'dim' : tone;
}
