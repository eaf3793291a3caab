// Owns: every change a person can make to the ui state, as one pure function from state and action to state.
// Knows nothing of: keys, drawing, and how samples are taken.
import { nextUnitMode } from '../base/units.ts';
import { nextBars } from './bars.ts';
import { type ListFacts, lastTop, moveCursor, pickLine } from './cursor.ts';
import {
  cycleGroup,
  editFilter,
  type FilterAction,
  flipSort,
  reverseSort,
  stepSort,
  toggleGroup,
  togglePin,
} from './list-actions.ts';
import { GROUP_PREFIX } from './list-entries.ts';
import { isChoosing, type OverlayAction, reduceOverlay } from './overlay-actions.ts';
import { showsText, tabBeside } from './screen-table.ts';
import {
  EMPTY_LIST,
  FOLDED_KEY,
  listOf,
  type Place,
  type SortKey,
  type TabId,
  THEMES,
  type UiState,
  withList,
} from './ui-state.ts';
import { nextViewMode } from './view-modes.ts';

export type Action =
  /** These are for the program around the screen; they change no state. */
  | { readonly kind: 'quit' | 'repaint' | 'suspend' | 'copy' | 'save-settings' }
  | { readonly kind: 'export'; readonly format: 'csv' | 'json' }
  /** Within a recording: so many refreshes or seconds on or back, or so many times as fast. */
  | { readonly kind: 'play'; readonly refreshes?: number; readonly seconds?: number; readonly faster?: number }
  | {
      readonly kind:
        | 'pause'
        | 'freeze'
        | 'view-mode'
        | 'units'
        | 'command-line'
        | 'basename'
        | 'every-exited'
        | 'bars'
        | 'cpu-detail'
        | 'theme';
    }
  | { readonly kind: 'sort'; readonly by: SortKey }
  | { readonly kind: 'sort-step'; readonly steps: -1 | 1 }
  | { readonly kind: 'reverse' | 'group' | 'tree' | 'pin' }
  | { readonly kind: 'reset' | 'mark' | 'unmark' }
  | { readonly kind: 'move'; readonly by: 'line' | 'page' | 'end'; readonly direction: -1 | 1 }
  | { readonly kind: 'scroll'; readonly lines: number }
  | { readonly kind: 'click'; readonly line: number; readonly column: number }
  | { readonly kind: 'open' | 'back' | 'show-help' }
  | { readonly kind: 'show'; readonly tab: TabId }
  | { readonly kind: 'show-beside'; readonly steps: -1 | 1 }
  | OverlayAction
  | FilterAction;

/** @param list what the place lists right now, so that keys can move within it */
export function reduce(ui: UiState, action: Action, list: ListFacts): UiState {
  if (isChoosing(ui)) {
    if (action.kind === 'move' || action.kind === 'click') return reduceOverlay(ui, action, list);
    if (action.kind === 'open') return reduceOverlay(ui, { kind: 'take' }, list);
  }
  switch (action.kind) {
    case 'quit':
    case 'repaint':
    case 'suspend':
    case 'copy':
    case 'export':
    case 'save-settings':
    case 'play':
      return ui;
    case 'pause':
      return { ...ui, paused: !ui.paused };
    case 'freeze':
      return { ...ui, frozen: !ui.frozen };
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
    case 'theme':
      return { ...ui, theme: THEMES[(THEMES.indexOf(ui.theme) + 1) % THEMES.length] ?? 'default' };
    case 'sort':
      return withList({ ...ui, sort: action.by }, { ...listOf(ui), sort: undefined });
    case 'sort-step':
      return stepSort(ui, action.steps, list);
    case 'reverse':
      return reverseSort(ui);
    case 'group':
      return cycleGroup(ui);
    case 'tree':
      return toggleGroup(ui, 'tree');
    case 'pin':
      return togglePin(ui);
    case 'reset':
      return { ...ui, marks: 'since', markNumber: ui.markNumber + 1 };
    case 'mark':
      return setMark(ui);
    case 'unmark':
      return { ...ui, marks: 'none' };
    case 'move':
      return showsText(ui) ? scrollText(ui, action, list) : withList(ui, moveCursor(listOf(ui), action, list));
    case 'scroll':
      return scroll(ui, action.lines, list);
    case 'click':
      return click(ui, action, list);
    case 'open':
      return open(ui, list);
    case 'back':
      return back(ui);
    case 'show':
      return show(ui, { kind: action.tab });
    case 'show-beside':
      return show(ui, { kind: tabBeside(ui, action.steps) });
    case 'show-help':
      return { ...ui, overlay: ui.overlay === 'help' ? 'none' : 'help', textTop: 0 };
    case 'choose-device':
    case 'choose-signal':
    case 'send-signal':
      return reduceOverlay(ui, action, list);
    default:
      return withList(ui, editFilter(ui, action));
  }
}

