// Owns: the pushing of a service's metrics: a request for each receiver at each interval, sent with fetch.
// Knows nothing of: what is measured.
import type { PushReading } from '../../export/metric-host.ts';
import type { Metrics, MetricsExtra } from '../../export/metrics.ts';
import { otlpBody } from '../../export/otlp.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../export/remote-write.ts';
import { type Clock, ticks } from '../clock.ts';
import { createPusher, type PushAnswer } from './push.ts';
import type { PushSettings, PushTarget } from './settings.ts';

export interface MetricsPush {
  /** For `nettrace_push_*`. */
  readings(): readonly PushReading[];
  stop(): void;
}

export interface MetricsPushParts {
  readonly metrics: Metrics;
  readonly settings: PushSettings;
  readonly extra: () => MetricsExtra;
  readonly clock: Clock;
  readonly wallClock: () => number;
  readonly say: (level: 'warn' | 'info', text: string) => void;
}

const ANSWER_WITHIN_MS = 30_000;
/** One for all receivers: they get the same values, now or later. */
const READER = { name: 'push', returns: true };

/** Starts at once; the first request is made at the first interval's end. */
export function startMetricsPush(parts: MetricsPushParts): MetricsPush {
  const { metrics, settings, clock } = parts;
  const stopping = new AbortController();
  const receivers = settings.targets.map((target) => ({
    target,
    pusher: createPusher({
      target: target.kind,
      send: (body, stop) => send(target, body, stop),
      clock,
      wallClock: parts.wallClock,
      random: Math.random,
      bufferBytes: settings.bufferBytes,
      say: parts.say,
    }),
  }));
  const readings = () => receivers.map(({ pusher }) => pusher.reading());
  const run = async (): Promise<void> => {
    for await (const _ of ticks(clock, settings.intervalMs, stopping.signal)) {
      const samples = metrics.samples({ ...parts.extra(), pushes: readings() });
      const host = samples.find(({ metric }) => metric === 'nettrace_host_info')?.labels[0] ?? '';
      const instance = settings.instance ?? host;
      if (samples.length === 0) continue;
      metrics.markRead(READER, metrics.refresh());
      const now = parts.wallClock();
      const start = samples.find(({ metric }) => metric === 'nettrace_start_time_seconds')?.value ?? 0;
      for (const { target, pusher } of receivers) {
        const body =
          target.kind === 'otlp'
            ? otlpBody(samples, now, start * 1000, { 'service.name': 'nettrace', 'service.instance.id': instance })
            : remoteWriteBody(samples, now, { job: 'nettrace', instance });
        pusher.add(body, samples.length);
      }
    }
  };
  void run();
  return {
    readings,
    stop() {
      stopping.abort();
      for (const { pusher } of receivers) pusher.stop();
    },
  };
}

/** Follows no redirects: a token goes to the address that was configured and nowhere else. */
async function send(target: PushTarget, body: Buffer, stop: AbortSignal): Promise<PushAnswer> {
  const headers = target.kind === 'otlp' ? { 'content-type': 'application/x-protobuf' } : REMOTE_WRITE_HEADERS;
  const answer = await fetch(target.url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      ...headers,
      'user-agent': 'nettrace',
      ...(target.authorization === undefined ? {} : { authorization: target.authorization }),
    },
    body: new Uint8Array(body),
    signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  await answer.body?.cancel();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
}
