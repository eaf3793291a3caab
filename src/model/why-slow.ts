// Owns: why a connection, or all connections of a process, are as slow as they are: tcp_info in words.
// Knows nothing of: queues that pile up, and where the answer is shown.
import { type Phrase, phrase, phraseText, rateOf, roundTripText, shareText, sizeOf } from './quantity-texts.ts';
import type { TcpReading } from './socket-reading.ts';

export type SlowCause =
  | 'peer-window'
  | 'send-buffer'
  | 'loss'
  | 'queueing'
  | 'path'
  | 'application'
  /** Nothing was sent. */
  | 'idle';

export interface WhySlow {
  /** What holds it back most. */
  readonly cause: SlowCause;
  /** A clause without a full stop: `limited by the receiver's window 82 % of the busy time`. */
  readonly text: string;
  /** The other signs, the weightiest first, each a clause. */
  readonly also: readonly string[];
  /** All of these in whatever units somebody looks at: the first is that of `text`. */
  readonly phrases: readonly Phrase[];
  readonly figures: SlowFigures;
}

/** Shares are 0..1; undefined where nothing was sent, or nothing was measured yet. */
export interface SlowFigures {
  /** Of the time that was looked at: something was to be sent. */
  readonly busyShare: number | undefined;
  /** Of the busy time. */
  readonly windowLimitedShare: number | undefined;
  readonly bufferLimitedShare: number | undefined;
  /** Of the bytes that were sent. */
  readonly retransmittedShare: number | undefined;
  readonly retransmittedBytes: number;
  readonly rttUs: number | undefined;
  readonly minRttUs: number | undefined;
  /** Bytes a second. */
  readonly deliveryRate: number | undefined;
}

/** A connection now and, where it was looked at before, then. */
export interface SlowReading {
  readonly now: TcpReading;
  readonly before?: { readonly tcp: TcpReading; readonly agoMs: number } | undefined;
}

/** Less busy time than this says nothing about a connection. */
const LEAST_BUSY_US = 10_000;
/** From these shares on a sign is worth a clause. */
const LIMITED_SHARE = 0.2;
const LOSS_SHARE = 0.01;
/** Bytes wait on the way where a round trip takes three times the shortest and 20 ms more than that. */
const QUEUEING_FACTOR = 3;
const QUEUEING_LEAST_US = 20_000;
/** A program that is busy sending for less of the time than this does not want more. */
const BUSY_SHARE = 0.5;

/** Looks at the time since `before` where something was sent in it, else at the whole life of the connection. */
export function whySlow(reading: SlowReading): WhySlow {
  return judge(sumOf([reading]));
}

/** The same for all connections of a process together: times and bytes are added, round trips are those of the busiest. */
export function whySlowTogether(readings: readonly SlowReading[]): WhySlow {
  return judge(sumOf(readings));
}

interface Sum {
  readonly connections: number;
  readonly overMs: number | undefined;
  readonly busyUs: number;
  readonly windowUs: number;
  readonly bufferUs: number;
  readonly sent: number;
  readonly retransmitted: number;
  readonly busiest: TcpReading | undefined;
  readonly deliveryRate: number;
}

function sumOf(readings: readonly SlowReading[]): Sum {
  const parts = readings.map(partOf);
  const busiest = parts.reduce<(typeof parts)[number] | undefined>(
    (most, part) => (most === undefined || part.busyUs > most.busyUs ? part : most),
    undefined,
  );
  const add = (pick: (part: (typeof parts)[number]) => number) => parts.reduce((sum, part) => sum + pick(part), 0);
  return {
    connections: parts.length,
    overMs: parts.some((part) => part.overMs === undefined) ? undefined : add((part) => part.overMs ?? 0),
    busyUs: add((part) => part.busyUs),
    windowUs: add((part) => part.windowUs),
    bufferUs: add((part) => part.bufferUs),
    sent: add((part) => part.sent),
    retransmitted: add((part) => part.retransmitted),
    busiest: busiest?.now,
    deliveryRate: add((part) => (part.busyUs > 0 ? part.now.deliveryRate : 0)),
  };
}

function partOf({ now, before }: SlowReading) {
  const busySince = before === undefined ? 0 : now.busyUs - before.tcp.busyUs;
  const since = busySince >= LEAST_BUSY_US ? before : undefined;
  const from = since?.tcp;
  return {
    now,
    overMs: since?.agoMs,
    busyUs: now.busyUs - (from?.busyUs ?? 0),
    windowUs: now.windowLimitedUs - (from?.windowLimitedUs ?? 0),
    bufferUs: now.bufferLimitedUs - (from?.bufferLimitedUs ?? 0),
    sent: now.bytesSent - (from?.bytesSent ?? 0),
    retransmitted: now.bytesRetransmitted - (from?.bytesRetransmitted ?? 0),
  };
}

interface Sign {
  readonly cause: SlowCause;
  /** How much of the slowness it stands for, to choose between signs. */
  readonly weight: number;
  readonly text: Phrase;
}

