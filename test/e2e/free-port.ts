// Owns: a port for a program that cannot be told to take any.
// Knows nothing of: who takes it.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const given = new Set<number>();

/** Of 127.0.0.1, free now, and not of those that the kernel hands out: no connection of others takes it meanwhile. */
export async function freePort(): Promise<number> {
  const [first = 0, last = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1')
    .split('\t')
    .map(Number);
  for (;;) {
    const port = randomInt(1024, 65_536);
    if (given.has(port) || (port >= first && port <= last)) continue;
    given.add(port);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      continue; // somebody has it
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
