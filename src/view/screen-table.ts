// Owns: the places of the live view, each as one entry: its tab, what it needs, its words in the help, and its body.
// Knows nothing of: what stands around a body, and what keys do.

import type { ListScreen } from './list.ts';
import type { PageBody } from './page-body.ts';
import { withAlerts } from './queue-alerts.ts';
import { withSlowness } from './queue-slowness.ts';
import type { Reading } from './reading.ts';
import { connectionList } from './screens/connections.ts';
import { CONNECTION_WORDS, HOST_WORDS, LEDGER_WORDS, PROCESS_WORDS, type Word } from './screens/help-words.ts';
import { hostDetail } from './screens/host.ts';
import { hostList } from './screens/hosts.ts';
import { interfacesBody } from './screens/interfaces.ts';
import { logBody } from './screens/log.ts';
import { QUEUE_WORDS, ROUTE_WORDS, STATISTIC_WORDS } from './screens/network-words.ts';
import { processDetail } from './screens/process.ts';
import { processList } from './screens/processes.ts';
import { routeList } from './screens/routes.ts';
import { socketList, socketsBadge, socketsBody } from './screens/sockets.ts';
import { counterList } from './screens/statistics.ts';
import { listOf, type Place, type PlaceKind, type TabId, type UiState } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

export interface ScreenEntry {
  readonly kind: PlaceKind;
  /** As its tab says and the help. */
  readonly name: string;
  /** Rows that can be selected, sorted and filtered; without it the place has lines that scroll. */
  readonly list?: ListScreen;
  /** The header above it: all of it, or the host's line alone on small screens, where the place needs the room. */
  readonly header: 'whole' | 'line';
  /** The sample must be taken with the live flows. */
  readonly needsFlows: boolean;
  /** It shows amounts of bytes, which have units to choose. */
  readonly hasBytes: boolean;
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
  /** The keys that show it; the tab line names the first one. */
  readonly key: string;
  /** The name where it is narrow. */
  readonly short: string;
}

const COLUMNS = 'Columns';

type Listing = Omit<TabEntry, 'kind' | 'key' | 'name' | 'short' | 'body' | 'list' | 'heading'>;

function listTab(kind: TabId, key: string, name: string, short: string, list: ListScreen, rest: Listing): TabEntry {
  return { kind, key, name, short, heading: COLUMNS, list, body: list.body, ...rest };
}

/** In the order of the tabs. Another screen is one entry here and one file in screens/. */
export const TABS: readonly TabEntry[] = [
  {
    ...listTab('processes', '1', 'Processes', 'Procs', processList, {
      header: 'whole',
      needsFlows: false,
      hasBytes: true,
      words: PROCESS_WORDS,
    }),
    body: (input) => withAlerts(processList.body(input), input),
  },
  listTab('connections', '2 c', 'Connections', 'Conn', connectionList, {
    header: 'whole',
    needsFlows: true,
    hasBytes: true,
    words: CONNECTION_WORDS,
  }),
  {
    ...listTab('sockets', '3', 'Sockets', 'Sock', socketList, {
      header: 'line',
      needsFlows: false,
      hasBytes: true,
      words: QUEUE_WORDS,
    }),
    body: socketsBody,
    badge: socketsBadge,
  },
  listTab('hosts', '4', 'Hosts', 'Hosts', hostList, {
    header: 'whole',
    needsFlows: true,
    hasBytes: true,
    words: HOST_WORDS,
  }),
  {
    kind: 'interfaces',
    key: '5 i',
    name: 'Interfaces',
    short: 'Dev',
    header: 'line',
    needsFlows: false,
    hasBytes: true,
    heading: 'The ledger',
    words: LEDGER_WORDS,
    body: interfacesBody,
  },
  listTab('routes', '6', 'Routes', 'Rout', routeList, {
    header: 'line',
    needsFlows: false,
    hasBytes: false,
    words: ROUTE_WORDS,
  }),
  listTab('statistics', '7', 'Statistics', 'Stat', counterList, {
    header: 'line',
    needsFlows: false,
    hasBytes: false,
    words: STATISTIC_WORDS,
  }),
  {
    kind: 'log',
    key: '8 L',
    name: 'Log',
    short: 'Log',
    header: 'line',
    needsFlows: false,
    hasBytes: false,
    heading: COLUMNS,
    words: [],
    body: logBody,
  },
];

/** Places that are reached from a row of another one. */
const INNER: readonly ScreenEntry[] = [
  {
    kind: 'process',
    name: 'Process',
    header: 'line',
    needsFlows: true,
    hasBytes: true,
    heading: COLUMNS,
    words: CONNECTION_WORDS,
    list: processDetail,
    body: (input) => withSlowness(processDetail.body(input), input),
  },
  {
    kind: 'host',
    name: 'Host',
    header: 'line',
    needsFlows: true,
    hasBytes: true,
    heading: COLUMNS,
    words: CONNECTION_WORDS,
    list: hostDetail,
    body: hostDetail.body,
  },
];

const BY_KIND: ReadonlyMap<PlaceKind, ScreenEntry> = new Map([...TABS, ...INNER].map((entry) => [entry.kind, entry]));

/** The entry of a place; the first one where it has none. */
export function entryAt(place: Place): ScreenEntry {
  return BY_KIND.get(place.kind) ?? (TABS[0] as TabEntry);
}

/** The entry of the place that is shown. */
export function entryOf(ui: UiState): ScreenEntry {
  return entryAt(ui.place);
}

/** Whether keys scroll through text instead of moving in a list. */
export function showsText(ui: UiState): boolean {
  return ui.overlay === 'help' || entryOf(ui).list === undefined;
}

/** Whether the screen needs samples with live flows. */
export function needsFlows(ui: UiState): boolean {
  const { needsFlows: always, list } = entryOf(ui);
  return always || list?.asksFlows(listOf(ui)) === true;
}

/** The tab under which the place stands; an inner place stands under the tab that leads to it. */
export function tabOf({ place }: UiState): TabId {
  return place.kind === 'process' || place.kind === 'host' ? place.from : place.kind;
}

/** Whether the place is one thing out of a tab's list. */
export function isInner({ place }: UiState): boolean {
  return place.kind === 'process' || place.kind === 'host';
}

/** The tab that many steps to the right, round and round. */
export function tabBeside(ui: UiState, steps: number): TabId {
  const at = TABS.findIndex((tab) => tab.kind === tabOf(ui));
  return TABS[(at + steps + TABS.length) % TABS.length]?.kind ?? 'processes';
}
