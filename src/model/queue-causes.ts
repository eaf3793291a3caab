// Owns: why a queue stands, from what happened to it over the last samples: the rules, in the order in which they count.
// Knows nothing of: how long it is remembered and where it is shown.

import { type Phrase, phrase, rateOf, roundTripText, shareText, sizeOf, timeText } from './quantity-texts.ts';
import type { QueueCause, QueueKind, QueueThresholds } from './queue-row.ts';
import { isRipe, motionOf, type QueueMotion, type QueueTrack } from './queue-track.ts';
import type { SocketReading, TcpReading } from './socket-reading.ts';

export interface QueueFinding {
  readonly cause: QueueCause;
  readonly text: Phrase;
  readonly raised: boolean;
}

/** What is known beside the socket itself. */
export interface QueueContext {
  readonly thresholds: QueueThresholds;
  /** The same host acknowledged something on another connection since the window began. */
  readonly hostAnswers: boolean;
  /** Of a listener: connections that nobody has accepted since the window began, and how long the first of them waits. */
  readonly waiting: { readonly count: number; readonly oldestMs: number };
}

/** From this silence on, with segments sent again in vain, the peer is taken for dead. */
const SILENCE_MS = 1800;
/** Where packets were lost before, silence must last longer: loss makes time-outs in a row. */
const LOSSY_SILENCE_MS = 30_000;
/** Fewer segments than this sent again prove no loss. */
const LEAST_RETRANSMITTED = 3;
/** A backlog of a unix listener that has not become shorter for this long. */
const UNIX_WAIT_MS = 5000;
/** Of the time with something to send: from this share on it is the peer's window that holds it back. */
const WINDOW_SHARE = 0.5;

/** undefined: too early to say, or it moves as it should. */
export function findCause(
  socket: SocketReading,
  kind: QueueKind,
  track: QueueTrack,
  context: QueueContext,
): QueueFinding | undefined {
  if (!isRipe(track, context.thresholds.afterMs)) return undefined;
  const motion = motionOf(track);
  switch (kind) {
    case 'accept':
      return findUnaccepted(socket, track, motion, context);
    case 'receive':
      return findUnread(socket, motion, context);
    case 'send':
      return socket.tcp === undefined
        ? findUnsent(socket, motion, context)
        : findUnacknowledged(socket, socket.tcp, motion, context);
  }
}

function raise(cause: QueueCause, text: Phrase): QueueFinding {
  return { cause, text, raised: true };
}

/** The queue holds one more than the limit (sk_acceptq_is_full, include/net/sock.h). */
function findUnaccepted(
  socket: SocketReading,
  { points, sinceMs }: QueueTrack,
  { overflows, spanMs, unchanged, grewThroughout }: QueueMotion,
  { waiting, thresholds }: QueueContext,
): QueueFinding | undefined {
  const full = points.every((point) => point.size > point.limit);
  const refused = overflows > 0 ? `, ${perSecondText(overflows, spanMs)} are dropped` : '';
  if (full && (overflows > 0 || waiting.count > 0 || socket.protocol === 'unix')) {
    return raise('not-accepting', `the application does not accept, the backlog is full${refused}`);
  }
  // The kernel does not tell which connections wait for a unix listener: their number alone must speak, for longer.
  const forMs = (points.at(-1)?.timeMs ?? 0) - sinceMs;
  if (socket.protocol === 'unix' && (unchanged || grewThroughout) && forMs >= UNIX_WAIT_MS) {
    return raise('not-accepting', `the application does not accept: somebody waits for ${timeText(forMs)}`);
  }
  if (waiting.count === 0 || waiting.oldestMs < thresholds.afterMs) return undefined;
  const oldest = waiting.count === 1 ? 'one waits' : `${waiting.count} wait, the first`;
  return raise('not-accepting', `the application does not accept: ${oldest} for ${timeText(waiting.oldestMs)}`);
}

