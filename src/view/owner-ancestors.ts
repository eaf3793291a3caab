// Owns: the parents that a tree of processes lacks because they moved nothing themselves, as rows without bytes.
// Knows nothing of: how they are read, and how a tree is drawn.
import type { Ancestor, Model, OwnerRow } from '../model/model.ts';
import { sumLayers, sumOf } from '../model/sums.ts';

/** A pid that was used again could name a process as its own ancestor. */
const DEEPEST = 64;

/** Every ancestor of these rows that is not among them, up to the first process; none where nobody can be asked. */
export function missingAncestors(
  rows: readonly OwnerRow[],
  { ancestorOf }: Pick<Model, 'ancestorOf'>,
): readonly OwnerRow[] {
  if (ancestorOf === undefined) return [];
  const known = new Set(rows.map(({ pid }) => pid));
  const missing: OwnerRow[] = [];
  for (const row of rows) {
    if (row.state === 'exited') continue;
    let pid = row.parentPid ?? 0;
    for (let depth = 0; depth < DEEPEST && pid > 0 && !known.has(pid); depth++) {
      known.add(pid);
      const ancestor = ancestorOf(pid);
      if (ancestor === undefined) break;
      missing.push(rowOf(ancestor));
      pid = ancestor.parentPid;
    }
  }
  return missing;
}

/** Whether it stands in the tree for its children alone. */
export function isAncestor({ id }: Pick<OwnerRow, 'id'>): boolean {
  return id < -1;
}

function rowOf({ pid, parentPid, startTicks, name, commandLine, program }: Ancestor): OwnerRow {
  return {
    ...sumOf([]),
    ...sumLayers([]),
    // No owner has such an id: it has no page of its own.
    id: -pid - 1,
    kind: 'process',
    reason: undefined,
    reasonText: '',
    ...{ pid, parentPid, startTicks, startMs: undefined, uid: undefined, user: '' },
    ...{ name, executable: '', commandLine, program },
    state: 'running',
    exitedForMs: 0,
    interfaces: [],
    netns: undefined,
    connections: 0,
  };
}
