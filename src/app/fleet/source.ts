// Owns: questions to Prometheus or VictoriaMetrics (HTTP API, /api/v1/query) and their answers as a model of the fleet.
// Knows nothing of: screens. What a server answers is foreign: it is checked and sanitised here.
import { z } from 'zod';
import { sanitize } from '../../base/sanitize.ts';
import type { FleetHost, FleetModel, FleetProgram } from '../../view/fleet-model.ts';
import { fetchReason } from '../fetch-reason.ts';
import { splitCredentials } from '../push/settings.ts';
import { UserError } from '../user-error.ts';

export interface FleetSource {
  /** Throws UserError: one sentence. */
  read(stop: AbortSignal): Promise<FleetModel>;
  /** Bytes a second of a program, or of a whole host, over the last hour, oldest first; NaN where there is none. */
  hour(
    host: string,
    program: { readonly program: string; readonly user: string } | undefined,
    stop: AbortSignal,
  ): Promise<readonly number[]>;
}

export interface FleetSourceParts {
  /** Address of the server, with or without name and password. */
  readonly from: string;
  /** Content of --token-file. */
  readonly token: string | undefined;
  /** Seconds over which rates are taken. */
  readonly windowSeconds: number;
  readonly wallClock: () => number;
  readonly fetch: typeof fetch;
}

const ANSWER_WITHIN_MS = 10_000;
const MOST_PROGRAMS = 500;
const LONGEST_NAME = 200;
const HOUR_STEPS = 120;

const vector = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]).optional(),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
      }),
    ),
  }),
});
type Series = z.output<typeof vector>['data']['result'][number];

