// Owns: which key does what, as one table; footer and help are made from it, so that they cannot name a dead key.
// Knows nothing of: what an action changes, and how keys arrive.
import type { Action } from './actions.ts';
import { type Key, keyChord } from './keys.ts';
import { isChoosing } from './overlay-actions.ts';
import { entryOf, TABS } from './screen-table.ts';
import { isEditing, listOf, type UiState } from './ui-state.ts';
import { showsTotalsOnly } from './view-modes.ts';

export interface Binding {
  readonly chords: readonly string[];
  readonly action: Action;
  /** How the keys are written for people. */
  readonly keys: string;
  /** A word or two for the footer; '' for what is only in the help. */
  readonly label: string;
  readonly help: string;
  /** Whether it does something here, now. */
  readonly works: (ui: UiState) => boolean;
  /** The footer keeps the ones with the higher number where it is narrow. */
  readonly weight: number;
}

const always = () => true;
const inOverlay = (ui: UiState) => ui.overlay !== 'none';
const choosing = (ui: UiState) => isChoosing(ui);
const confirming = (ui: UiState) => ui.overlay === 'confirm';
const onPlace = (ui: UiState) => ui.overlay === 'none';
const onList = (ui: UiState) => onPlace(ui) && entryOf(ui).list !== undefined;
const onTraffic = (ui: UiState) => onPlace(ui) && entryOf(ui).list?.hasTraffic === true;
const onProcesses = (ui: UiState) => onPlace(ui) && ui.place.kind === 'processes';
const folds = (ui: UiState) => onProcesses(ui) && !showsTotalsOnly(ui.viewMode);
const filtered = (ui: UiState) => onList(ui) && listOf(ui).filter !== '';
const elsewhere = (ui: UiState) => onPlace(ui) && !filtered(ui) && ui.place.kind !== 'processes';
const selected = (ui: UiState) => onList(ui) && listOf(ui).cursor !== undefined;
const onlySelected = (ui: UiState) => onProcesses(ui) && !filtered(ui) && selected(ui);
const grouped = (ui: UiState) => onList(ui) && (entryOf(ui).list?.groups ?? []).some(({ id }) => id !== 'tree');
const treed = (ui: UiState) => onList(ui) && (entryOf(ui).list?.groups ?? []).some(({ id }) => id === 'tree');
const playing = (ui: UiState) => onPlace(ui) && ui.recorded;
const notPlaying = (ui: UiState) => !playing(ui);
const marked = (ui: UiState) => onPlace(ui) && ui.marks !== 'none';
const opening = (ui: UiState) => onList(ui) && ui.place.kind !== 'process';
const signalling = (ui: UiState) => onList(ui) && !ui.readOnly && entryOf(ui).list?.hasTargets === true;
const withBytes = (ui: UiState) => onPlace(ui) && entryOf(ui).hasBytes;
const withMeters = (ui: UiState) => onPlace(ui) && entryOf(ui).header === 'whole';

function bind(
  chords: string,
  action: Action,
  keys: string,
  label: string,
  help: string,
  works: Binding['works'] = always,
  weight = 0,
): Binding {
  return { chords: chords.split(' '), action, keys, label, help, works, weight };
}

