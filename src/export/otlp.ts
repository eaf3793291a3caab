// Owns: samples as an OTLP request for metrics (opentelemetry-proto, collector/metrics/v1), as OTLP/HTTP wants it.
// Knows nothing of: who gets it and when.
import { groupByMetric, METRICS, type Metric, type Sample } from './metric-table.ts';
import { encodeProtobuf, type ProtobufWriter } from './protobuf.ts';

const CUMULATIVE = 2;
/** UCUM, as OpenTelemetry's semantic conventions have it. */
const UNITS = { bytes: 'By', seconds: 's', ratio: '1' } as const;

/**
 * @param startMs when counting began, for counters that do not say when they did
 * @param resource attributes of the host, e.g. service.instance.id
 */
export function otlpBody(
  samples: readonly Sample[],
  timeMs: number,
  startMs: number,
  resource: Readonly<Record<string, string>>,
): Buffer {
  return encodeProtobuf((request) => {
    request.message(1, (resourceMetrics) => {
      resourceMetrics.message(1, (of) => {
        for (const [key, value] of Object.entries(resource)) attribute(of, 1, key, value);
      });
      resourceMetrics.message(2, (scopeMetrics) => {
        scopeMetrics.message(1, (scope) => scope.text(1, 'nettrace'));
        for (const [name, group] of groupByMetric(samples)) {
          const metric: Metric = METRICS[name];
          scopeMetrics.message(2, (to) => {
            to.text(1, name);
            to.text(2, metric.help);
            if (metric.unit !== undefined) to.text(3, UNITS[metric.unit]);
            const isSum = metric.type === 'counter';
            to.message(isSum ? 7 : 5, (data) => {
              for (const sample of group)
                data.message(1, (point) => writePoint(point, metric, sample, timeMs, startMs));
              if (!isSum) return;
              data.varint(2, CUMULATIVE);
              data.varint(3, 1);
            });
          });
        }
      });
    });
  });
}

function writePoint(to: ProtobufWriter, metric: Metric, sample: Sample, timeMs: number, startMs: number): void {
  if (metric.type === 'counter') to.nanos(2, sample.startMs ?? startMs);
  to.nanos(3, timeMs);
  to.double(4, sample.value);
  metric.labels.forEach((name, i) => {
    const value = sample.labels[i] ?? '';
    if (value !== '') attribute(to, 7, name, value);
  });
}

function attribute(to: ProtobufWriter, field: number, key: string, value: string): void {
  to.message(field, (pair) => {
    pair.text(1, key);
    pair.message(2, (any) => any.text(1, value));
  });
}