function findUnread(
  socket: SocketReading,
  motion: QueueMotion,
  { thresholds }: QueueContext,
): QueueFinding | undefined {
  const { moved, longRate, delayMs, drops, spanMs } = motion;
  const size = socket.receiveQueue;
  if (drops > 0 && socket.protocol === 'udp') {
    const lost = `${perSecondText(drops, spanMs)} are dropped`;
    return raise('not-reading', `the application reads too slowly: ${lost}`);
  }
  const stands = moved === undefined ? motion.unchanged || motion.grewThroughout : moved === 0;
  if (stands && !isSlow(size, longRate, thresholds)) {
    if (size < thresholds.unreadBytes && !motion.grewThroughout) return undefined;
    return raise('not-reading', 'the application does not read');
  }
  if (moved === undefined || size < thresholds.unreadBytes || (delayMs ?? 0) < thresholds.delayMs) return undefined;
  return raise('not-reading', phrase`the application reads slowly, ${rateOf(longRate ?? 0)}`);
}

function findUnacknowledged(
  socket: SocketReading,
  tcp: TcpReading,
  motion: QueueMotion,
  context: QueueContext,
): QueueFinding | undefined {
  // A program has let go of it: nobody waits for these bytes, and peers that went away are everyday life of a server.
  const raised = socket.inode !== 0;
  // A window that is merely full counts after loss: what came after a lost segment fills it, whoever reads. A window of
  // zero does not come of loss: it always has room for the segment that is missing.
  const found =
    findDead(socket, tcp, motion, context) ??
    findClosed(socket, motion, context) ??
    findLoss(tcp, motion, context) ??
    findHeld(socket, tcp, motion, context) ??
    findStanding(motion, context);
  return found && { ...found, raised: found.raised && raised };
}

/** Sent again and again, or asked for a window again and again, and nothing came back. */
function findDead(
  { timer }: SocketReading,
  tcp: TcpReading,
  { moved }: QueueMotion,
  { hostAnswers }: QueueContext,
): QueueFinding | undefined {
  if (moved !== 0 || hostAnswers) return undefined;
  if (timer === 'probe') {
    if (tcp.probes < 3) return undefined;
    return raise('peer-dead', `the peer is gone: no answer for ${timeText(tcp.ackedAgoMs)}, window closed`);
  }
  const silence = wasLossy(tcp) ? LOSSY_SILENCE_MS : SILENCE_MS;
  if (timer !== 'retransmit' || tcp.retransmits < 2 || tcp.ackedAgoMs < silence) return undefined;
  return raise(
    'peer-dead',
    `the peer is gone: no answer for ${timeText(tcp.ackedAgoMs)}, sent again ${timesText(tcp.retransmits)}`,
  );
}

/** Before the time-outs that last. */
function wasLossy({ bytesRetransmitted, bytesSent, retransmits, segmentBytes }: TcpReading): boolean {
  const before = bytesRetransmitted - (retransmits + 2) * segmentBytes;
  return before > LEAST_RETRANSMITTED * segmentBytes && before > bytesSent * 0.02;
}

/** The peer's window is zero. */
function findClosed(
  { timer, sendQueue }: SocketReading,
  { moved, delayMs, longRate, busyUs, windowLimitedUs }: QueueMotion,
  { thresholds }: QueueContext,
): QueueFinding | undefined {
  if (timer !== 'probe') return undefined;
  if (moved === 0 && !isSlow(sendQueue, longRate, thresholds)) return doesNotRead('zero window');
  if ((delayMs ?? 0) < thresholds.delayMs) return undefined;
  return readsSlowly(longRate, busyUs > 0 ? windowLimitedUs / busyUs : 0);
}

/**
 * Whoever took something over the longer time, but so little that the queue takes long to empty, reads in gulps. Whoever
 * took much and then nothing has stopped reading.
 */
function isSlow(size: number, longRate: number | undefined, { delayMs }: QueueThresholds): boolean {
  return longRate !== undefined && longRate > 0 && (size * 1000) / longRate >= delayMs;
}

