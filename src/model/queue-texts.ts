// Owns: a queue in a sentence, and the words for its parts.
// Knows nothing of: causes, and where a sentence is shown.
import { bytesText, phraseText, SENTENCE_UNITS, timeText } from './quantity-texts.ts';
import type { QueueRow } from './queue-row.ts';

/** `Send-Q 1.80 MB for 14 s to 10.0.0.31:51022: the peer does not read (zero window)`. */
export function queueSentence(row: QueueRow, units = SENTENCE_UNITS): string {
  const what = `${QUEUE_NAMES[row.kind]} ${queueSizeText(row, units)}`;
  const place = queuePlace(row);
  const cause = row.causeText === '' ? '' : `: ${phraseText(row.causePhrase, units)}`;
  return `${what} for ${timeText(row.forMs)}${place === '' ? '' : ` ${place}`}${cause}`;
}

/** As ss calls them. */
export const QUEUE_NAMES: Readonly<Record<QueueRow['kind'], string>> = {
  accept: 'backlog',
  receive: 'Recv-Q',
  send: 'Send-Q',
};

/** Where it goes; undefined where nothing is in it, or it was seen but once. */
export function queueTrend({ size, forMs, trend }: QueueRow): QueueRow['trend'] | undefined {
  return size === 0 || forMs === 0 ? undefined : trend;
}

/** `3/128`, `1.80 MB`, bytes where units are bits, too; connections that wait at several listeners without a limit. */
export function queueSizeText({ kind, size, limit }: QueueRow, units = SENTENCE_UNITS): string {
  if (kind !== 'accept') return bytesText(size, units);
  return limit === undefined ? String(size) : `${size}/${limit}`;
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
