// Owns: what `nettrace record` is asked for beyond the options of every run.
// Knows nothing of: the words that were typed.

export interface RecordRequest {
  readonly file: string;
  /** Seconds; 0: until it is ended. */
  readonly duration: number;
  /** Bytes; 0: no limit. */
  readonly maxSize: number;
  /** Also the connections, while they are few enough. */
  readonly connections: boolean;
  /** Command lines, with what looks like a secret left out; else none. */
  readonly showArgv: boolean;
  readonly version: string;
}