/** An inner place starts with a list of its own: it may be another one than last time. */
function show(ui: UiState, place: Place): UiState {
  const lists = 'from' in place ? { ...ui.lists, [place.kind]: EMPTY_LIST } : ui.lists;
  return { ...ui, place, lists, overlay: 'none', textTop: 0 };
}

/** The first mark, the second one, none. */
function setMark(ui: UiState): UiState {
  if (ui.marks === 'between') return { ...ui, marks: 'none' };
  return { ...ui, marks: ui.marks === 'none' ? 'since' : 'between', markNumber: ui.markNumber + 1 };
}

/** Enter: what the selected row stands for, without a selection the first one in sight; groups open and close. */
function open(ui: UiState, list: ListFacts): UiState {
  if (showsText(ui)) return ui;
  const state = listOf(ui);
  const cursor = state.cursor ?? pickLine(list.firstLine, list);
  if (cursor === undefined) return ui;
  if (cursor.key === FOLDED_KEY) return { ...ui, everyExited: true };
  if (cursor.key.startsWith(GROUP_PREFIX)) {
    const groups = new Set(state.open);
    if (!groups.delete(cursor.key)) groups.add(cursor.key);
    return withList(ui, { ...state, cursor, open: groups });
  }
  const place = list.rows?.opens(cursor.key);
  return place === undefined ? ui : show(withList(ui, { ...state, cursor }), place);
}

/** Escape takes back one thing: the overlay, then the filter, then the place or the selection. */
function back(ui: UiState): UiState {
  if (ui.overlay !== 'none') return { ...ui, overlay: 'none', textTop: 0, pending: undefined };
  const list = listOf(ui);
  if (list.filter !== '') return withList(ui, { ...list, filter: '', top: 0 });
  const { place } = ui;
  if ('from' in place) return { ...ui, place: { kind: place.from } };
  if (place.kind !== 'processes') return { ...ui, place: { kind: 'processes' } };
  return withList(ui, { ...list, cursor: undefined });
}

/** A tab, a column title, a row. */
function click(
  ui: UiState,
  { line, column }: { readonly line: number; readonly column: number },
  list: ListFacts,
): UiState {
  const spot = list.spots?.find((each) => each.line === line && column >= each.from && column < each.to);
  if (spot !== undefined) {
    if ('sort' in spot.means) return flipSort(ui, spot.means.sort);
    const { tab } = spot.means;
    return tab === 'help' ? { ...ui, overlay: 'help', textTop: 0 } : show(ui, { kind: tab });
  }
  if (showsText(ui)) return ui;
  const picked = pickLine(line, list);
  if (picked === undefined) return ui;
  if (picked.key === listOf(ui).cursor?.key) return open(ui, list);
  return withList(ui, { ...listOf(ui), cursor: picked });
}

function scroll(ui: UiState, lines: number, list: ListFacts): UiState {
  if (isChoosing(ui)) return ui;
  if (showsText(ui)) return { ...ui, textTop: clampText(ui.textTop + lines, list) };
  const most = lastTop(list, list.keys.length);
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
