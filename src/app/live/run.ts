// Owns: what the live view is given to run with.
// Knows nothing of: terminals and screens.
import type { Ring } from '../../base/ring.ts';
import type { Clock } from '../clock.ts';
import type { Collector } from '../collector.ts';
import type { Settings } from '../config/option-table.ts';
import type { InvokingUser } from '../invoking-user.ts';
import type { LogEntry } from '../logging.ts';
import type { Shutdown } from '../shutdown.ts';
import type { LivePace } from './loop.ts';

export interface LiveRun {
  /** Started; the session stops it. */
  readonly collector: Pick<Collector, 'sample'> & Partial<Pick<Collector, 'release'>>;
  /** Hears of the pairs of ports (portPair) of the TCP connections in sight, which are to be looked at. */
  readonly wantSockets?: (pairs: readonly number[]) => void;
  readonly settings: Settings;
  readonly clock: Clock;
  /** Messages for the log screen. */
  readonly recentLog: Pick<Ring<LogEntry>, 'last'>;
  /** Its stage `screen` restores the terminal; a signal is its reason. */
  readonly shutdown: Shutdown;
  /** Set under sudo: files that keys write belong to this user. */
  readonly user: InvokingUser | undefined;
  /** Where settings are saved; undefined where there is no home. */
  readonly configFile: string | undefined;
  /** Refreshes after which the view ends by itself (-c); 0: never. */
  readonly count: number;
  readonly pace?: LivePace | undefined;
}
