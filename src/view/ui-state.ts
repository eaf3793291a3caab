// Owns: what a person has chosen on the screen: place, selection, sort, units. Readonly; actions.ts makes the next one.
// Knows nothing of: the numbers shown, keys and the terminal.
import { UNIT_MODES, type UnitMode } from '../base/units.ts';
import type { Bars } from './bars.ts';
import { ADAPTIVE, type ViewMode } from './view-modes.ts';

export type SortKey = 'sent' | 'received';

/** Places with a tab; a place is shown once it stands in screen-table.ts. */
export type TabId = 'processes' | 'connections' | 'sockets' | 'hosts' | 'interfaces' | 'routes' | 'statistics' | 'log';

/** What the screen shows: a place with a tab, or one process out of such a place. */
export type Place = { readonly kind: TabId } | { readonly kind: 'process'; readonly ownerId: number };
export type PlaceKind = Place['kind'];

/** A page of text in front of the place. */
export type Overlay = 'none' | 'help';

/** The selected row by its key, and the line of the list it is held on while others change rank around it. */
export interface Cursor {
  readonly key: string;
  readonly index: number;
}

export interface ListState {
  readonly cursor: Cursor | undefined;
  /** Index of the first row in sight. */
  readonly top: number;
  readonly filter: string;
  /** The filter line is open for typing; what is typed filters at once. */
  readonly editing: boolean;
}

export interface UiState {
  readonly place: Place;
  readonly overlay: Overlay;
  /** By place; one that was never used is EMPTY_LIST. */
  readonly lists: Readonly<Partial<Record<PlaceKind, ListState>>>;
  /** First line in sight of a page of text. The log has its newest line first. */
  readonly textTop: number;
  readonly sort: SortKey;
  readonly viewMode: ViewMode;
  readonly units: UnitMode;
  readonly commandLine: boolean;
  readonly basename: boolean;
  /** Every exited process in a row of its own, instead of folded into one. */
  readonly everyExited: boolean;
  readonly paused: boolean;
  /** How the meters are arranged, and whether CPUs have eight segments instead of four. */
  readonly bars: Bars;
  readonly cpuDetail: boolean;
}

export const EMPTY_LIST: ListState = { cursor: undefined, top: 0, filter: '', editing: false };

/** Key of the row that stands for all exited processes. */
export const FOLDED_KEY = 'exited';

export const INITIAL_UI: UiState = {
  place: { kind: 'processes' },
  overlay: 'none',
  lists: {},
  textTop: 0,
  sort: 'received',
  viewMode: ADAPTIVE,
  units: UNIT_MODES[0] ?? { base: 'si', quantity: 'bytes' },
  commandLine: false,
  basename: false,
  everyExited: false,
  paused: false,
  bars: 'auto',
  cpuDetail: false,
};

/** The list that keys act on. */
export function listOf(ui: UiState): ListState {
  return ui.lists[ui.place.kind] ?? EMPTY_LIST;
}

export function withList(ui: UiState, list: ListState): UiState {
  return { ...ui, lists: { ...ui.lists, [ui.place.kind]: list } };
}

/** Whether what is typed goes into the filter line. */
export function isEditing(ui: UiState): boolean {
  return ui.overlay === 'none' && listOf(ui).editing;
}
