// Owns: the metrics of the service's collector: fed by every refresh, read by the front, pushed where that is wanted.
// Knows nothing of: HTTP and formats.
import { z } from 'zod';
import type { PushReading } from '../export/metric-host.ts';
import { createMetrics } from '../export/metrics.ts';
import { metricsText } from '../export/metrics-text.ts';
import type { BudgetReading } from '../model/budget-watch.ts';
import type { Model } from '../model/model.ts';
import { startMetricsPush } from './metrics-push.ts';
import { type Verb, verb } from './serve-answers.ts';
import type { CollectorOrders } from './serve-request.ts';
import type { Shutdown } from './shutdown.ts';
import type { World } from './world.ts';

export interface MetricsService {
  readonly add: (model: Model) => void;
  readonly verb: Verb;
  /** Where the readings of budgets come from, once there are some. */
  readonly readBudgets: (read: () => readonly BudgetReading[]) => void;
}

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
  const schema = z.strictObject({ format: z.enum(['prometheus', 'openmetrics']) });
  return {
    add: metrics.add,
    readBudgets(read) {
      budgets = read;
    },
    verb: verb(schema, ({ format }) => {
      const samples = metrics.samples({ pushes: pushes(), budgets: budgets() });
      if (samples.length === 0) throw { status: 503, error: 'nothing has been counted yet; ask again in a second' };
      return metricsText(samples, format);
    }),
  };
}