/** In the order of the help; the first binding that works takes the key. Equal help texts share a line. */
export const BINDINGS: readonly Binding[] = [
  bind('y', { kind: 'send-signal' }, 'y', 'send', 'send the signal', confirming, 10),
  bind('Enter Right', { kind: 'open' }, 'Enter', 'open', 'open the selected or first row', opening, 8),
  bind('Enter Right', { kind: 'open' }, 'Enter', 'choose', 'take the marked line', choosing, 9),
  bind('Escape', { kind: 'back' }, 'Esc', 'back', 'close this page', inOverlay, 9),
  bind('Escape', { kind: 'back' }, 'Esc', 'clear filter', 'clear the filter', filtered, 7),
  bind('Escape Backspace Left', { kind: 'back' }, 'Esc', 'back', 'back to where this page was opened', elsewhere, 9),
  bind('Escape', { kind: 'back' }, 'Esc', '', 'select nothing', onlySelected),
  bind('/', { kind: 'filter-open' }, '/', 'filter', 'show only rows that match (see below)', onList, 6),
  bind('r', { kind: 'sort', by: 'received' }, 'r', 'received', 'sort by received', onTraffic, 5),
  bind('s', { kind: 'sort', by: 'sent' }, 's', 'sent', 'sort by sent', onTraffic, 5),
  bind('<', { kind: 'sort-step', steps: -1 }, '<', '', 'sort by the column to the left, right', onList),
  bind('>', { kind: 'sort-step', steps: 1 }, '>', '', 'sort by the column to the left, right', onList),
  bind('o', { kind: 'reverse' }, 'o', '', 'sort the other way round', onList),
  bind('g', { kind: 'group' }, 'g', 'group', 'group rows by what they have in common', grouped, 4.5),
  bind('t F5', { kind: 'tree' }, 't', 'tree', 'processes below their parents', treed, 1.5),
  bind('f', { kind: 'freeze' }, 'f', 'freeze', 'rows keep their places; numbers go on', onList, 2.5),
  bind('p', { kind: 'pin' }, 'p', 'pin', 'keep the selected row on top, marked *', selected, 2.2),
  bind('m', { kind: 'view-mode' }, 'm', 'mode', "rate and total, or nethogs' six modes", onTraffic, 4),
  bind('u', { kind: 'units' }, 'u', 'units', 'kB, KiB, kbit, Kibit', withBytes, 3),
  bind('l', { kind: 'command-line' }, 'l', 'command', 'programs with or without their arguments', onProcesses, 2),
  bind('b', { kind: 'basename' }, 'b', 'basename', 'programs with or without their path', onProcesses, 1),
  bind('x', { kind: 'every-exited' }, 'x', 'exited', 'every exited process in its own row', folds, 1),
  bind('B', { kind: 'bars' }, 'B', '', "meters: own, htop's, one cell a CPU", withMeters),
  bind('D', { kind: 'cpu-detail' }, 'D', '', 'CPU bars in four segments or in eight', withMeters),
  bind('d', { kind: 'choose-device' }, 'd', 'device', 'look at one interface alone', onTraffic, 2.1),
  bind('z', { kind: 'reset' }, 'z', '', 'count SENT and RECEIVED from now on', onTraffic),
  bind('M', { kind: 'mark' }, 'M', '', 'mark; M again: only what moved in between', onTraffic),
  bind('Z', { kind: 'unmark' }, 'Z', '', 'count from the start of nettrace again', marked),
  bind('y', { kind: 'copy' }, 'y', '', 'copy pid, address, name (clipboard)', onList),
  bind('e', { kind: 'export', format: 'csv' }, 'e', '', 'write the table to a file: e CSV, E JSON', onList),
  bind('E', { kind: 'export', format: 'json' }, 'E', '', 'write the table to a file: e CSV, E JSON', onList),
  bind('K F9', { kind: 'choose-signal' }, 'K', '', 'signal the process, after a question', signalling),
  bind('T', { kind: 'theme' }, 'T', '', 'theme: colour-blind, high-contrast, mono'),
  bind('W', { kind: 'save-settings' }, 'W', '', 'save sort, units, looks as configuration', onPlace),
  bind(',', { kind: 'play', refreshes: -1 }, ', .', 'step', 'one refresh back, on', playing, 6.5),
  bind('.', { kind: 'play', refreshes: 1 }, ', .', '', 'one refresh back, on', playing),
  bind('[', { kind: 'play', seconds: -60 }, '[ ]', 'minute', 'a minute back, on', playing, 6.4),
  bind(']', { kind: 'play', seconds: 60 }, '[ ]', '', 'a minute back, on', playing),
  bind('{', { kind: 'play', seconds: -600 }, '{ }', '', 'ten minutes back, on', playing),
  bind('}', { kind: 'play', seconds: 600 }, '{ }', '', 'ten minutes back, on', playing),
  bind('-', { kind: 'play', faster: 0.5 }, '- +', 'speed', 'half, twice as fast', playing, 6.3),
  bind('+ =', { kind: 'play', faster: 2 }, '- +', '', 'half, twice as fast', playing),
  bind('Space', { kind: 'pause' }, 'Space', 'pause', 'stop, go on', playing, 6.6),
  bind('Space', { kind: 'pause' }, 'Space', 'pause', 'hold the screen; counting goes on', notPlaying, 5),
  ...TABS.map(({ kind, key, name }): Binding => bind(key, { kind: 'show', tab: kind }, key, '', name)),
  bind('Tab', { kind: 'show-beside', steps: 1 }, 'Tab', '', 'the next screen, with Shift the one before'),
  bind('S-Tab', { kind: 'show-beside', steps: -1 }, 'Tab', '', 'the next screen, with Shift the one before'),
  bind('? F1 h', { kind: 'show-help' }, '?', 'help', 'this help', always, 10),
  bind('Up k', move('line', -1), 'Up k', '', 'one row up or down'),
  bind('Down j', move('line', 1), 'Down j', '', 'one row up or down'),
  bind('PageUp C-b', move('page', -1), 'PgUp', '', 'one page up or down'),
  bind('PageDown C-f', move('page', 1), 'PgDn', '', 'one page up or down'),
  bind('Home', move('end', -1), 'Home', '', 'to the first or the last row'),
  bind('End G', move('end', 1), 'End G', '', 'to the first or the last row'),
  bind('Wheel-Up', { kind: 'scroll', lines: -3 }, 'wheel', '', 'scroll'),
  bind('Wheel-Down', { kind: 'scroll', lines: 3 }, 'wheel', '', 'scroll'),
  bind('Click-Left', { kind: 'click', line: 0, column: 0 }, 'click', '', 'row: select, open; title: sort; tab: go'),
  bind('C-l', { kind: 'repaint' }, 'Ctrl-L', '', 'paint the screen anew'),
  bind('C-z', { kind: 'suspend' }, 'Ctrl-Z', '', 'suspend; fg comes back'),
  bind('q C-c F10', { kind: 'quit' }, 'q', 'quit', 'quit', always, 10),
];