/** The peer's window was full most of the time. */
function findHeld(
  { sendQueue }: SocketReading,
  tcp: TcpReading,
  { moved, busyUs, windowLimitedUs, delayMs, drainRate, longRate }: QueueMotion,
  { thresholds }: QueueContext,
): QueueFinding | undefined {
  const share = busyUs > 0 ? windowLimitedUs / busyUs : 0;
  if (share < WINDOW_SHARE || (delayMs ?? 0) < thresholds.delayMs) return undefined;
  const small = smallWindow(tcp, drainRate ?? 0);
  if (small !== undefined) return { cause: 'slow-path', text: small, raised: false };
  // A look between two probes, or at the very moment at which the window opens.
  if (moved === 0 && !isSlow(sendQueue, longRate, thresholds)) return doesNotRead('its window is full');
  return readsSlowly(longRate, share);
}

function doesNotRead(sign: string): QueueFinding {
  return raise('peer-not-reading', `the peer does not read (${sign})`);
}

function readsSlowly(rate: number | undefined, heldShare: number): QueueFinding {
  const held = heldShare > 0 ? `its window held us back ${shareText(heldShare)} of the time` : 'zero window';
  return raise('peer-not-reading', phrase`the peer reads slowly, ${rateOf(rate ?? 0)} (${held})`);
}

/** A peer that reads all, but whose whole window is on its way in each round trip. */
function smallWindow({ peerWindow, minRttUs }: TcpReading, drainRate: number): Phrase | undefined {
  const onTheWay = (drainRate * (minRttUs ?? 0)) / 1e6;
  if (peerWindow === 0 || onTheWay < peerWindow / 2) return undefined;
  const trip = roundTripText(minRttUs ?? 0);
  return phrase`the peer's window of ${sizeOf(peerWindow)} is small for a round trip of ${trip}: ${rateOf(drainRate)}`;
}

function findLoss(
  tcp: TcpReading,
  { sent, retransmitted, moved }: QueueMotion,
  { thresholds }: QueueContext,
): QueueFinding | undefined {
  const many = retransmitted >= LEAST_RETRANSMITTED * tcp.segmentBytes;
  if (many && sent > 0 && retransmitted >= sent * thresholds.lossShare) {
    return raise('network-loss', `packets are lost: ${shareText(retransmitted / sent)} had to be sent again`);
  }
  if (moved !== 0 || tcp.retransmits === 0) return undefined;
  const again = `sent again ${timesText(tcp.retransmits)}`;
  return raise('network-loss', `packets are lost: ${again}, no answer for ${timeText(tcp.ackedAgoMs)}`);
}

function findStanding(
  { moved, drainRate, delayMs, spanMs }: QueueMotion,
  { thresholds }: QueueContext,
): QueueFinding | undefined {
  if (moved === undefined || delayMs === undefined || delayMs < thresholds.delayMs) return undefined;
  if (moved === 0) return raise('stuck', `nothing was acknowledged for ${timeText(spanMs)}`);
  return { cause: 'slow-path', text: phrase`the way there carries ${rateOf(drainRate ?? 0)}`, raised: false };
}

/** Sockets that count nothing: of a unix socket the bytes are in the other end's queue until it reads. */
function findUnsent(
  { protocol, sendQueue }: SocketReading,
  { unchanged, grewThroughout }: QueueMotion,
  { thresholds }: QueueContext,
): QueueFinding | undefined {
  if (!unchanged && !grewThroughout) return undefined;
  if (sendQueue < thresholds.unreadBytes && !grewThroughout) return undefined;
  return protocol === 'unix'
    ? raise('peer-not-reading', 'the other end does not read')
    : raise('stuck', 'the device does not send it');
}

function perSecondText(count: number, spanMs: number): string {
  const rate = (count * 1000) / Math.max(1, spanMs);
  return `${rate < 10 ? rate.toFixed(1).replace(/\.0$/, '') : Math.round(rate)} a second`;
}

function timesText(times: number): string {
  if (times === 1) return 'once';
  return times === 2 ? 'twice' : `${times} times`;
}
