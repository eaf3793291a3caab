// Owns: how many connections found a full backlog: ListenOverflows of /proc/PID/net/netstat (net/ipv4/proc.c).
// Knows nothing of: whose backlog it was: the kernel counts them by network namespace.
/** A line of names and a line of values, each behind `TcpExt:`; undefined where it is not there. */
export function parseListenOverflows(text: string): number | undefined {
  const [names, values] = [...text.matchAll(/^TcpExt: (.*)$/gm)].map((match) => (match[1] ?? '').trim().split(/ +/));
  const place = names?.indexOf('ListenOverflows') ?? -1;
  const value = place < 0 ? undefined : values?.[place];
  return value !== undefined && /^\d{1,20}$/.test(value) ? Number(value) : undefined;
}
