// Owns: what `nettrace serve` can be asked for, and what its processes are told when they are started.
// Knows nothing of: how it is done.
import type { BudgetSettings } from '../budgets/settings.ts';
import type { Settings } from '../config/option-table.ts';
import type { HistorySettings } from '../history/settings.ts';
import type { PushSettings } from '../push/settings.ts';

export interface ServeRequest {
  /** `127.0.0.1:7373`, `[::1]:7373`, `unix:/path`; empty: the default. */
  readonly listen: readonly string[];
  readonly tokenFile: string | undefined;
  /** Further names by which the service may be asked for, as behind a proxy. */
  readonly hosts: readonly string[];
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly insecure: boolean;
  /** Whose rights the front has; undefined: nobody. */
  readonly user: string | undefined;
  readonly stateDir: string | undefined;
  /** Where the history is kept; `false`: nowhere; undefined: in the state folder. */
  readonly history: string | false | undefined;
  readonly showArgv: boolean;
  readonly metricsWithoutToken: boolean;
  /** Keys of the table `[push]` that were given as options. */
  readonly push: Readonly<Record<string, string>>;
  readonly version: string;
  /** Only say what would be done. */
  readonly check: boolean;
  readonly configFile: string | undefined;
}

/** Totals are saved and written down with refreshes: one that dies may lose ten seconds, however seldom people want to see them. */
const MOST_INTERVAL_S = 5;

/** Seconds between two refreshes of a service. */
export function refreshSeconds({ delay }: Pick<Settings, 'delay'>): number {
  return Math.min(delay, MOST_INTERVAL_S);
}

export type Role = 'collector' | 'front';

/** Descriptors of a child: 0 its orders (it ends when they end), 2 what it has to say. */
export const LINK_FD = 3;
/** A byte each: alive, ready, the one-time token was used. */
export const PULSE_FD = 4;
export const FIRST_LISTENER_FD = 5;
export const PULSE = { alive: 46, ready: 114, used: 117 } as const;
export const PULSE_MS = 1000;
/** What a front says first on its line to the collector, and gets the events that there were. */
export const GREETING = '{"front":"started"}';

export interface CollectorOrders {
  readonly settings: Settings;
  readonly version: string;
  /** Where metrics are pushed to. */
  readonly push: PushSettings | undefined;
  /** undefined: no history is kept. */
  readonly historyFile: string | undefined;
  readonly history: HistorySettings;
  readonly budgets: readonly BudgetSettings[];
  readonly showArgv: boolean;
  readonly stateDir: string;
  /** To which the live program attaches. */
  readonly feedSocket: string;
  /** The same for every collector of one service: totals go on. */
  readonly serviceId: string;
}

export interface FrontOrders {
  readonly version: string;
  readonly doors: readonly { readonly kind: 'tcp' | 'unix'; readonly port: number | undefined }[];
  readonly hosts: readonly string[];
  readonly names: readonly string[];
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly token: string;
  readonly metricsWithoutToken: boolean;
  readonly oneTime: { readonly token: string; readonly untilMs: number } | undefined;
  /** Undefined where the service is not root: the front then has its user. */
  readonly identity: { readonly uid: number; readonly gid: number } | undefined;
}
