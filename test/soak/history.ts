// Owns: what a service's history says was moved, and what the interface says.
// Knows nothing of: what is done to the service.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from './service.ts';

interface Bytes {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Its batches are written every five seconds. */
const WRITTEN_MS = 7000;

export interface HistoryText {
  readonly series: readonly Bytes[];
  readonly gaps: readonly { readonly reason: string }[];
}

export async function history(service: Service, sinceMs: number, untilMs?: number): Promise<HistoryText> {
  await sleep(WRITTEN_MS);
  const word = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
  const until = untilMs === undefined ? '' : `&until=${word(untilMs)}`;
  const { text } = await service.get(`/api/v1/history?since=${word(sinceMs)}${until}&by=interface`);
  return JSON.parse(text) as HistoryText;
}

export async function historyBytes(service: Service, sinceMs: number, untilMs?: number): Promise<number> {
  const { series } = await history(service, sinceMs - 20_000, untilMs);
  return series.reduce((sum, { sentBytes, receivedBytes }) => sum + sentBytes + receivedBytes, 0);
}

export function moved(before: Bytes, after: Bytes): number {
  return after.sentBytes - before.sentBytes + after.receivedBytes - before.receivedBytes;
}
