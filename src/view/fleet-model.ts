// Owns: what is shown of many hosts: each with its rates, its state and its programs.
// Knows nothing of: where it was asked for.

export interface FleetProgram {
  /** The instance of the host. All text is sanitised. */
  readonly host: string;
  readonly program: string;
  readonly user: string;
  /** Wire bytes a second. */
  readonly sentRate: number;
  readonly receivedRate: number;
}

export interface FleetHost {
  /** Label `instance`. */
  readonly host: string;
  /** Its own name; empty where it does not say. */
  readonly hostname: string;
  /** undefined: not enough values yet. */
  readonly sentRate: number | undefined;
  readonly receivedRate: number | undefined;
  /** Since its nettrace started. */
  readonly sentTotal: number;
  readonly receivedTotal: number;
  /** Share of all its CPUs, 0..1. */
  readonly cpu: number | undefined;
  readonly load1: number | undefined;
  readonly memoryUsed: number | undefined;
  readonly memoryTotal: number | undefined;
  /** Queues that pile up. */
  readonly alerts: number;
  readonly ageSeconds: number | undefined;
}

export interface FleetModel {
  readonly timeMs: number;
  /** The busiest first. */
  readonly hosts: readonly FleetHost[];
  /** Of all hosts, the busiest first. */
  readonly programs: readonly FleetProgram[];
}
