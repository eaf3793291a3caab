// Owns: the capabilities of this process (capabilities(7)) that nettrace has a use for, and for what.
// Knows nothing of: what is done about missing ones.
import type { CapabilityFinding } from './report.ts';

/** Bits of include/uapi/linux/capability.h. */
const USES: readonly (readonly [name: string, bit: number, use: string])[] = [
  ['CAP_NET_RAW', 13, 'capture packets'],
  ['CAP_NET_ADMIN', 12, 'socket meter, news of processes, NAT table, large buffers'],
  ['CAP_BPF', 39, 'socket meter'],
  ['CAP_PERFMON', 38, 'socket meter'],
  ['CAP_SYS_PTRACE', 19, 'processes of other users'],
  ['CAP_DAC_READ_SEARCH', 2, 'processes of other users'],
  ['CAP_SYS_ADMIN', 21, 'self-test, socket meter where no cgroup2 is mounted'],
];

/** @param status content of /proc/self/status; a line that is missing is an empty set */
export function findCapabilities(status: string): readonly CapabilityFinding[] {
  const set = (label: string) => BigInt(`0x${new RegExp(`^${label}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  const [effective, permitted, bounding] = [set('CapEff'), set('CapPrm'), set('CapBnd')];
  const has = (mask: bigint, bit: number) => ((mask >> BigInt(bit)) & 1n) === 1n;
  return USES.map(([name, bit, use]) => ({
    name,
    effective: has(effective, bit),
    permitted: has(permitted, bit),
    bounding: has(bounding, bit),
    use,
  }));
}