function move(by: 'line' | 'page' | 'end', direction: -1 | 1): Action {
  return { kind: 'move', by, direction };
}

/** The bindings that do something here, now. */
export function workingBindings(ui: UiState): readonly Binding[] {
  return BINDINGS.filter((binding) => binding.works(ui));
}

/** The keys that do not say no to a question. */
const CONFIRM_CHORDS: readonly string[] = ['y', 'C-c', 'C-l', 'C-z'];

/** What a key means here; undefined where it means nothing. */
export function actionFor(ui: UiState, key: Key): Action | undefined {
  if (isEditing(ui)) return editAction(key);
  const chord = keyChord(key);
  if (confirming(ui) && chord !== '' && !CONFIRM_CHORDS.includes(chord)) return { kind: 'back' };
  const action = BINDINGS.find((binding) => binding.chords.includes(chord) && binding.works(ui))?.action;
  return action?.kind === 'click' && key.kind === 'mouse' ? { ...action, line: key.row, column: key.column } : action;
}

/** Keys of the open filter line; pasted text goes here and nowhere else. */
function editAction(key: Key): Action | undefined {
  if (key.kind === 'paste') return { kind: 'filter-type', text: key.text };
  if (key.kind === 'char' && !key.ctrl && !key.alt) return { kind: 'filter-type', text: key.char };
  switch (keyChord(key)) {
    case 'Enter':
      return { kind: 'filter-keep' };
    case 'Escape':
      return { kind: 'filter-clear' };
    case 'C-u':
      return { kind: 'filter-erase-all' };
    case 'Backspace':
      return { kind: 'filter-erase' };
    case 'C-w':
      return { kind: 'filter-erase-word' };
    case 'C-c':
      return { kind: 'quit' };
    case 'C-l':
      return { kind: 'repaint' };
    case 'C-z':
      return { kind: 'suspend' };
    case 'Up':
      return move('line', -1);
    case 'Down':
      return move('line', 1);
    default:
      return undefined;
  }
}
