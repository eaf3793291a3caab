// Owns: a queue in a sentence, and the words for its parts.
// Knows nothing of: causes, and where a sentence is shown.
import { bytesText, timeText } from './quantity-texts.ts';
import type { QueueRow } from './queue-row.ts';

/** `Send-Q 1.80 MB for 14 s to 10.0.0.31:51022: the peer does not read (zero window)`. */
export function queueSentence(row: QueueRow): string {
  const what = `${QUEUE_NAMES[row.kind]} ${queueSizeText(row)}`;
  const place = queuePlace(row);
  const cause = row.causeText === '' ? '' : `: ${row.causeText}`;
  return `${what} for ${timeText(row.forMs)}${place === '' ? '' : ` ${place}`}${cause}`;
}

/** As ss calls them. */
export const QUEUE_NAMES: Readonly<Record<QueueRow['kind'], string>> = {
  accept: 'backlog',
  receive: 'Recv-Q',
  send: 'Send-Q',
};

/** `3/128`, `1.80 MB`. */
export function queueSizeText({ kind, size, limit }: QueueRow): string {
  return kind === 'accept' ? `${size}/${limit ?? 0}` : bytesText(size);
}

/** `to 10.0.0.31:51022`, `from ...`, `on 0.0.0.0:6379`; empty where it has no address. */
export function queuePlace({ kind, socket }: QueueRow): string {
  if (kind === 'accept' || socket.remoteAddress === '') {
    const local = socketEndpoint(socket.localAddress, socket.localPort);
    return local === '' ? '' : `on ${local}`;
  }
  return `${kind === 'send' ? 'to' : 'from'} ${socketEndpoint(socket.remoteAddress, socket.remotePort)}`;
}

/** `10.0.0.31:51022`, `[2001:db8::1]:443`, `/run/redis.sock`; empty without an address. */
export function socketEndpoint(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