/** Throws UserError for an address that is none. */
export function createFleetSource(parts: FleetSourceParts): FleetSource {
  if (!URL.canParse(parts.from) || !/^https?:$/.test(new URL(parts.from).protocol)) {
    throw new UserError('--from must be the address of Prometheus or VictoriaMetrics, such as http://prometheus:9090');
  }
  const { url, authorization } = splitCredentials(parts.from);
  const bearer = parts.token === undefined ? authorization : `Bearer ${parts.token}`;
  const base = url.replace(/\/+$/, '');
  const range = `${parts.windowSeconds}s`;

  const ask = async (
    path: string,
    words: Readonly<Record<string, string>>,
    stop: AbortSignal,
  ): Promise<readonly Series[]> => {
    const target = `${base}/api/v1/${path}?${new URLSearchParams(words)}`;
    const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
    let text: string;
    let status: number;
    try {
      const headers: Record<string, string> = bearer === undefined ? {} : { authorization: bearer };
      const answer = await parts.fetch(target, { headers, redirect: 'error', signal: AbortSignal.any([stop, limit]) });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      const what = limit.aborted ? `it does not answer within ${ANSWER_WITHIN_MS / 1000} s` : fetchReason(error);
      throw new UserError(`${sanitize(base, LONGEST_NAME)} cannot be asked: ${what}`);
    }
    if (status === 401 || status === 403) {
      throw new UserError(`${sanitize(base, LONGEST_NAME)} refuses to answer (${status}): see --token-file`);
    }
    const parsed = vector.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new UserError(
        `${sanitize(base, LONGEST_NAME)} does not answer as Prometheus does (HTTP ${status}): is --from right?`,
      );
    }
    return parsed.data.data.result;
  };

  return {
    async read(stop) {
      const instant = (query: string) => ask('query', { query }, stop);
      const [totals, rates, cpus, loads, memory, alerts, times, names, programs] = await Promise.all([
        instant('sum by (instance, direction) (nettrace_traffic_bytes_total)'),
        instant(`sum by (instance, direction) (rate(nettrace_traffic_bytes_total[${range}]))`),
        instant(
          `1 - sum by (instance) (rate(nettrace_host_cpu_seconds_total{mode=~"idle|iowait"}[${range}])) / sum by (instance) (rate(nettrace_host_cpu_seconds_total[${range}]))`,
        ),
        instant('max by (instance) (nettrace_host_load1)'),
        instant('max by (instance, state) (nettrace_host_memory_bytes{state=~"used|total"})'),
        instant('sum by (instance) (nettrace_queue_alerts)'),
        instant('max by (instance) (nettrace_refresh_timestamp_seconds)'),
        instant('nettrace_host_info'),
        instant(
          `topk(${MOST_PROGRAMS}, sum by (instance, program, user, direction) (rate(nettrace_program_bytes_total[${range}])) > 0)`,
        ),
      ]);
      const nowMs = parts.wallClock();
      const indexes = new Map<readonly Series[], ReadonlyMap<string, number>>();
      const value = (of: readonly Series[], host: string, wanted = ''): number | undefined => {
        const index = indexes.get(of) ?? byHost(of);
        indexes.set(of, index);
        return index.get(`${wanted} ${host}`);
      };
      const hostnames = new Map(names.map(({ metric }) => [metric['instance'], metric['hostname']]));
      const instances = new Set(totals.map(({ metric }) => metric['instance'] ?? ''));
      const hosts = [...instances].map((raw): FleetHost => {
        const time = value(times, raw);
        return {
          host: sanitize(raw, LONGEST_NAME),
          hostname: sanitize(hostnames.get(raw) ?? '', LONGEST_NAME),
          sentRate: value(rates, raw, 'sent'),
          receivedRate: value(rates, raw, 'received'),
          sentTotal: value(totals, raw, 'sent') ?? 0,
          receivedTotal: value(totals, raw, 'received') ?? 0,
          cpu: value(cpus, raw),
          load1: value(loads, raw),
          memoryUsed: value(memory, raw, 'used'),
          memoryTotal: value(memory, raw, 'total'),
          alerts: value(alerts, raw) ?? 0,
          ageSeconds: time === undefined ? undefined : Math.max(0, nowMs / 1000 - time),
        };
      });
      const busy = (row: { readonly sentRate?: number | undefined; readonly receivedRate?: number | undefined }) =>
        (row.sentRate ?? 0) + (row.receivedRate ?? 0);
      return {
        timeMs: nowMs,
        hosts: hosts.sort((a, b) => busy(b) - busy(a) || (a.host < b.host ? -1 : 1)),
        programs: programRows(programs).sort((a, b) => busy(b) - busy(a)),
      };
    },
    async hour(host, program, stop) {
      const end = Math.floor(parts.wallClock() / 1000);
      const step = 3600 / HOUR_STEPS;
      const selector = [
        `instance=${JSON.stringify(host)}`,
        ...(program === undefined
          ? []
          : [`program=${JSON.stringify(program.program)}`, `user=${JSON.stringify(program.user)}`]),
      ].join(',');
      const metric = program === undefined ? 'nettrace_traffic_bytes_total' : 'nettrace_program_bytes_total';
      const query = `sum(rate(${metric}{${selector}}[${Math.max(parts.windowSeconds, step)}s]))`;
      const words = { query, start: String(end - 3600), end: String(end), step: `${step}s` };
      const [series] = await ask('query_range', words, stop);
      const values = new Array<number>(HOUR_STEPS).fill(Number.NaN);
      for (const [time, text] of series?.values ?? []) {
        const at = Math.round((time - (end - 3600)) / step) - 1;
        if (at >= 0 && at < HOUR_STEPS) values[at] = Number(text);
      }
      return values;
    },
  };
}

/** Values by direction or state (or neither) and instance: hosts are many. */
function byHost(series: readonly Series[]): ReadonlyMap<string, number> {
  return new Map(
    series.flatMap(({ metric, value }) => {
      const number = Number(value?.[1]);
      const key = `${metric['direction'] ?? metric['state'] ?? ''} ${metric['instance'] ?? ''}`;
      return Number.isFinite(number) ? [[key, number]] : [];
    }),
  );
}

function programRows(series: readonly Series[]): FleetProgram[] {
  const rows = new Map<string, { -readonly [K in keyof FleetProgram]: FleetProgram[K] }>();
  for (const { metric, value } of series) {
    const [host = '', program = '', user = ''] = [metric['instance'], metric['program'], metric['user']].map((text) =>
      sanitize(text ?? '', LONGEST_NAME),
    );
    const key = JSON.stringify([host, program, user]);
    const row = rows.get(key) ?? { host, program, user, sentRate: 0, receivedRate: 0 };
    const rate = Number(value?.[1]);
    if (Number.isFinite(rate)) row[metric['direction'] === 'sent' ? 'sentRate' : 'receivedRate'] += rate;
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** What undici says of a server that hangs up is no word for people. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
