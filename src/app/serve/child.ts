// Owns: what both children of the service have in common: their orders, the line between them, their pulse, their end.
// Knows nothing of: what they do.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { createLineReader } from '../../service/lines.ts';
import { LINK_FD, PULSE, PULSE_FD, PULSE_MS } from './request.ts';

const LONGEST_ORDER = 4 * 1024 * 1024;

/** The first line of standard input; `ended` is called once the supervisor is gone or a signal asks for the end. */
export function readOrders<Orders>(ended: () => void): Promise<Orders> {
  // A terminal sends these to the whole group; the supervisor decides.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('SIGTERM', ended);
  return new Promise((resolve, reject) => {
    const read = createLineReader(LONGEST_ORDER, (line) => {
      try {
        resolve(JSON.parse(line) as Orders);
      } catch (error) {
        reject(error);
      }
    });
    process.stdin.on('data', read);
    process.stdin.on('end', ended);
    process.stdin.on('error', ended);
  });
}

export function pulse(byte: number): void {
  try {
    writeSync(PULSE_FD, Buffer.from([byte]));
  } catch {
    // The supervisor does not read now, or is gone, which the end of the orders tells.
  }
}

export function keepPulse(): NodeJS.Timeout {
  return setInterval(() => pulse(PULSE.alive), PULSE_MS);
}

/** The line to the other child. What one that died left unfinished is ended by a newline first. */
export function openLink(longest: number, line: (text: string) => void): Socket {
  const socket = new Socket({ fd: LINK_FD, readable: true, writable: true });
  socket.on('data', createLineReader(longest, line));
  socket.on('error', () => {});
  socket.write('\n');
  return socket;
}
