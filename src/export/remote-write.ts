// Owns: samples as a Prometheus remote write request 1.0 (prometheus.io/docs/specs/prw/remote_write_spec).
// Knows nothing of: who gets it and when.
import { METRICS, type Metric, type Sample } from './metric-table.ts';
import { encodeProtobuf } from './protobuf.ts';
import { snappyCompress } from './snappy.ts';

/** @param external labels of every series, e.g. instance; they win over nothing: no metric has these names */
export function remoteWriteBody(
  samples: readonly Sample[],
  timeMs: number,
  external: Readonly<Record<string, string>>,
): Buffer {
  const bytes = encodeProtobuf((request) => {
    for (const sample of samples) {
      request.message(1, (series) => {
        for (const [name, value] of labelsOf(sample, external)) {
          series.message(1, (label) => {
            label.text(1, name);
            label.text(2, value);
          });
        }
        series.message(2, (point) => {
          point.double(1, sample.value);
          point.varint(2, Math.max(0, Math.round(timeMs)));
        });
      });
    }
  });
  return snappyCompress(bytes);
}

export const REMOTE_WRITE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

/** Sorted by name, without empty ones, as the specification demands. */
function labelsOf({ metric, labels }: Sample, external: Readonly<Record<string, string>>): readonly [string, string][] {
  const { labels: names }: Metric = METRICS[metric];
  const own = names.map((name, i): [string, string] => [name, labels[i] ?? '']);
  return [['__name__', metric], ...Object.entries(external), ...own]
    .filter((pair): pair is [string, string] => pair[1] !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
