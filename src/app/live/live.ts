// Owns: the live view of this process: its terminal, timers and settings handed to the loop, and how its end is told.
// Knows nothing of: screens and keys (view), and when samples are taken (live-loop).
import { type Addon, loadAddon } from '../../native/addon.ts';
import { type ColorChoice, detectCapabilities, textModeOf } from '../../tui/capabilities.ts';
import { createProcessWorld } from '../../tui/process-world.ts';
import { createTerminal } from '../../tui/terminal.ts';
import type { CrashGuard, TerminalWorld } from '../../tui/terminal-world.ts';
import { BARS } from '../../view/bars.ts';
import { INITIAL_UI, THEMES, type ThemeName, type UiState } from '../../view/ui-state.ts';
import { ADAPTIVE, NETHOGS_MODES } from '../../view/view-modes.ts';
import type { Settings } from '../config/option-table.ts';
import { unitsOf } from '../mode.ts';
import { createEffectWorld } from './effect-world.ts';
import { createEffects } from './effects.ts';
import { type LiveEffects, type LiveEnd, startLive } from './loop.ts';
import type { LiveRun } from './run.ts';
import { listsOf } from './screen-lists.ts';

/** `-d 0` is as fast as this. */
const LEAST_INTERVAL_MS = 100;

/** Shows the live view until it is left. A signal, or a terminal that is gone, becomes the reason of the shutdown. */
export async function runLive(run: LiveRun, process: NodeJS.Process): Promise<void> {
  // The addon is loaded already, since something is captured: this takes no time.
  const addon = loadAddon();
  const world = createProcessWorld(process, createCrashGuard(addon));
  tellEnd(run, await showLive(run, world, createEffects(createEffectWorld(run, addon, process))));
}

/** The same in any world. Settles when the view has ended and the terminal is restored. */
export async function showLive(run: LiveRun, world: TerminalWorld, effects: LiveEffects): Promise<LiveEnd> {
  const { settings, shutdown, clock } = run;
  const capabilities = detectCapabilities({
    env: world.env,
    stdinIsTty: true,
    stdoutIsTty: true,
    color: settings.color as ColorChoice,
    ascii: settings.ascii,
  });
  const ui = { ...firstUi(settings), recorded: run.pace?.play !== undefined };
  const live = startLive({
    sample: (withFlows) => run.collector.sample(withFlows),
    release: (model) => run.collector.release?.(model),
    want: (pairs) => run.wantSockets?.(pairs),
    createTerminal(handlers) {
      const terminal = createTerminal(world, { capabilities, theme: ui.theme }, handlers);
      shutdown.add('screen', () => terminal.close());
      return terminal;
    },
    timers: world.timers,
    now: () => clock.now(),
    log: () => run.recentLog.last(),
    mode: textModeOf(capabilities),
    settings: {
      intervalMs: Math.max(LEAST_INTERVAL_MS, settings.delay * 1000),
      exitedRefreshes: settings['exited-refreshes'],
      utcOffsetMinutes: (timeMs) => -new Date(timeMs).getTimezoneOffset(),
    },
    ui,
    effects,
    count: run.count,
    pace: run.pace,
  });
  const end = () => live.end();
  shutdown.stop.addEventListener('abort', end);
  try {
    return await live.ended;
  } finally {
    shutdown.stop.removeEventListener('abort', end);
  }
}

/** Rate and total side by side, unless one of nethogs' modes is asked for. Throws UserError for names of no column. */
export function firstUi(settings: Settings): UiState {
  return {
    ...INITIAL_UI,
    lists: listsOf(settings),
    sort: settings['sort-sent'] ? 'sent' : 'received',
    viewMode: NETHOGS_MODES[Number(settings['view-mode'])] ?? ADAPTIVE,
    units: unitsOf(settings),
    commandLine: settings['command-line'],
    basename: settings.basename,
    bars: BARS.find((name) => name === settings.bars) ?? 'auto',
    cpuDetail: settings['cpu-detail'],
    theme: themeOf(settings),
    readOnly: settings['read-only'],
  };
}

function themeOf({ theme }: Settings): ThemeName {
  return THEMES.find((name) => name === theme) ?? 'default';
}

function tellEnd({ shutdown }: LiveRun, end: LiveEnd): void {
  if (end.kind === 'signal') shutdown.request(end.signal);
  else if (end.kind === 'gone') shutdown.request('SIGHUP');
}

function createCrashGuard(addon: Addon): CrashGuard {
  return {
    arm: (leave) => addon.armTerminalRestore(leave),
    disarm: () => addon.disarmTerminalRestore(),
  };
}
