// Owns: the shape of a protocol counter that is shown.
// Knows nothing of: how its rate is made.

export interface CounterRow {
  /** `TcpExt`. */
  readonly section: string;
  /** The kernel's name without its section: `ListenOverflows`, `InReceives` for Ip6InReceives. Sanitised. */
  readonly name: string;
  /** Since boot. */
  readonly value: number;
  /** Since nettrace was started. */
  readonly gained: number;
  /** Since the sample before, a second; undefined without one. */
  readonly rate: number | undefined;
}

export interface ProtocolModel {
  /** In the kernel's order, without settings. */
  readonly rows: readonly CounterRow[];
  /** Connections that are established now. */
  readonly established: number | undefined;
}
