// Owns: a queue in a sentence, and quantities within sentences: without the padding that columns need.
// Knows nothing of: causes, and where a sentence is shown.
import { formatDuration, formatRate, formatSize, quantityText } from '../base/units.ts';
import type { QueueRow } from './queue-row.ts';

const UNITS = { base: 'si', quantity: 'bytes' } as const;

/** `1.21 MB/s`; sentences do not follow the units toggle: they are compared and searched. */
export function rateText(bytesPerSecond: number): string {
  return quantityText(formatRate(bytesPerSecond, UNITS)).trim().replace(/ +/g, ' ');
}

export function bytesText(bytes: number): string {
  return quantityText(formatSize(bytes, UNITS)).trim().replace(/ +/g, ' ');
}

/** `82 %`, `0.4 %`. */
export function shareText(share: number): string {
  const percent = Math.min(1, share) * 100;
  return `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** `14 s`, `3m12s`; below ten seconds with a decimal. */
export function timeText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  return seconds < 60 ? `${Math.floor(seconds)} s` : formatDuration(seconds).trim();
}

/** A round trip: `0.35 ms`, `12.1 ms`, `180 ms`. */
export function roundTripText(us: number): string {
  const ms = us / 1000;
  return `${ms < 1 ? ms.toFixed(2) : ms < 100 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}

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

function queuePlace({ kind, socket }: QueueRow): string {
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
