// Owns: host names by reverse DNS: which addresses are asked for, how many at once, and for how long an answer counts.
// Knows nothing of: who shows the names. Nothing here waits: what is not known yet is undefined.
import { sanitize } from '../base/sanitize.ts';

export interface ReverseParts {
  /** PTR records of a name such as `9.0.0.10.in-addr.arpa`; rejects where there are none. */
  readonly resolvePtr: (name: string) => Promise<readonly string[]>;
  /** Gives up whatever is being asked. */
  readonly cancel: () => void;
  /** Monotonic, ms. */
  readonly now: () => number;
}

export interface ReverseNames {
  /** The name of an address, if an answer has come; else it is asked for, if that was not done lately. */
  readonly hostName: (address: string) => string | undefined;
  /** Asks for nothing more. */
  stop(): void;
}

/** c-ares loses questions beyond 256 at once; these leave room for everybody else. */
const MOST_AT_ONCE = 16;
/** A screen shows some tens of addresses; what waits beyond this is asked for when it is shown again. */
const MOST_WAITING = 256;
const MOST_KNOWN = 4096;
const GOOD_FOR_MS = 3_600_000;
/** Also for failures: a name server that is down is not asked for every refresh. */
const NOTHING_FOR_MS = 300_000;
const LONGEST_NAME = 253;

interface Known {
  /** undefined: none, or not yet. */
  readonly name: string | undefined;
  readonly untilMs: number;
}

export function createReverseNames(parts: ReverseParts): ReverseNames {
  /** In order of use, the latest last. */
  const known = new Map<string, Known>();
  const waiting = new Set<string>();
  let asking = 0;
  let stopped = false;

  const keep = (address: string, entry: Known): void => {
    known.delete(address);
    known.set(address, entry);
    const [oldest] = known.keys();
    if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
  };

  const ask = async (address: string): Promise<void> => {
    asking++;
    const name = await parts.resolvePtr(reverseName(address)).then(
      ([first]) => (first === undefined || first === '' ? undefined : sanitize(first, LONGEST_NAME)),
      () => undefined,
    );
    asking--;
    keep(address, { name, untilMs: parts.now() + (name === undefined ? NOTHING_FOR_MS : GOOD_FOR_MS) });
    next();
  };

  const next = (): void => {
    for (const address of waiting) {
      if (stopped || asking >= MOST_AT_ONCE) return;
      waiting.delete(address);
      void ask(address);
    }
  };

  return {
    hostName(address) {
      const entry = known.get(address);
      if (entry !== undefined) keep(address, entry);
      const isFresh = entry !== undefined && entry.untilMs > parts.now();
      if (!isFresh && !stopped && waiting.size < MOST_WAITING) {
        // While it is asked for, the old name stands; the time keeps it from being asked for twice.
        keep(address, { name: entry?.name, untilMs: Number.POSITIVE_INFINITY });
        waiting.add(address);
        next();
      }
      return entry?.name;
    },
    stop() {
      stopped = true;
      waiting.clear();
      parts.cancel();
    },
  };
}

/** Below in-addr.arpa (RFC 1035 3.5) or ip6.arpa (RFC 3596 2.5). The address is as base/ip-text.ts writes it. */
export function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  const digits = [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
}
