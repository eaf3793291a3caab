// Owns: how many requests a peer may make: a bucket for each, which fills again with time.
// Knows nothing of: what a peer is and what happens to a request too many.

const MOST_PEERS = 1024;

/** A function that says whether a peer may make one more request at `nowMs`. Memory is bounded: old peers are forgotten. */
export function createRateLimit(perSecond: number, burst: number): (peer: string, nowMs: number) => boolean {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return (peer, nowMs) => {
    const bucket = buckets.get(peer) ?? { left: burst, atMs: nowMs };
    bucket.left = Math.min(burst, bucket.left + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    // The order of a Map is that of insertion: the first is the one that asked longest ago.
    buckets.delete(peer);
    buckets.set(peer, bucket);
    for (const [oldest] of buckets) {
      if (buckets.size <= MOST_PEERS) break;
      buckets.delete(oldest);
    }
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  };
}
