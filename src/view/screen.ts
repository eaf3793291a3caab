// Owns: the choice of the screen for the state of the ui, and frames that exactly fill the terminal.
// Knows nothing of: what the screens show.
import { type Composed, composePage } from './page.ts';
import { entryOf } from './screen-table.ts';
import { confirmBody, devicesBody, signalsBody } from './screens/choices.ts';
import { helpBody } from './screens/help.ts';
import { isTooSmall, tooSmallScreen } from './screens/too-small.ts';
import type { ViewInput } from './view-input.ts';

const NO_FACTS = { keys: [], top: 0, pageRows: 0, firstLine: 0, textRows: 0, textPageRows: 0 };

/** The frame for one moment. Pure: the same input gives the same frame. */
export function composeScreen(input: ViewInput): Composed {
  if (isTooSmall(input.size)) return { frame: tooSmallScreen(input.size), facts: NO_FACTS };
  switch (input.ui.overlay) {
    case 'help':
      return composePage(input, helpBody(input));
    case 'devices':
      return composePage(input, devicesBody(input));
    case 'signals':
      return composePage(input, signalsBody(input));
    case 'confirm':
      return composePage(input, confirmBody(input));
    case 'none':
      return composePage(input, entryOf(input.ui).body(input));
  }
}
