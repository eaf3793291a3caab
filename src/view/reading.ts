// Owns: the shape of what screens show of one sample: the model, the order of its rows, and the history up to it.
// Knows nothing of: how it is made (read-model.ts), and of sizes and characters.
import type { Mark } from '../model/marks.ts';
import type { Model } from '../model/model.ts';
import type { History } from './history.ts';
import type { Ranking } from './ranking.ts';
import type { Series, SessionHistory } from './session-history.ts';
import type { Place, Sort } from './ui-state.ts';
import type { ViewMode } from './view-modes.ts';

export interface Reading {
  /** As it is shown: of the chosen interface, counted from a mark on. */
  readonly model: Model;
  /** As it was sampled. */
  readonly raw: Model;
  readonly history: History;
  readonly session: SessionHistory;
  /** What the owner that the place is about moved over the session, up to this sample. */
  readonly series: Series | undefined;
  readonly order: Order;
  /** The order of the rows of the place, by key; undefined where it has no list, or the sample not what it needs. */
  readonly ranking: Ranking | undefined;
  readonly summary: Summary;
}

/** Sums over all owners, made once a sample and not once a frame. */
export interface Summary {
  readonly runningProcesses: number;
  readonly connections: number;
  readonly unattributedBytes: number;
}

/** What decides about the order and the rows of a reading. */
export interface Order {
  readonly sort: Sort;
  readonly viewMode: ViewMode;
  readonly place: Place;
  /** Rows keep their places whatever they move; new ones come last. */
  readonly frozen: boolean;
  /** The interface that is looked at alone; '' for all. */
  readonly device: string;
  /** Counters count from the first mark on, up to the second. */
  readonly from: Mark | undefined;
  readonly to: Mark | undefined;
}
