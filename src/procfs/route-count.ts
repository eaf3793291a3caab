// Owns: about how many routes there are, without reading them: /proc/net/fib_triestat and /proc/net/rt6_stats.
// Knows nothing of: the routes.

/** Prefixes of all IPv4 tables (net/ipv4/fib_trie.c) and entries of IPv6's (net/ipv6/route.c); 0 for what is not there. */
export function countRoutes(trie: string, stats6: string): number {
  const prefixes = [...trie.matchAll(/^\s*Prefixes:\s+(\d{1,12})\s*$/gm)].map((match) => Number(match[1]));
  const entries6 = /^(?:[0-9a-f]{1,16} ){3}([0-9a-f]{1,16})\b/.exec(stats6)?.[1] ?? '0';
  return prefixes.reduce((sum, count) => sum + count, 0) + Number.parseInt(entries6, 16);
}
