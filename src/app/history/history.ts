// Owns: `nettrace history`: the file is asked once and the answer printed as text with bars, JSON or CSV.
// Knows nothing of: how the history is kept, and of exit codes.

import { localIso, localTime } from '../../base/local-time.ts';
import { sanitize } from '../../base/sanitize.ts';
import { formatPercent, formatSize, quantityText } from '../../base/units.ts';
import { HistoryError, openForReading } from '../../store/history-db.ts';
import { historyAnswer } from '../../store/history-query.ts';
import type { HistoryAnswer, HistorySeries } from '../../store/history-schema.ts';
import { parseTime, TIME_WORDS } from '../../store/time-words.ts';
import { findInvokingUser, withRightsOf } from '../invoking-user.ts';
import { type Column, renderColumns } from '../text-columns.ts';
import { UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { DEFAULT_HISTORY_FILE, type HistoryRequest } from './request.ts';

interface Line {
  readonly name: string;
  /** undefined: nobody counted then. */
  readonly moved: readonly [sent: number, received: number] | undefined;
}

/** Throws UserError. */
export async function runHistory(world: World, request: HistoryRequest): Promise<void> {
  const now = world.wallClock();
  const [sinceMs, untilMs] = [timeOf('--since', request.since, now), timeOf('--until', request.until, now)];
  if (sinceMs >= untilMs) throw new UserError('--since must be earlier than --until');
  const { by, limit } = request;
  const question = {
    sinceMs,
    untilMs,
    by,
    limit,
    ...(by === 'time' || request.format === 'json' ? { step: request.step ?? 0 } : {}),
  };
  const answer = ask(world, request.file, (db) => historyAnswer(db, question));
  const unicode = /utf-?8/i.test(world.env['LC_ALL'] || world.env['LC_CTYPE'] || world.env['LANG'] || '');
  if (request.format === 'json') await world.stdout.write(`${JSON.stringify(answer)}\n`);
  else if (request.format === 'csv') await world.stdout.write(csvOf(answer));
  else await world.stdout.write(textOf(answer, linesOf(answer), unicode));
}

function timeOf(option: string, text: string, now: number): number {
  const time = parseTime(text, now);
  if (time === undefined || !Number.isFinite(time)) {
    throw new UserError(`${option} must be a time such as ${TIME_WORDS}, not "${sanitize(text, 60)}"`);
  }
  return time;
}

/** A file that the caller of sudo named is read with the caller's rights. */
function ask<T>(world: World, file: string, work: (db: ReturnType<typeof openForReading>) => T): T {
  const user = file === DEFAULT_HISTORY_FILE ? undefined : findInvokingUser(world.env, world.credentials);
  try {
    return withRightsOf(user, world.credentials, () => {
      const db = openForReading(file);
      try {
        return work(db);
      } finally {
        db.close();
      }
    });
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const advice = error.problem === 'missing' ? '; "nettrace serve" writes one, unless it has --no-history' : '';
    throw new UserError(`${sanitize(error.message, 400)}${advice}`, 'start', { cause: error });
  }
}

function linesOf(answer: HistoryAnswer): readonly Line[] {
  if (answer.by === 'time') return pointsOf(answer).map(({ timeMs, moved }) => ({ name: localTime(timeMs), moved }));
  return answer.series.map((one) => ({ name: nameOf(one), moved: [one.sentBytes, one.receivedBytes] }));
}

/** From where the history begins on. */
function pointsOf({ series, times, begins, step, gaps }: HistoryAnswer) {
  const [lengthMs, beginMs] = [(step ?? 0) * 1000, begins === null ? Number.NEGATIVE_INFINITY : Date.parse(begins)];
  const holes = gaps
    .filter(({ reason }) => reason.startsWith('not-'))
    .map(({ since, until }) => [Date.parse(since), Date.parse(until)] as const);
  const points = (series[0]?.points ?? []).map((moved, at) => {
    const timeMs = (times[at] ?? 0) * 1000;
    const isHole = moved[0] + moved[1] === 0 && holes.some(([from, to]) => from <= timeMs && timeMs + lengthMs <= to);
    return { timeMs, moved: isHole ? undefined : moved };
  });
  return points.filter(({ timeMs }) => timeMs + lengthMs > beginMs);
}

function nameOf({ key, kind }: HistorySeries): string {
  const name = kind === 'other' ? '(all others)' : key === '' ? '(none)' : kind === 'process' ? key : `(${key})`;
  return sanitize(name, 100);
}

const BAR = 24;

function textOf(answer: HistoryAnswer, lines: readonly Line[], unicode: boolean): string {
  const all = answer.total.sentBytes + answer.total.receivedBytes;
  const sumOf = ({ moved: [sent, received] = [0, 0] }: Line) => sent + received;
  const most = Math.max(1, ...lines.map(sumOf));
  const size = (bytes: number | undefined) =>
    bytes === undefined ? '-' : quantityText(formatSize(bytes, { base: 'si', quantity: 'bytes' }));
  const columns: readonly Column<Line>[] = [
    { title: answer.by.toUpperCase(), align: 'left', text: ({ name }) => name, sum: 'TOTAL' },
    { title: 'SENT', align: 'right', text: ({ moved }) => size(moved?.[0]), sum: size(answer.total.sentBytes) },
    {
      title: 'RECEIVED',
      align: 'right',
      text: ({ moved }) => size(moved?.[1]),
      sum: size(answer.total.receivedBytes),
    },
    {
      title: 'SHARE',
      align: 'right',
      text: (line) =>
        line.moved === undefined ? '-' : `${formatPercent(all === 0 ? 0 : (100 * sumOf(line)) / all)} %`,
    },
    {
      title: '',
      align: 'left',
      text: (line) => (unicode ? '█' : '#').repeat(Math.round((BAR * sumOf(line)) / most)),
    },
  ];
  const range = `${localTime(Date.parse(answer.since))} to ${localTime(Date.parse(answer.until))}`;
  const begin = answer.begins === null ? [] : [`${localTime(Date.parse(answer.begins))}: the history begins\n`];
  const gaps = answer.gaps.map(
    ({ since, until, text }) =>
      `${localTime(Date.parse(since))} to ${localTime(Date.parse(until))}: ${sanitize(text, 200)}\n`,
  );
  const body = lines.length === 0 ? 'Nothing was counted in this time.\n' : renderColumns(lines, columns, unicode);
  const notes = [...begin, ...gaps];
  return `${range}\n\n${body}${notes.length > 0 ? `\n${notes.join('')}` : ''}`;
}

/** Points of time have their bytes only; other rows everything that is kept. */
function csvOf(answer: HistoryAnswer): string {
  const { by, series } = answer;
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines =
    by === 'time'
      ? pointsOf(answer).map(({ timeMs, moved }) => [localIso(timeMs), ...(moved ?? ['', ''])].join())
      : series.map((one) => [quoted(nameOf(one)), ...AMOUNT_COLUMNS.map(([, key]) => one[key])].join());
  const columns = by === 'time' ? AMOUNT_COLUMNS.slice(0, 2) : AMOUNT_COLUMNS;
  return [[by, ...columns.map(([title]) => title)].join(), ...lines, ''].join('\n');
}

const AMOUNT_COLUMNS = [
  ['sent_bytes', 'sentBytes'],
  ['received_bytes', 'receivedBytes'],
  ['sent_payload_bytes', 'sentPayloadBytes'],
  ['received_payload_bytes', 'receivedPayloadBytes'],
  ['sent_packets', 'sentPackets'],
  ['received_packets', 'receivedPackets'],
  ['retransmitted_bytes', 'retransmittedBytes'],
] as const;
