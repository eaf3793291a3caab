// Owns: queues as JSON objects, in a refresh of `--json` and in `nettrace queues --json` (docs/json.md, docs/queues.md).
// Knows nothing of: when they were looked at and where the text goes. All text it gets is sanitised.
import { QUEUE_FIELDS } from '../model/queue-fields.ts';
import type { QueueModel, QueueRow } from '../model/queue-row.ts';
import type { WhySlow } from '../model/why-slow.ts';
import { decimals, isoTime, type JsonObject, jsonRow } from './json-row.ts';

/** Grows by one when a key changes its meaning or goes away. */
export const QUEUES_VERSION = 1;

/** One look as an object of a line. */
export function queuesObject(model: QueueModel): JsonObject {
  return {
    raised: model.raised,
    looked: model.looked,
    leftOut: model.leftOut,
    queues: model.rows.map(queueObject),
  };
}

/** A line of `nettrace queues --json`, its newline included. */
export function queuesLine(model: QueueModel, timeMs: number): string {
  return `${JSON.stringify({ type: 'queues', version: QUEUES_VERSION, time: isoTime(timeMs), ...queuesObject(model) })}\n`;
}

function queueObject(row: QueueRow): JsonObject {
  return {
    ...jsonRow(QUEUE_FIELDS, row),
    changeRate: decimals(row.changeRate),
    owners: row.owners.map(({ pid, name }) => ({ pid, name })),
    slow: row.slow === undefined ? null : slowObject(row.slow),
  };
}

/** What limits a connection, or all of a process. */
export function slowObject({ cause, text, also, figures }: WhySlow): JsonObject {
  const { retransmittedBytes, rttUs, minRttUs, deliveryRate, ...shares } = figures;
  return {
    cause,
    text,
    also,
    ...Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, decimals(share)])),
    retransmittedBytes,
    rttMs: decimals(rttUs === undefined ? undefined : rttUs / 1000),
    minRttMs: decimals(minRttUs === undefined ? undefined : minRttUs / 1000),
    deliveryRate: decimals(deliveryRate),
  };
}
