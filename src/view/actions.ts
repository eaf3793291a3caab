// Owns: every change a person can make to the ui state, as one pure function from state and action to state.
// Knows nothing of: keys, drawing, and how samples are taken.
import { nextUnitMode } from '../base/units.ts';
import { nextBars } from './bars.ts';
import { type ListFacts, moveCursor, pickLine } from './cursor.ts';
import { showsText, tabBeside } from './screen-table.ts';
import {
  EMPTY_LIST,
  FOLDED_KEY,
  type ListState,
  listOf,
  type SortKey,
  type TabId,
  type UiState,
  withList,
} from './ui-state.ts';
import { nextViewMode } from './view-modes.ts';

export type Action =
  /** These three are for the program around the screen; they change no state. */
  | { readonly kind: 'quit' | 'repaint' | 'suspend' }
  | {
      readonly kind:
        | 'pause'
        | 'view-mode'
        | 'units'
        | 'command-line'
        | 'basename'
        | 'every-exited'
        | 'bars'
        | 'cpu-detail';
    }
  | { readonly kind: 'sort'; readonly by: SortKey }
  | { readonly kind: 'move'; readonly by: 'line' | 'page' | 'end'; readonly direction: -1 | 1 }
  | { readonly kind: 'scroll'; readonly lines: number }
  | { readonly kind: 'click'; readonly line: number }
  | { readonly kind: 'open' | 'back' | 'show-help' }
  | { readonly kind: 'show'; readonly tab: TabId }
  | { readonly kind: 'show-beside'; readonly steps: -1 | 1 }
  | { readonly kind: 'filter-open' | 'filter-keep' | 'filter-clear' | 'filter-erase' | 'filter-erase-word' }
  | { readonly kind: 'filter-type'; readonly text: string };

const MAX_FILTER = 200;

/** @param list what the place lists right now, so that keys can move within it */
export function reduce(ui: UiState, action: Action, list: ListFacts): UiState {
  switch (action.kind) {
    case 'quit':
    case 'repaint':
    case 'suspend':
      return ui;
    case 'pause':
      return { ...ui, paused: !ui.paused };
    case 'view-mode':
      return { ...ui, viewMode: nextViewMode(ui.viewMode) };
    case 'units':
      return { ...ui, units: nextUnitMode(ui.units) };
    case 'command-line':
      return { ...ui, commandLine: !ui.commandLine };
    case 'basename':
      return { ...ui, basename: !ui.basename };
    case 'every-exited':
      return { ...ui, everyExited: !ui.everyExited };
    case 'bars':
      return { ...ui, bars: nextBars(ui.bars) };
    case 'cpu-detail':
      return { ...ui, cpuDetail: !ui.cpuDetail };
    case 'sort':
      return { ...ui, sort: action.by };
    case 'move':
      return showsText(ui) ? scrollText(ui, action, list) : withList(ui, moveCursor(listOf(ui), action, list));
    case 'scroll':
      return scroll(ui, action.lines, list);
    case 'click':
      return click(ui, action.line, list);
    case 'open':
      return open(ui, list);
    case 'back':
      return back(ui);
    case 'show':
      return show(ui, action.tab);
    case 'show-beside':
      return show(ui, tabBeside(ui, action.steps));
    case 'show-help':
      return { ...ui, overlay: ui.overlay === 'help' ? 'none' : 'help', textTop: 0 };
    default:
      return withList(ui, editFilter(listOf(ui), action));
  }
}

function show(ui: UiState, tab: TabId): UiState {
  return { ...ui, place: { kind: tab }, overlay: 'none', textTop: 0 };
}

/** The list of another process starts anew. */
function showProcess(ui: UiState, ownerId: number): UiState {
  return { ...ui, place: { kind: 'process', ownerId }, lists: { ...ui.lists, process: EMPTY_LIST }, textTop: 0 };
}

/**
 * Enter: the connections of the selected owner, without a selection those of the first in sight; the row of exited
 * processes opens into its processes.
 */
function open(ui: UiState, list: ListFacts): UiState {
  if (ui.overlay !== 'none' || ui.place.kind !== 'processes') return ui;
  const cursor = listOf(ui).cursor ?? pickLine(list.firstLine, list);
  if (cursor === undefined) return ui;
  if (cursor.key === FOLDED_KEY) return { ...ui, everyExited: true };
  return showProcess(withList(ui, { ...listOf(ui), cursor }), Number(cursor.key));
}

/** Escape takes back one thing: the overlay, then the filter, then the place or the selection. */
function back(ui: UiState): UiState {
  if (ui.overlay !== 'none') return { ...ui, overlay: 'none', textTop: 0 };
  const list = listOf(ui);
  if (list.filter !== '') return withList(ui, { ...list, filter: '', top: 0 });
  if (ui.place.kind !== 'processes') return { ...ui, place: { kind: 'processes' } };
  return withList(ui, { ...list, cursor: undefined });
}

function click(ui: UiState, line: number, list: ListFacts): UiState {
  if (showsText(ui)) return ui;
  const picked = pickLine(line, list);
  if (picked === undefined) return ui;
  if (picked.key === listOf(ui).cursor?.key) return open(ui, list);
  return withList(ui, { ...listOf(ui), cursor: picked });
}

function scroll(ui: UiState, lines: number, list: ListFacts): UiState {
  if (showsText(ui)) return { ...ui, textTop: clampText(ui.textTop + lines, list) };
  const most = Math.max(0, list.keys.length - list.pageRows);
  return withList(ui, { ...listOf(ui), top: Math.min(most, Math.max(0, list.top + lines)) });
}

type Move = Extract<Action, { readonly kind: 'move' }>;

function scrollText(ui: UiState, move: Move, list: ListFacts): UiState {
  const step = { line: 1, page: Math.max(1, list.textPageRows - 1), end: Number.MAX_SAFE_INTEGER }[move.by];
  return { ...ui, textTop: clampText(ui.textTop + step * move.direction, list) };
}

function clampText(top: number, list: ListFacts): number {
  return Math.max(0, Math.min(top, list.textRows - list.textPageRows));
}

type FilterAction = Extract<Action, { readonly kind: `filter-${string}` }>;

/** Every change starts at the top again: rows in sight should be the ones that match. */
function editFilter(list: ListState, action: FilterAction): ListState {
  switch (action.kind) {
    case 'filter-open':
      return { ...list, editing: true };
    case 'filter-keep':
      return { ...list, editing: false };
    case 'filter-clear':
      return { ...list, editing: false, filter: '', top: 0 };
    case 'filter-erase':
      return { ...list, filter: Array.from(list.filter).slice(0, -1).join(''), top: 0 };
    case 'filter-erase-word':
      return { ...list, filter: list.filter.replace(/\S*\s*$/u, ''), top: 0 };
    case 'filter-type':
      return { ...list, filter: (list.filter + action.text).slice(0, MAX_FILTER), top: 0 };
  }
}
