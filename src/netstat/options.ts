// Owns: what one call of `nettrace netstat` is asked for, as a value.
// Knows nothing of: the words that a person types for it.
import type { Filter } from './filter.ts';

export type NetstatMode = 'sockets' | 'routes' | 'interfaces' | 'statistics' | 'groups';

/** Kinds of sockets; all false: nobody chose. */
export interface Protocols {
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly udplite: boolean;
  readonly sctp: boolean;
  readonly raw: boolean;
  readonly unix: boolean;
}

export interface NetstatOptions {
  readonly mode: NetstatMode;
  readonly protocols: Protocols;
  /** Families that were chosen; none: both. */
  readonly v4: boolean;
  readonly v6: boolean;
  readonly listening: boolean;
  readonly all: boolean;
  readonly numericHosts: boolean;
  readonly numericPorts: boolean;
  readonly numericUsers: boolean;
  /** How often -e was given. */
  readonly extend: number;
  readonly timers: boolean;
  readonly programs: boolean;
  readonly wide: boolean;
  readonly continuous: boolean;
  /** -C: the routing cache, which Linux no longer has. */
  readonly cache: boolean;
  /** What net-tools 2.10 prints, its faults included. */
  readonly compat: boolean;
  readonly format: 'text' | 'json' | 'csv';
  readonly style: 'linux' | 'bsd';
  /** Queue limits, round trips, retransmissions, memory: what ss shows. */
  readonly details: boolean;
  readonly allNamespaces: boolean;
  /** Routes of every table, not of `main` alone. */
  readonly allTables: boolean;
  /** Longest time that host names are waited for. */
  readonly resolveMs: number;
  readonly filter: Filter | undefined;
}

export const INTERNET: readonly (keyof Protocols)[] = ['tcp', 'sctp', 'udp', 'udplite', 'raw'];

/** What is read and shown in socket mode, for the choices that were made. */
export interface Scope {
  readonly protocols: Protocols;
  readonly v4: boolean;
  readonly v6: boolean;
}

/**
 * No protocol: all internet ones, and unix where no family was chosen either. A protocol without a family: both
 * families. `-A unix` is the protocol unix.
 */
export function scopeOf(options: NetstatOptions): Scope {
  const { protocols } = options;
  const chosen = Object.values(protocols).some(Boolean);
  const family = options.v4 || options.v6;
  const all = { tcp: true, udp: true, udplite: true, sctp: true, raw: true, unix: !family };
  return {
    protocols: chosen ? protocols : all,
    v4: options.v4 || !family,
    v6: options.v6 || !family,
  };
}
