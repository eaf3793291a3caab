// Owns: the table of docs/metrics.md, made from the table of metrics.
// Knows nothing of: the text around it.
import { METRICS, type Metric } from '../../src/export/metric-table.ts';

export function metricTable(): string {
  const rows = Object.entries<Metric>(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((each) => `\`${each}\``).join(' ')} | ${help} |`,
  );
  return ['| metric | type | labels | |', '|---|---|---|---|', ...rows].join('\n');
}
