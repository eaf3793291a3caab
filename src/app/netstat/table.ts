// Owns: the shape of a table of `nettrace netstat`, and what one is made with.
// Knows nothing of: which tables there are.
import type { Addon } from '../../native/addon.ts';
import type { NetstatOptions } from '../../netstat/options.ts';
import type { World } from '../world.ts';
import type { NetstatNames } from './names.ts';

/** One table: reads, renders. `first` is false in later rounds of -c. */
export type Table = (round: { readonly first: boolean }) => Promise<string>;

/** What a table is made with. */
export interface TableParts {
  readonly world: World;
  readonly addon: Addon;
  readonly names: NetstatNames;
  readonly options: NetstatOptions;
  /** Something that was asked for is not in this kernel: net-tools says so and exits with 1. */
  readonly unsupported: () => void;
}
