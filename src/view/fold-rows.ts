// Owns: rows of a list that stand as one line, which opens as a group does; and lines about the selected row.
// Knows nothing of: what the rows are, and which of them are folded.
import { cutText } from '../base/text-width.ts';
import { GROUP_PREFIX, groupMarks, lazyGroup } from './list-entries.ts';
import type { Entry } from './list-spec.ts';
import { INDENT } from './nested-lines.ts';
import { type Row as Line, span } from './styled-text.ts';
import { listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

export interface Fold<Row> {
  /** Names the line among others; not shown. */
  readonly id: string;
  readonly holds: (row: Row) => boolean;
  readonly title: string;
}

const LEAST_FOLDED = 2;

/**
 * The entries with each fold as one line where its first row stood; opened, its rows follow. A filter asks for rows:
 * nothing is folded then, nor is what is pinned.
 */
export function foldRows<Row>(
  entries: readonly Entry<Row>[],
  folds: readonly Fold<Row>[],
  merge: (rows: readonly Row[], title: string) => Row,
  { ui, mode }: ViewInput,
): readonly Entry<Row>[] {
  const list = listOf(ui);
  if (list.filter !== '') return entries;
  const pinned = new Set(list.pinned);
  const foldOf = ({ row, key }: Entry<Row>) => (pinned.has(key) ? undefined : folds.find((fold) => fold.holds(row)));
  const held = new Map<Fold<Row>, Entry<Row>[]>();
  for (const entry of entries) {
    const fold = foldOf(entry);
    if (fold !== undefined) held.set(fold, [...(held.get(fold) ?? []), entry]);
  }
  const [closed, open] = groupMarks(mode);
  const told = new Set<Fold<Row>>();
  return entries.flatMap((entry): readonly Entry<Row>[] => {
    const fold = foldOf(entry);
    const members = (fold && held.get(fold)) ?? [];
    if (fold === undefined || members.length < LEAST_FOLDED) return [entry];
    if (told.has(fold)) return [];
    told.add(fold);
    const key = GROUP_PREFIX + fold.id;
    const isOpen = list.open.has(key);
    const head = lazyGroup(
      key,
      fold.title,
      members.map(({ row }) => row),
      isOpen ? open : closed,
      merge,
    );
    return isOpen ? [head, ...members.map((each) => ({ ...each, lead: INDENT, depth: 1 }))] : [head];
  });
}

const LEAST_ROWS_FOR_DETAIL = 8;

/** All that is known of the selected row on one line at the bottom, where columns had to be left out. */
export function detailLine<Row>(
  rows: readonly Row[] | undefined,
  key: (row: Row) => string,
  text: (row: Row) => string,
  { size, mode, ui }: ViewInput,
): readonly Line[] {
  const selected = listOf(ui).cursor?.key;
  const row = selected === undefined ? undefined : rows?.find((each) => key(each) === selected);
  if (row === undefined || size.rows < LEAST_ROWS_FOR_DETAIL) return [];
  return [{ spans: [span(' '), span(cutText(text(row), Math.max(0, size.columns - 1), mode), 'value')] }];
}
