// Owns: everything outside the program as values: environment, streams, clock, signals, rights, the addon.
// Knows nothing of: what is done with it. A unit test hands in fakes; cli/process-world.ts the real ones.
import type { Addon } from '../native/addon.ts';
import type { HostReading, HostRoots } from '../procfs/host.ts';
import type { ProcessReader } from '../procfs/process-reader.ts';
import type { Clock } from './clock.ts';
import type { Credentials } from './invoking-user.ts';
import type { LiveRun } from './live/run.ts';
import type { Output } from './output.ts';
import type { ReverseParts } from './reverse-names.ts';

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** How another process of this program ended, and what it printed. */
export interface EndedSelf {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdinIsTty: boolean;
  readonly stdoutIsTty: boolean;
  /** Cells of a line of standard output, undefined where it is no terminal. */
  readonly columns: number | undefined;
  readonly clock: Clock;
  /** ms since 1970. */
  readonly wallClock: () => number;
  readonly stdout: Output;
  /** Never throws. */
  readonly stderr: (text: string) => void;
  /** Calls back until the returned function is called. Without a handler a signal ends the process. */
  readonly onSignal: (signal: EndSignal, handler: () => void) => () => void;
  /** Ends this process by the signal's default action, even if a write is stuck. */
  readonly dieOf: (signal: EndSignal) => void;
  readonly credentials: Credentials;
  /** Content of /proc/self/status; empty where it cannot be read. */
  readonly readOwnStatus: () => string;
  /** A file below /proc, one character a byte; undefined where it cannot be read. */
  readonly readProc: (path: string) => string | undefined;
  /** Throws an Error with one clear sentence, or what dlopen says. */
  readonly loadAddon: () => Promise<Addon>;
  /** Content of /etc/services; empty where it cannot be read. */
  readonly readServices: () => string;
  /** A resolver that gives a question up after `limitMs`. */
  readonly createResolver: (limitMs: number) => Promise<Omit<ReverseParts, 'now'>>;
  readonly createHostReader: (roots: HostRoots) => Promise<() => HostReading>;
  /** What processes use, from the /proc at `root`. */
  readonly createProcessReader: (root: string) => Promise<ProcessReader>;
  /** This program once more with other words, without input; killed after `limitMs`. Never throws. */
  readonly runSelf: (words: readonly string[], limitMs: number) => Promise<EndedSelf>;
  /** The live view, which owns the terminal and its signals until it returns. */
  readonly runLive: (run: LiveRun) => Promise<void>;
}
