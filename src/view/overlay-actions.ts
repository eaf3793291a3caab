// Owns: changes in what stands in front of the place: choosing an interface or a signal, and the question before one.
// Knows nothing of: keys and drawing; sending a signal is for the program around the screen.
import { type ListFacts, pickLine } from './cursor.ts';
import { listOf, type UiState } from './ui-state.ts';

export type OverlayAction = { readonly kind: 'choose-device' | 'choose-signal' | 'send-signal' };

type Choosing =
  | OverlayAction
  | { readonly kind: 'move'; readonly by: 'line' | 'page' | 'end'; readonly direction: -1 | 1 }
  | { readonly kind: 'take' }
  | { readonly kind: 'click'; readonly line: number };

/** Offered in this order: what asks first, what forces last. signal(7). */
export const SIGNALS: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'SIGTERM', text: 'end, in its own way' },
  { name: 'SIGINT', text: 'end, as Ctrl-C does' },
  { name: 'SIGHUP', text: 'its terminal is gone; many daemons read their configuration again' },
  { name: 'SIGUSR1', text: 'whatever the program makes of it' },
  { name: 'SIGUSR2', text: 'whatever the program makes of it' },
  { name: 'SIGSTOP', text: 'stop where it is' },
  { name: 'SIGCONT', text: 'go on' },
  { name: 'SIGKILL', text: 'end at once: nothing is saved' },
];

/** Whether keys move in a list of choices. */
export function isChoosing({ overlay }: UiState): boolean {
  return overlay === 'devices' || overlay === 'signals';
}

/** @param list the choices where something is chosen, else the rows of the place */
export function reduceOverlay(ui: UiState, action: Choosing, list: ListFacts): UiState {
  switch (action.kind) {
    case 'choose-device':
      return { ...ui, overlay: 'devices', choice: 0, textTop: 0 };
    case 'choose-signal':
      return chooseSignal(ui, list);
    case 'send-signal':
      return { ...ui, overlay: 'none', pending: undefined };
    case 'move':
      return { ...ui, choice: moveChoice(ui.choice, action, list.keys.length) };
    case 'take':
      return take(ui, list.keys[ui.choice]);
    case 'click': {
      const picked = pickLine(action.line, list);
      if (picked === undefined) return ui;
      return picked.index === ui.choice ? take(ui, picked.key) : { ...ui, choice: picked.index };
    }
  }
}

function moveChoice(from: number, move: Extract<Choosing, { readonly kind: 'move' }>, count: number): number {
  const step = { line: 1, page: 5, end: count }[move.by];
  return Math.max(0, Math.min(count - 1, from + step * move.direction));
}

/** Of the selected row, or whom the page is about: one that happens to stand first was not meant. */
function chooseSignal(ui: UiState, { rows, firstLine }: ListFacts): UiState {
  const target = firstLine === 0 ? undefined : rows?.target(listOf(ui).cursor?.key);
  if (target === undefined) return ui;
  return { ...ui, overlay: 'signals', choice: 0, textTop: 0, pending: { ...target, signal: '' } };
}

function take(ui: UiState, key: string | undefined): UiState {
  if (key === undefined) return ui;
  if (ui.overlay === 'devices') return { ...ui, overlay: 'none', device: key };
  if (ui.pending === undefined) return { ...ui, overlay: 'none' };
  return { ...ui, overlay: 'confirm', pending: { ...ui.pending, signal: key } };
}