function judge(sum: Sum): WhySlow {
  const figures = figuresOf(sum);
  const signs = signsOf(sum, figures).sort((a, b) => b.weight - a.weight);
  const [first] = signs;
  const phrases = first === undefined ? ['nothing was sent'] : signs.map(({ text }) => text);
  const [text = '', ...also] = phrases.map((each) => phraseText(each));
  return { cause: first?.cause ?? 'idle', text, also, phrases, figures };
}

function figuresOf({
  overMs,
  busyUs,
  windowUs,
  bufferUs,
  sent,
  retransmitted,
  busiest,
  deliveryRate,
}: Sum): SlowFigures {
  const ofBusy = (us: number) => (busyUs >= LEAST_BUSY_US ? Math.min(1, us / busyUs) : undefined);
  return {
    busyShare: overMs === undefined || overMs <= 0 ? undefined : Math.min(1, busyUs / (overMs * 1000)),
    windowLimitedShare: ofBusy(windowUs),
    bufferLimitedShare: ofBusy(bufferUs),
    retransmittedShare: sent > 0 ? Math.min(1, retransmitted / sent) : undefined,
    retransmittedBytes: retransmitted,
    rttUs: busiest && busiest.rttUs > 0 ? busiest.rttUs : undefined,
    minRttUs: busiest?.minRttUs,
    deliveryRate: deliveryRate > 0 ? deliveryRate : undefined,
  };
}

/** Every sign that is there. The rest of the busy time is the way there: congestion window, pacing and the round trip. */
function signsOf({ connections, retransmitted, busyUs }: Sum, figures: SlowFigures): Sign[] {
  const { windowLimitedShare: window = 0, bufferLimitedShare: buffer = 0, retransmittedShare: loss = 0 } = figures;
  const { rttUs, minRttUs, deliveryRate, busyShare } = figures;
  const signs: Sign[] = [];
  if (window >= LIMITED_SHARE) {
    const whose = connections > 1 ? "receivers' windows" : "receiver's window";
    signs.push({
      cause: 'peer-window',
      weight: window,
      text: `limited by the ${whose} ${shareText(window)} of the busy time`,
    });
  }
  if (buffer >= LIMITED_SHARE) {
    const text = `limited by its own send buffer ${shareText(buffer)} of the busy time`;
    signs.push({ cause: 'send-buffer', weight: buffer, text });
  }
  if (loss >= LOSS_SHARE) {
    const text = phrase`${shareText(loss)} of the bytes were sent again (${sizeOf(retransmitted)}): packets are lost`;
    // Every lost packet costs far more than its bytes: senders slow down for it.
    signs.push({ cause: 'loss', weight: Math.min(0.9, loss * 10), text });
  }
  if (rttUs !== undefined && minRttUs !== undefined && rttUs >= minRttUs * QUEUEING_FACTOR) {
    if (rttUs - minRttUs >= QUEUEING_LEAST_US) {
      const text = `bytes wait on the way: a round trip takes ${roundTripText(rttUs)}, at best ${roundTripText(minRttUs)}`;
      signs.push({ cause: 'queueing', weight: 0.5, text });
    }
  }
  const rest = 1 - window - buffer;
  const isBusy = busyShare === undefined ? busyUs >= LEAST_BUSY_US : busyShare >= BUSY_SHARE;
  if (!isBusy && busyUs > 0) {
    const text = 'limited by the application, which has nothing to send most of the time';
    signs.push({ cause: 'application', weight: 0.3, text });
  } else if (busyUs >= LEAST_BUSY_US && rest >= BUSY_SHARE) {
    const carries = deliveryRate === undefined ? [] : [', which carries ', rateOf(deliveryRate)];
    const trip = rttUs === undefined ? '' : ` at a round trip of ${roundTripText(rttUs)}`;
    signs.push({
      cause: 'path',
      weight: 0.15,
      text: [`limited by the way there ${shareText(rest)} of the busy time`, ...carries, trip],
    });
  }
  return signs;
}

/** What limits the connections of one process that have something to send; undefined where it has none. */
export function whyProcessIsSlow(rows: readonly SlowRow[], pid: number): WhySlow | undefined {
  const readings = rows.flatMap(({ kind, socket: { tcp }, before, owners }): SlowReading[] => {
    const isIts = kind === 'send' && owners.some((owner) => owner.pid === pid);
    return isIts && tcp !== undefined ? [{ now: tcp, before }] : [];
  });
  return readings.length === 0 ? undefined : whySlowTogether(readings);
}

/** The same for every process that has something to send, by pid; the rows are looked at once. */
export function whyProcessesAreSlow(rows: readonly SlowRow[]): ReadonlyMap<number, WhySlow> {
  const byPid = new Map<number, SlowReading[]>();
  for (const { kind, socket, before, owners } of rows) {
    if (kind !== 'send' || socket.tcp === undefined) continue;
    for (const { pid } of owners) {
      const readings = byPid.get(pid);
      if (readings === undefined) byPid.set(pid, [{ now: socket.tcp, before }]);
      else readings.push({ now: socket.tcp, before });
    }
  }
  return new Map([...byPid].map(([pid, readings]) => [pid, whySlowTogether(readings)]));
}

interface SlowRow {
  readonly kind: string;
  readonly socket: { readonly tcp: TcpReading | undefined };
  readonly before: SlowReading['before'];
  readonly owners: readonly { readonly pid: number }[];
}
