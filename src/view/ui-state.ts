// Owns: what a person has chosen on the screen: place, selection, sort, units. Readonly; actions.ts makes the next one.
// Knows nothing of: the numbers shown, keys and the terminal.
import { UNIT_MODES, type UnitMode } from '../base/units.ts';
import type { Bars } from './bars.ts';
import { ADAPTIVE, type ViewMode } from './view-modes.ts';

export type SortKey = 'sent' | 'received';

/** `sent` and `received` are what the mode shows of them, rate or total; anything else is the id of a field. */
export interface Sort {
  readonly by: string;
  /** Against the direction that people expect first: large numbers, the beginning of the alphabet. */
  readonly reversed: boolean;
}

/** Places with a tab; a place is shown once it stands in screen-table.ts. */
export type TabId = 'processes' | 'connections' | 'sockets' | 'hosts' | 'interfaces' | 'routes' | 'statistics' | 'log';

/** What the screen shows: a place with a tab, or one thing out of such a place, to which Esc leads back. */
export type Place =
  | { readonly kind: TabId }
  | { readonly kind: 'process'; readonly ownerId: number; readonly from: TabId }
  | { readonly kind: 'host'; readonly address: string; readonly from: TabId };
export type PlaceKind = Place['kind'];

/** What stands in front of the place: a page of text, or something to choose. */
export type Overlay = 'none' | 'help' | 'devices' | 'signals' | 'confirm';

/** The selected row by its key, and the line of the list it is held on while others change rank around it. */
export interface Cursor {
  readonly key: string;
  readonly index: number;
}

export interface ListState {
  readonly cursor: Cursor | undefined;
  /** Index of the first row in sight. */
  readonly top: number;
  /** The filter in force: the last one that was typed and means something. */
  readonly filter: string;
  /** What is being typed; undefined while the filter line is closed. */
  readonly draft: string | undefined;
  /** The filter that was in force when the line was opened: back in force while what is typed means nothing. */
  readonly kept: string;
  /** undefined: as everywhere (UiState.sort). */
  readonly sort: Sort | undefined;
  /** Id of a grouping, `tree`, or '' for rows one by one. */
  readonly group: string;
  /** Groups that show their rows. */
  readonly open: ReadonlySet<string>;
  /** Rows that stand first, whatever they move. */
  readonly pinned: readonly string[];
}

/** From where on counters count: since the start, from a mark on, or between two. */
export type Marks = 'none' | 'since' | 'between';

/** A signal that waits for its confirmation. */
export interface PendingSignal {
  readonly pid: number;
  readonly startTicks: number;
  readonly name: string;
  readonly signal: string;
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
  /** Rows keep their order whatever they move. */
  readonly frozen: boolean;
  /** The interface that is looked at alone; '' for all. */
  readonly device: string;
  readonly marks: Marks;
  /** Grows with every mark that is set, so that a mark can be set again. */
  readonly markNumber: number;
  readonly theme: ThemeName;
  /** Line of the overlay that Enter would take. */
  readonly choice: number;
  readonly pending: PendingSignal | undefined;
  /** No signal can be sent. */
  readonly readOnly: boolean;
  /** A recording is looked at: keys move within it. */
  readonly recorded: boolean;
}

export const THEMES = ['default', 'colour-blind', 'high-contrast', 'mono'] as const;
export type ThemeName = (typeof THEMES)[number];

export const EMPTY_LIST: ListState = {
  cursor: undefined,
  top: 0,
  filter: '',
  draft: undefined,
  kept: '',
  sort: undefined,
  group: '',
  open: new Set(),
  pinned: [],
};

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
  frozen: false,
  device: '',
  marks: 'none',
  markNumber: 0,
  theme: 'default',
  choice: 0,
  pending: undefined,
  readOnly: false,
  recorded: false,
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
  return ui.overlay === 'none' && listOf(ui).draft !== undefined;
}

export function sortOf(ui: UiState): Sort {
  return listOf(ui).sort ?? { by: ui.sort, reversed: false };
}
