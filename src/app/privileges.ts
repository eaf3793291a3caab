// Owns: which of the needed capabilities this process has, read from /proc/self/status (capabilities(7)).
// Knows nothing of: what is done with them, and what is said when one is missing.

/** Bits of CapEff, include/uapi/linux/capability.h. */
const CAPABILITIES = { CAP_DAC_READ_SEARCH: 2, CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_SYS_PTRACE: 19 } as const;
/** Either this or the two finer ones since Linux 5.8 (capabilities(7)). */
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;
const CAP_BPF = 39;

export type CapabilityName = keyof typeof CAPABILITIES;

export interface Privileges {
  /** Packet sockets can be opened (packet(7)). */
  readonly capture: boolean;
  /** BPF programs that count by socket can be loaded (bpf(2), kernel/bpf/syscall.c). */
  readonly meter: boolean;
  /** The sockets of every user's processes can be found: /proc/PID/fd needs ptrace access and search permission. */
  readonly allProcesses: boolean;
  /** Those that are missing. */
  readonly missing: readonly CapabilityName[];
}

/** @param status content of /proc/self/status; without a CapEff line nothing is assumed to be missing */
export function readPrivileges(status: string): Privileges {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const effective = mask === undefined ? ~0n : BigInt(`0x${mask}`);
  const hasBit = (bit: number) => ((effective >> BigInt(bit)) & 1n) === 1n;
  const has = (name: CapabilityName) => hasBit(CAPABILITIES[name]);
  const names = Object.keys(CAPABILITIES) as CapabilityName[];
  return {
    capture: has('CAP_NET_RAW'),
    meter: has('CAP_NET_ADMIN') && (hasBit(CAP_SYS_ADMIN) || (hasBit(CAP_BPF) && hasBit(CAP_PERFMON))),
    allProcesses: has('CAP_SYS_PTRACE') && has('CAP_DAC_READ_SEARCH'),
    missing: names.filter((name) => !has(name)),
  };
}
