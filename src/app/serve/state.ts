// Owns: what a collector leaves for the next one of the same service, in a file that is always whole.
// Knows nothing of: what is counted.
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Carry } from '../../model/carry.ts';
import type { ServiceEvent } from '../../service/collector-link.ts';

/** Time in which nothing was counted, ISO 8601. */
export interface Gap {
  readonly from: string;
  readonly to: string;
}

export interface CollectorState {
  readonly serviceId: string;
  /** ms since 1970. */
  readonly timeMs: number;
  readonly gaps: readonly Gap[];
  /** The last ones: a front that is started later has them from the next collector. */
  readonly events: readonly ServiceEvent[];
  readonly carry: Carry;
}

const NAME = 'collector.json';

/** Undefined where there is none of this service, or none that can be read. */
export function readState(folder: string, serviceId: string): CollectorState | undefined {
  try {
    const state = JSON.parse(readFileSync(join(folder, NAME), 'utf8')) as CollectorState;
    return state.serviceId === serviceId ? state : undefined;
  } catch {
    return undefined;
  }
}

/** A new file takes the place of the old one at once. Rejects with a system error; the old one stays then. */
export async function writeState(folder: string, state: CollectorState): Promise<void> {
  const path = join(folder, NAME);
  await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
