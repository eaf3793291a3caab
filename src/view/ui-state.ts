// Owns: what a person has chosen on the screen: place, selection, sort, units. Readonly; actions.ts makes the next one.
// Knows nothing of: the numbers shown, keys and the terminal.
import { UNIT_MODES, type UnitMode } from '../base/units.ts';
import type { Bars } from './bars.ts';
import { ADAPTIVE, type ViewMode } from './view-modes.ts';

export type SortKey = 'sent' | 'received';

/** A table to look at. `ownerId` undefined: the connections of everybody. */
export type Place =
  | { readonly kind: 'processes' }
  | { readonly kind: 'connections'; readonly ownerId: number | undefined }
  /** A page of text, as the overlays are: nothing in it can be selected. */
  | { readonly kind: 'interfaces' };

/** A page of text in front of the place. */
export type Overlay = 'none' | 'help' | 'log';

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
  readonly processes: ListState;
  readonly connections: ListState;
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

export const INITIAL_UI: UiState = {
  place: { kind: 'processes' },
  overlay: 'none',
  processes: EMPTY_LIST,
  connections: EMPTY_LIST,
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

/** Whether keys scroll through text instead of moving in a list. */
export function showsText(ui: UiState): boolean {
  return ui.overlay !== 'none' || ui.place.kind === 'interfaces';
}

/** The list that keys act on; an empty one where the place has none. */
export function listOf(ui: UiState): ListState {
  switch (ui.place.kind) {
    case 'processes':
      return ui.processes;
    case 'connections':
      return ui.connections;
    case 'interfaces':
      return EMPTY_LIST;
  }
}

export function withList(ui: UiState, list: ListState): UiState {
  switch (ui.place.kind) {
    case 'processes':
      return { ...ui, processes: list };
    case 'connections':
      return { ...ui, connections: list };
    case 'interfaces':
      return ui;
  }
}

/** Whether what is typed goes into the filter line. */
export function isEditing(ui: UiState): boolean {
  return ui.overlay === 'none' && listOf(ui).editing;
}

/** Whether the screen needs samples with live flows. */
export function needsFlows(ui: UiState): boolean {
  return ui.place.kind === 'connections';
}
