// Owns: what `nettrace queues` can be asked for.
// Knows nothing of: how it is done. Loaded with the command line, so it loads nothing.

export interface QueuesRequest {
  readonly json: boolean;
  /** One answer, as soon as it is sure. */
  readonly once: boolean;
  /** Looks after which it ends; 0: never. */
  readonly count: number;
  /** Queues that move and listeners too. */
  readonly every: boolean;
  /** Only the network namespace of nettrace itself. */
  readonly here: boolean;
  readonly configFile: string | undefined;
}
