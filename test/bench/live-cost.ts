// Owns: what the full live program costs at 1 s, screen by screen: 1,000 processes that really run, 20,000 flows, looks at
// 20,000 real sockets, 64 CPUs; each screen in a process of its own.
// Knows nothing of: how it is measured (live-second.ts).
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { V8_FLAGS } from '../../src/cli/v8-flags.ts';
import { buildSnapshot, type SnapshotRows } from '../support/snapshot-builder.ts';
import type { Figure } from './figures.ts';

const FLOWS = 20_000;
const SCREENS = ['processes', 'connections', 'hosts', 'sockets'] as const;
/** As `nettrace` starts node. */
const FLAGS = ['--max-semi-space-size=2', ...V8_FLAGS];
const SECOND = fileURLToPath(new URL('./live-second.js', import.meta.url));

/** Twenty connections a process, with 5,000 hosts. */
function withFlows(owners: SnapshotRows): ArrayBuffer {
  const ids = (owners.owners ?? []).map(({ id }) => id ?? 0);
  return buildSnapshot({
    ...owners,
    flows: Array.from({ length: FLOWS }, (_, i) => ({
      ...{ id: i, generation: 1, owner: ids[i % ids.length] ?? 0, protocol: 6, initiator: 'local', quality: 'exact' },
      localAddress: '192.0.2.10',
      localPort: 10_000 + (i % 50_000),
      remoteAddress: `198.51.${Math.floor(i / 4 / 250) % 250}.${Math.floor(i / 4) % 250}`,
      remotePort: 443,
      firstMs: 1.7e12 + i,
      lastMs: 1.7e12 + i,
    })),
  });
}

/**
 * @param owners owners with their accounts; no flows
 * @param times refreshes of each screen, a second each
 * @param root an empty folder
 */
export async function liveCost(owners: SnapshotRows, times: number, root: string): Promise<readonly Figure[]> {
  writeFileSync(join(root, 'owners'), new Uint8Array(buildSnapshot(owners)));
  writeFileSync(join(root, 'flows'), new Uint8Array(withFlows(owners)));
  const figures: Figure[] = [];
  for (const kind of SCREENS) {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, SECOND, kind, String(times), root]);
    figures.push(...(JSON.parse(stdout) as readonly Figure[]));
  }
  return figures;
}
