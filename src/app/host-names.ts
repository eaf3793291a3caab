// Owns: names of hosts by reverse DNS: many at a time, bounded, and never longer than asked.
// Knows nothing of: who shows them. Names are foreign text and made safe here.
import { sanitize } from '../base/sanitize.ts';

/** Reverse look-up of one address; rejects where it has no name. `node:dns/promises` fits. */
export type Reverse = (address: string) => Promise<string | undefined>;

const AT_ONCE = 64;
/** RFC 1035, 2.3.4. */
const LONGEST_NAME = 255;

export interface HostNames {
  readonly names: ReadonlyMap<string, string>;
  /** Addresses that had no answer when the time was up. */
  readonly unanswered: number;
}

/** @param expired settles when nobody waits any longer */
export async function resolveHosts(
  addresses: Iterable<string>,
  reverse: Reverse,
  expired: Promise<void>,
): Promise<HostNames> {
  const names = new Map<string, string>();
  const queue = [...new Set(addresses)];
  let answered = 0;
  let next = 0;
  let over = false;
  const ended = expired.then(() => {
    over = true;
  });
  const worker = async () => {
    while (next < queue.length && !over) {
      const address = queue[next++] ?? '';
      const name = await reverse(address).catch(() => undefined);
      if (over) return;
      answered++;
      const safe = name === undefined ? '' : sanitize(name, LONGEST_NAME);
      if (safe !== '') names.set(address, safe);
    }
  };
  await Promise.race([ended, Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, worker))]);
  return { names: new Map(names), unanswered: queue.length - answered };
}
