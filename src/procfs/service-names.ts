// Owns: names of services by port, as services(5) lists them.
// Knows nothing of: which ports are in use.

/** The name of the service at a port of `tcp`, `udp`, `sctp` or `dccp`. */
export type ServiceNames = (protocol: string, port: number) => string | undefined;

const LINE = /^([^\s#]+)\s+(\d{1,5})\/(\w+)/;

/** From the text of /etc/services; the first entry of a port counts, as getservbyport(3) has it. */
export function parseServices(text: string): ServiceNames {
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, port, protocol] = LINE.exec(line) ?? [];
    if (name === undefined || Number(port) > 0xffff) continue;
    const key = `${protocol}/${Number(port)}`;
    if (!names.has(key)) names.set(key, name);
  }
  return (protocol, port) => names.get(`${protocol}/${port}`);
}
