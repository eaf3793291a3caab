// Owns: the metrics of the service's collector: fed by every refresh, read by the front, pushed where that is wanted.
// Knows nothing of: HTTP and formats.
import { z } from 'zod';
import type { PushReading } from '../../export/metric-host.ts';
import { LONGEST_WAIT_MS } from '../../export/metric-readers.ts';
import { createMetrics, type SeldomReader } from '../../export/metrics.ts';
import { type MetricsFormat, metricsText } from '../../export/metrics-text.ts';
import type { BudgetReading } from '../../model/budget-watch.ts';
import type { Model } from '../../model/model.ts';
import { startMetricsPush } from '../push/metrics-push.ts';
import type { Shutdown } from '../shutdown.ts';
import type { World } from '../world.ts';
import { type Verb, verb } from './answers.ts';
import type { CollectorOrders } from './request.ts';

export interface MetricsService {
  readonly add: (model: Model) => void;
  readonly verb: Verb;
  /** Where the readings of budgets come from, once there are some. */
  readonly readBudgets: (read: () => readonly BudgetReading[]) => void;
  /** Lines for the front after a refresh: the text that readers asked for not long ago, before they ask again. */
  readonly lines: () => readonly string[];
}

const LONGEST_READER = 100;

export function createMetricsService(
  world: World,
  { version, push }: Pick<CollectorOrders, 'version' | 'push'>,
  shutdown: Shutdown,
): MetricsService {
  const metrics = createMetrics({ version });
  let budgets = (): readonly BudgetReading[] => [];
  let pushes = (): readonly PushReading[] => [];
  if (push !== undefined) {
    const { clock, wallClock } = world;
    const say = (_: string, text: string) => world.stderr(`nettrace: ${text}\n`);
    const pushing = startMetricsPush({
      metrics,
      settings: push,
      extra: () => ({ budgets: budgets() }),
      clock,
      wallClock,
      say,
    });
    shutdown.add('engine', pushing.stop);
    pushes = pushing.readings;
  }
  const wantedUntilMs = new Map<MetricsFormat, number>();
  const textOf = (format: MetricsFormat, seldom?: SeldomReader) => {
    const samples = metrics.samples({ pushes: pushes(), budgets: budgets() }, seldom);
    return samples.length === 0 ? undefined : metricsText(samples, format);
  };
  const schema = z.strictObject({
    format: z.enum(['prometheus', 'openmetrics']),
    // Who is given the text, and that of which refresh where it was at hand.
    reader: z
      .object({ name: z.string().max(LONGEST_READER), returns: z.boolean(), seldom: z.boolean().default(false) })
      .optional(),
    refresh: z.number().int().nonnegative().optional(),
  });
  return {
    add: metrics.add,
    readBudgets(read) {
      budgets = read;
    },
    verb: verb(schema, ({ format, reader, refresh }) => {
      const seldom = reader?.seldom === true ? reader : undefined;
      if (seldom === undefined) wantedUntilMs.set(format, world.clock.now() + LONGEST_WAIT_MS);
      const text = refresh === undefined ? textOf(format, seldom) : '';
      if (text === undefined) throw { status: 503, error: 'nothing has been counted yet; ask again in a second' };
      if (reader !== undefined) metrics.markRead(reader, refresh ?? metrics.refresh());
      return text;
    }),
    lines() {
      const now = world.clock.now();
      return [...wantedUntilMs].flatMap(([format, untilMs]) =>
        now < untilMs
          ? [`{"metrics":${JSON.stringify({ format, refresh: metrics.refresh(), text: textOf(format) ?? '' })}}\n`]
          : [],
      );
    },
  };
}
