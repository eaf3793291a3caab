// Owns: samples as text: Prometheus' format 0.0.4 and OpenMetrics 1.0.0, and which of the two a reader asked for.
// Knows nothing of: what is measured.
import { groupByMetric, METRICS, type Metric, type MetricName, type Sample } from './metric-table.ts';

export type MetricsFormat = 'prometheus' | 'openmetrics';

export const METRICS_CONTENT_TYPE: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** By the header Accept (RFC 9110, 12.5.1): OpenMetrics where it is liked at least as much as plain text. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  let [open, plain] = [0, 0];
  for (const range of (accept ?? '').slice(0, 1000).split(',')) {
    const [type = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map((word) => word.trim());
    const given = parameters.find((word) => word.startsWith('q='))?.slice(2);
    const quality = given === undefined ? 1 : Number(given) || 0;
    if (type === 'application/openmetrics-text') open = Math.max(open, quality);
    else if (type === 'text/plain' || type === 'text/*' || type === '*/*') plain = Math.max(plain, quality);
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus';
}

/** The samples of a metric together, in the order of the table; metrics without samples are left out. */
export function metricsText(samples: readonly Sample[], format: MetricsFormat): string {
  const byMetric = groupByMetric(samples);
  const lines: string[] = [];
  for (const [name, metric] of Object.entries<Metric>(METRICS)) {
    const of = byMetric.get(name as MetricName);
    if (of === undefined) continue;
    const open = format === 'openmetrics';
    const family = open ? familyOf(name, metric) : name;
    lines.push(`# HELP ${family} ${escapeHelp(metric.help, open)}`);
    lines.push(`# TYPE ${family} ${metric.type === 'info' && !open ? 'gauge' : metric.type}`);
    if (open && metric.unit !== undefined) lines.push(`# UNIT ${family} ${metric.unit}`);
    for (const { labels, value } of of) lines.push(`${name}${labelText(metric.labels, labels)} ${numberText(value)}`);
  }
  return `${lines.join('\n')}\n${format === 'openmetrics' ? '# EOF\n' : ''}`;
}

/** OpenMetrics names a counter without `_total` and an info without `_info`. */
function familyOf(name: string, { type }: Metric): string {
  if (type === 'counter') return name.replace(/_total$/, '');
  return type === 'info' ? name.replace(/_info$/, '') : name;
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, i) => `${name}="${escapeValue(values[i] ?? '')}"`).join(',')}}`;
}

const LONE_SURROGATE = /\p{Cs}/u;
const ALL_LONE = /\p{Cs}/gu;

function escapeValue(text: string): string {
  const whole = LONE_SURROGATE.test(text) ? text.replace(ALL_LONE, '\uFFFD') : text;
  return /[\\"\n]/.test(whole) ? whole.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : whole;
}

/** Prometheus' own format leaves quotes in help as they are. */
function escapeHelp(text: string, quotes: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? escaped.replaceAll('"', '\\"') : escaped;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
