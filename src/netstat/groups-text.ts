// Owns: multicast groups as net-tools' table (-g).
// Knows nothing of: where groups are read.
import { addressText } from '../base/ip-text.ts';
import type { GroupLine } from '../procfs/net-tables.ts';

export function renderGroups(groups: readonly GroupLine[]): string {
  const rows = groups.map(
    ({ device, references, group }) => `${device.padEnd(15)} ${String(references).padEnd(6)} ${addressText(group)}\n`,
  );
  return `IPv6/IPv4 Group Memberships\nInterface       RefCnt Group\n${'-'.repeat(15)} ------ ${'-'.repeat(21)}\n${rows.join('')}`;
}
