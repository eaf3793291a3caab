// Owns: changes to one list: its filter, what it is sorted and grouped by, which rows are pinned.
// Knows nothing of: keys, places and the rest of the state.
import type { ListFacts } from './cursor.ts';
import { entryOf } from './screen-table.ts';
import { type ListState, listOf, type Sort, sortOf, type UiState, withList } from './ui-state.ts';

export type FilterAction =
  | { readonly kind: 'filter-open' | 'filter-keep' | 'filter-clear' }
  | { readonly kind: 'filter-erase' | 'filter-erase-word' | 'filter-erase-all' }
  | { readonly kind: 'filter-type'; readonly text: string };

const MAX_FILTER = 200;

/** What is typed is in force at once where it means something, else what was in force before is. */
export function editFilter(ui: UiState, action: FilterAction): ListState {
  const list = listOf(ui);
  const draft = list.draft ?? '';
  switch (action.kind) {
    case 'filter-open':
      return { ...list, draft: list.filter, kept: list.filter };
    case 'filter-keep':
      return filterProblem(ui) === undefined ? { ...list, draft: undefined } : list;
    case 'filter-clear':
      return { ...list, draft: undefined, filter: '', top: 0 };
    case 'filter-erase':
      return typed(ui, Array.from(draft).slice(0, -1).join(''));
    case 'filter-erase-word':
      return typed(ui, draft.replace(/\S*\s*$/u, ''));
    case 'filter-erase-all':
      return typed(ui, '');
    case 'filter-type':
      return typed(ui, (draft + action.text).slice(0, MAX_FILTER));
  }
}

/** Every change starts at the top again: rows in sight should be the ones that match. */
function typed(ui: UiState, draft: string): ListState {
  const list = listOf(ui);
  const isGood = entryOf(ui).list?.problem(draft) === undefined;
  return { ...list, draft, filter: isGood ? draft : list.kept, top: 0 };
}

/** What is wrong with the filter that is being typed; undefined: nothing. */
export function filterProblem(ui: UiState): string | undefined {
  const { draft } = listOf(ui);
  return draft === undefined ? undefined : entryOf(ui).list?.problem(draft);
}

function withSort(ui: UiState, sort: Sort): UiState {
  return withList(ui, { ...listOf(ui), sort });
}

export function reverseSort(ui: UiState): UiState {
  const { by, reversed } = sortOf(ui);
  return withSort(ui, { by, reversed: !reversed });
}

/**
 * A click on a title: by this column, or the other way round where it is by it already; a third one leads back to the
 * list's own order where it has one.
 */
export function flipSort(ui: UiState, by: string): UiState {
  const sort = sortOf(ui);
  if (sort.by !== by) return withSort(ui, { by, reversed: false });
  return sort.reversed && hasOwnOrder(ui) ? unsorted(ui) : reverseSort(ui);
}

/** The order in which the rows are made means something: nothing else can be asked for by name. */
function hasOwnOrder(ui: UiState): boolean {
  return entryOf(ui).list?.hasTraffic === false;
}

function unsorted(ui: UiState): UiState {
  return withList(ui, { ...listOf(ui), sort: undefined });
}

/** By the column to the left or to the right of the one that it is by, round and round. */
export function stepSort(ui: UiState, steps: number, { spots = [] }: ListFacts): UiState {
  const sorts = spots.flatMap(({ means }) => ('sort' in means ? [means.sort] : []));
  if (sorts.length === 0) return ui;
  const at = sorts.indexOf(sortOf(ui).by);
  const isLast = at === (steps > 0 ? sorts.length - 1 : 0);
  if (isLast && hasOwnOrder(ui)) return unsorted(ui);
  const next =
    at < 0 ? (steps > 0 || !hasOwnOrder(ui) ? 0 : sorts.length - 1) : (at + steps + sorts.length) % sorts.length;
  return withSort(ui, { by: sorts[next] ?? '', reversed: false });
}

/** Rows one by one, then by each grouping of the list; a tree has a key of its own. */
export function cycleGroup(ui: UiState): UiState {
  const list = listOf(ui);
  const ids = ['', ...(entryOf(ui).list?.groups ?? []).map(({ id }) => id).filter((id) => id !== 'tree')];
  const group = ids[(ids.indexOf(list.group) + 1) % ids.length] ?? '';
  return withList(ui, { ...list, group, open: new Set(), cursor: undefined, top: 0 });
}

export function toggleGroup(ui: UiState, id: string): UiState {
  const list = listOf(ui);
  return withList(ui, { ...list, group: list.group === id ? '' : id, open: new Set(), cursor: undefined, top: 0 });
}

/** The selected row stands first from now on, or takes part in the order again. */
export function togglePin(ui: UiState): UiState {
  const list = listOf(ui);
  const key = list.cursor?.key;
  if (key === undefined) return ui;
  const isPinned = list.pinned.includes(key);
  const pinned = isPinned ? list.pinned.filter((each) => each !== key) : [...list.pinned, key];
  // Its line has changed: the selection goes with it.
  return withList(ui, {
    ...list,
    pinned,
    cursor: { key, index: isPinned ? list.pinned.length - 1 : pinned.length - 1 },
  });
}
