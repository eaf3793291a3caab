// Owns: the processes of a snapshot as the reader of /proc wants them.
// Knows nothing of: what is read of them.
import { OWNER_KINDS } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import type { ProcessRequest } from '../procfs/process-reader.ts';

const PROCESS = OWNER_KINDS.indexOf('process');

export function requestProcesses({ owners }: SnapshotView): readonly ProcessRequest[] {
  const requests: ProcessRequest[] = [];
  for (let row = 0; row < owners.rows; row++) {
    const pid = owners.pid[row] ?? 0;
    if (owners.kind[row] !== PROCESS || pid === 0) continue;
    const exited = owners.exited[row] !== 0;
    requests.push({ id: owners.id[row] ?? 0, pid, startTicks: owners.startTicks[row] ?? 0, exited });
  }
  return requests;
}
