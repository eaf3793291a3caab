// Tests: every metric is documented; alert rules and the dashboard use only metrics that exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { METRICS } from '../src/export/metric-table.ts';
import { has, ROOT } from './e2e/places.ts';
import { metricTable } from './support/metric-docs.ts';

const RULES = join(ROOT, 'contrib/prometheus-alerts.yml');

test('docs/metrics.md has the table of all metrics', () => {
  const text = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
  assert.ok(text.includes(metricTable()), `docs/metrics.md must hold:\n${metricTable()}`);
});

test('promtool accepts the alert rules', { skip: has('promtool') ? false : 'needs the program promtool' }, () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

test('alert rules and dashboard ask for metrics that there are', () => {
  const dashboard = readFileSync(join(ROOT, 'contrib/grafana-dashboard.json'), 'utf8');
  assert.equal((JSON.parse(dashboard) as { title: string }).title, 'nettrace');
  const used = (dashboard + readFileSync(RULES, 'utf8')).match(/\bnettrace_\w+/g) ?? [];
  assert.ok(used.length > 10);
  assert.deepEqual(
    used.filter((name) => !(name in METRICS)),
    [],
  );
});
