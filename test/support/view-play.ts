// Owns: a list played with keys: each changes the state, and the next screen is made from it.
// Knows nothing of: which list, and of terminals.
import type { Model } from '../../src/model/model.ts';
import { type Action, reduce } from '../../src/view/actions.ts';
import { actionFor } from '../../src/view/keymap.ts';
import type { Key, KeyName } from '../../src/view/keys.ts';
import { orderOf, readModel } from '../../src/view/read-model.ts';
import type { Reading } from '../../src/view/reading.ts';
import { composeScreen } from '../../src/view/screen.ts';
import { rowText } from '../../src/view/styled-text.ts';
import { INITIAL_UI, type UiState } from '../../src/view/ui-state.ts';
import { inputOf } from './view-input.ts';
import { OWNERS } from './view-model.ts';

const NAMES: readonly string[] = ['Enter', 'Escape', 'Down', 'Up', 'Home', 'End', 'Tab'];
export const keyOf = (text: string): Key =>
  NAMES.includes(text)
    ? { kind: 'named', name: text as KeyName, ctrl: false, alt: false, shift: false }
    : { kind: 'char', char: text, ctrl: false, alt: false };

/** A list as a person sees it: keys change the state, and the next screen is made from it. */
export function play(model: Model, ui: UiState = INITIAL_UI, size = { columns: 120, rows: 40 }) {
  let reading: Reading | undefined;
  const scene = {
    ui,
    /** One more sample. */
    sample(next: Model = model) {
      reading = readModel(next, orderOf(scene.ui), reading);
    },
    screen() {
      if (reading === undefined) scene.sample();
      const shown = readModel(reading?.raw ?? model, orderOf(scene.ui), reading);
      return composeScreen({ ...inputOf(model, { size, ui: scene.ui, samples: 0 }), ui: scene.ui, reading: shown });
    },
    act(action: Action) {
      scene.ui = reduce(scene.ui, action, scene.screen().facts);
    },
    press(...keys: readonly string[]) {
      for (const key of keys) {
        const action = actionFor(scene.ui, keyOf(key));
        if (action !== undefined) scene.act(action);
      }
      return scene;
    },
    lines: () => scene.screen().frame.rows.map(rowText),
    keys: () => scene.screen().facts.keys,
    pids: () => scene.keys().map((key) => OWNERS.find(({ id }) => String(id) === key)?.pid),
  };
  return scene;
}
