// Owns: what the service manager (systemd) is told: ready, what goes on, alive, ending (sd_notify(3)).
// Knows nothing of: the processes, whose pulses are handed in.
import type { Addon } from '../../native/addon.ts';
import { isNativeError } from '../../native/native-error.ts';
import type { World } from '../world.ts';

export interface Manager {
  /** Everything runs, or does so again. */
  ready(status: string): void;
  status(text: string): void;
  stopping(): void;
  /** Says that the service is alive for as long as all of these are; ends with the returned function. */
  watch(processes: readonly { alive(): boolean }[]): () => void;
  /** How long a process may say nothing, in ms: it is ended before the manager ends all of the service. */
  readonly silenceMs: number;
}

const SILENCE_MS = 20_000;
/** A pulse comes every second, and no machine is always in time. */
const LEAST_SILENCE_MS = 2_500;
const MS = 1000;

/** Without NOTIFY_SOCKET nobody is told anything. WATCHDOG_USEC: sd_watchdog_enabled(3). */
export function createManager(world: World, addon: Addon): Manager {
  const address = world.env['NOTIFY_SOCKET'];
  const everyMs = Number(world.env['WATCHDOG_USEC'] ?? 0) / MS;
  const watched = everyMs > 0;
  const tell = (state: string) => {
    if (address === undefined || address === '') return;
    try {
      addon.notifyManager(address, state);
    } catch (error) {
      if (!isNativeError(error)) throw error;
    }
  };
  return {
    ready: (status) => tell(`READY=1\nSTATUS=${status}`),
    status: (text) => tell(`STATUS=${text}`),
    stopping: () => tell('STOPPING=1\nSTATUS=ending'),
    watch(processes) {
      if (!watched) return () => {};
      const say = () => {
        if (processes.every((each) => each.alive())) tell('WATCHDOG=1');
      };
      const timer = setInterval(say, everyMs / 3);
      return () => clearInterval(timer);
    },
    silenceMs: watched ? Math.max(LEAST_SILENCE_MS, Math.min(SILENCE_MS, (everyMs * 2) / 3)) : SILENCE_MS,
  };
}
