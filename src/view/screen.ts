// Owns: the choice of the screen for the state of the ui, and frames that exactly fill the terminal.
// Knows nothing of: what the screens show.
import type { Composed } from './page.ts';
import { connectionsScreen } from './screens/connections.ts';
import { helpScreen } from './screens/help.ts';
import { interfacesScreen } from './screens/interfaces.ts';
import { logScreen } from './screens/log.ts';
import { processesScreen } from './screens/processes.ts';
import { isTooSmall, tooSmallScreen } from './screens/too-small.ts';
import type { ViewInput } from './view-input.ts';

const NO_FACTS = { keys: [], top: 0, pageRows: 0, firstLine: 0, textRows: 0, textPageRows: 0 };

/** The frame for one moment. Pure: the same input gives the same frame. */
export function composeScreen(input: ViewInput): Composed {
  if (isTooSmall(input.size)) return { frame: tooSmallScreen(input.size), facts: NO_FACTS };
  switch (input.ui.overlay) {
    case 'help':
      return helpScreen(input);
    case 'log':
      return logScreen(input);
    case 'none':
      return placeScreen(input);
  }
}

function placeScreen(input: ViewInput): Composed {
  switch (input.ui.place.kind) {
    case 'processes':
      return processesScreen(input);
    case 'connections':
      return connectionsScreen(input);
    case 'interfaces':
      return interfacesScreen(input);
  }
}
