// Owns: the places of the live view, each as one entry: its tab, what it needs, its words in the help, and its body.
// Knows nothing of: what stands around a body, and what keys do.
import type { PageBody } from './page-body.ts';
import type { Reading } from './reading.ts';
import { connectionsBody } from './screens/connections.ts';
import { CONNECTION_WORDS, LEDGER_WORDS, PROCESS_WORDS, type Word } from './screens/help-words.ts';
import { interfacesBody } from './screens/interfaces.ts';
import { logBody } from './screens/log.ts';
import { processesBody } from './screens/processes.ts';
import type { PlaceKind, TabId, UiState } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

export interface ScreenEntry {
  readonly kind: PlaceKind;
  /** As its tab says and the help. */
  readonly name: string;
  /** `list`: rows that can be selected, sorted and filtered; `text`: lines that scroll, below the host's line alone. */
  readonly shows: 'list' | 'text';
  /** The sample must be taken with the live flows. */
  readonly needsFlows: boolean;
  /** The words of this screen for the help, below a heading. */
  readonly heading: string;
  readonly words: readonly Word[];
  readonly body: (input: ViewInput) => PageBody;
  /** A word or two behind the tab's name where something there wants to be seen, such as `!1`; '' for nothing. */
  readonly badge?: (reading: Reading) => string;
}

/** A place with a tab. */
export interface TabEntry extends ScreenEntry {
  readonly kind: TabId;
  /** The key that shows it. */
  readonly key: string;
  /** The name where it is narrow. */
  readonly short: string;
  /** Further keys. */
  readonly alias?: string;
}

const COLUMNS = 'Columns';

/** In the order of the tabs. Another screen is one entry here and one file in screens/. */
export const TABS: readonly TabEntry[] = [
  {
    ...{ kind: 'processes', key: '1', name: 'Processes', short: 'Procs', shows: 'list', needsFlows: false },
    ...{ heading: COLUMNS, words: PROCESS_WORDS, body: processesBody },
  },
  {
    ...{
      kind: 'connections',
      key: '2',
      alias: 'c',
      name: 'Connections',
      short: 'Conn',
      shows: 'list',
      needsFlows: true,
    },
    ...{ heading: COLUMNS, words: CONNECTION_WORDS, body: connectionsBody },
  },
  {
    ...{ kind: 'interfaces', key: '5', alias: 'i', name: 'Interfaces', short: 'Dev', shows: 'text', needsFlows: false },
    ...{ heading: 'The ledger', words: LEDGER_WORDS, body: interfacesBody },
  },
  {
    ...{ kind: 'log', key: '8', alias: 'L', name: 'Log', short: 'Log', shows: 'text', needsFlows: false },
    ...{ heading: 'Columns', words: [], body: logBody },
  },
];

/** Places that are reached from a row of another one. */
const INNER: readonly ScreenEntry[] = [
  {
    ...{ kind: 'process', name: 'Process', shows: 'list', needsFlows: true },
    ...{ heading: COLUMNS, words: CONNECTION_WORDS, body: connectionsBody },
  },
];

const BY_KIND: ReadonlyMap<PlaceKind, ScreenEntry> = new Map([...TABS, ...INNER].map((entry) => [entry.kind, entry]));

/** The entry of the place that is shown; the first one where it has none. */
export function entryOf(ui: UiState): ScreenEntry {
  return BY_KIND.get(ui.place.kind) ?? (TABS[0] as TabEntry);
}

/** Whether keys scroll through text instead of moving in a list. */
export function showsText(ui: UiState): boolean {
  return ui.overlay !== 'none' || entryOf(ui).shows === 'text';
}

/** Whether the screen needs samples with live flows. */
export function needsFlows(ui: UiState): boolean {
  return entryOf(ui).needsFlows;
}

/** The tab under which the place stands; an inner place stands under the tab that leads to it. */
export function tabOf(ui: UiState): TabId {
  return ui.place.kind === 'process' ? 'processes' : ui.place.kind;
}

/** The tab that many steps to the right, round and round. */
export function tabBeside(ui: UiState, steps: number): TabId {
  const at = TABS.findIndex((tab) => tab.kind === tabOf(ui));
  return TABS[(at + steps + TABS.length) % TABS.length]?.kind ?? 'processes';
}
