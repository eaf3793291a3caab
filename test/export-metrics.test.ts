// Tests: metrics are valid whatever processes are called, few, and no counter ever goes back, whoever comes and goes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { sanitize } from '../src/base/sanitize.ts';
import { createProgramMetrics } from '../src/export/metric-programs.ts';
import { METRICS, type Metric, type Sample } from '../src/export/metric-table.ts';
import { createMetrics } from '../src/export/metrics.ts';
import { metricsFormat, metricsText } from '../src/export/metrics-text.ts';
import type { InterfaceShare, Model, OwnerRow } from '../src/model/model.ts';
import { has } from './e2e/places.ts';
import { fixtureModel } from './support/view-model.ts';
import { seededRandom } from './tui-random.ts';

const promtool = has('promtool') ? false : 'needs the program promtool';

function share(name: string, sentBytes: number, receivedBytes = 0, repeated = false): InterfaceShare {
  const packets = { sentPackets: sentBytes > 0 ? 1 : 0, receivedPackets: receivedBytes > 0 ? 1 : 0 };
  return { name, sentBytes, receivedBytes, ...packets, sentRate: 0, receivedRate: 0, mirrored: false, repeated };
}

const TEMPLATE = fixtureModel().owners.find((row) => row.kind === 'process' && row.pid !== undefined) as OwnerRow;

function owner(id: number, name: string, ...interfaces: readonly InterfaceShare[]): OwnerRow {
  return { ...TEMPLATE, id, pid: id + 1000, name, user: 'root', unit: undefined, interfaces };
}

/** The row of processes that have ended and been folded. */
function folded(...interfaces: readonly InterfaceShare[]): OwnerRow {
  return { ...owner(3, 'exited processes', ...interfaces), pid: undefined };
}

/** `program interface direction` and its bytes. */
function bytesOf(samples: readonly Sample[]): Record<string, number> {
  const of = samples.filter(({ metric, value }) => metric === 'nettrace_program_bytes_total' && value > 0);
  return Object.fromEntries(of.map(({ labels, value }) => [`${labels[0]} ${labels[4]} ${labels[5]}`, value]));
}

function fractions(seed: number): () => number {
  const { below } = seededRandom(seed);
  return () => below(2 ** 30) / 2 ** 30;
}

const same = (name: string) => name;

function check(text: string): void {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

test('a host with everything gives metrics that promtool finds nothing wrong with', { skip: promtool }, () => {
  const metrics = createMetrics({ version: '1.0' });
  metrics.add(fixtureModel());
  const pushes = [{ target: 'otlp', sent: 1, failures: 0, dropped: 0 }];
  check(metricsText(metrics.samples({ pushes }), 'prometheus'));
});

test('any bytes in the name of a process give one line for each sample', { skip: promtool }, () => {
  const random = fractions(7);
  const names = Array.from({ length: 300 }, () =>
    sanitize(Uint8Array.from({ length: 1 + Math.floor(random() * 15) }, () => Math.floor(random() * 256))),
  );
  names.push('quo"te', 'back\\slash', 'brace}', 'equals="x",', '', ' ', 'x'.repeat(5000));
  const programs = createProgramMetrics({ programs: 400, cells: 400, idleMs: 1000 });
  programs.add(
    names.map((name, i) => owner(i + 10, name, share('eth0', 1 + i))),
    0,
    same,
  );
  const text = metricsText(programs.samples(), 'prometheus');
  check(text);
  const wrong = text
    .split('\n')
    .filter((line) => line !== '' && !/^(# (HELP|TYPE) |nettrace_\w+(\{.*\})? \d+$)/.test(line));
  assert.deepEqual(wrong, []);
});

test('OpenMetrics names families without their suffix, tells units and ends with EOF', () => {
  const metrics = createMetrics({ version: '1.0' });
  metrics.add(fixtureModel());
  const lines = metricsText(metrics.samples(), 'openmetrics').split('\n');
  assert.ok(lines.includes('# TYPE nettrace_program_bytes counter'));
  assert.ok(lines.includes('# UNIT nettrace_program_bytes bytes'));
  assert.ok(lines.includes('# TYPE nettrace_build info'));
  assert.ok(lines.includes('nettrace_build_info{version="1.0"} 1'));
  assert.deepEqual(lines.slice(-2), ['# EOF', '']);
  for (const [name, { unit, type }] of Object.entries<Metric>(METRICS)) {
    const family = type === 'counter' ? name.replace(/_total$/, '') : name;
    if (type === 'counter') assert.match(name, /_total$/);
    if (unit !== undefined) assert.ok(family.endsWith(`_${unit}`), name);
  }
});

test('only an interface whose speed is known has a sample of it', () => {
  const metrics = createMetrics({ version: '1.0' });
  metrics.add(fixtureModel());
  const lines = metricsText(metrics.samples(), 'prometheus').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('nettrace_interface_speed_bytes')),
    ['nettrace_interface_speed_bytes{interface="eth0"} 125000000'],
  );
});

test('the format is the one that Accept likes best, and plain text for whoever does not say', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  assert.equal(metricsFormat(prometheus), 'openmetrics');
  assert.equal(metricsFormat('text/plain;q=0.9, application/openmetrics-text;q=0.2'), 'prometheus');
  assert.equal(metricsFormat('application/openmetrics-text;q=0'), 'prometheus');
  for (const word of [undefined, '', '*/*', 'text/html', ';;,,q=']) assert.equal(metricsFormat(word), 'prometheus');
});

test('two processes of a program are one, and what is in another share is not counted twice', () => {
  const programs = createProgramMetrics();
  programs.add(
    [owner(10, 'curl', share('eth0', 100), share('docker0', 100, 0, true)), owner(11, 'curl', share('eth0', 11))],
    0,
    same,
  );
  assert.deepEqual(bytesOf(programs.samples()), { 'curl eth0 sent': 111 });
});

test('bytes that find another owner are not counted again when they come back', () => {
  const programs = createProgramMetrics();
  for (const bytes of [100, 60, 100, 130]) programs.add([owner(10, 'curl', share('eth0', bytes))], 0, same);
  assert.deepEqual(bytesOf(programs.samples()), { 'curl eth0 sent': 130 });
});

test('a process that ends keeps its bytes; what it moved unseen is of the others', () => {
  const programs = createProgramMetrics();
  programs.add([owner(10, 'curl', share('eth0', 100))], 0, same);
  programs.add([folded(share('eth0', 107))], 1000, same);
  programs.add([folded(share('eth0', 107))], 2000, same);
  assert.deepEqual(bytesOf(programs.samples()), { 'curl eth0 sent': 100, 'other eth0 sent': 7 });
});

test('programs beyond the limit are in "other", until one is much busier than the quietest', () => {
  const programs = createProgramMetrics({ programs: 1, cells: 10, idleMs: 300_000 });
  const at = (ms: number, first: number, second: number) =>
    programs.add([owner(10, 'first', share('eth0', first)), owner(11, 'second', share('eth0', second))], ms, same);
  at(0, 1000, 10);
  at(1000, 1000, 1500);
  assert.deepEqual(bytesOf(programs.samples()), { 'first eth0 sent': 1000, 'other eth0 sent': 1500 });
  at(2000, 1000, 9000);
  at(3000, 1100, 9500);
  assert.deepEqual(bytesOf(programs.samples()), { 'other eth0 sent': 1600, 'second eth0 sent': 8000 });
});

test('a program that is idle for five minutes loses its series and makes room', () => {
  const programs = createProgramMetrics({ programs: 1, cells: 10, idleMs: 300_000 });
  const first = owner(10, 'first', share('eth0', 1000));
  programs.add([first], 0, same);
  programs.add([first], 299_000, same);
  assert.deepEqual(bytesOf(programs.samples()), { 'first eth0 sent': 1000 });
  programs.add([first, owner(11, 'second', share('eth0', 5))], 300_000, same);
  assert.deepEqual(bytesOf(programs.samples()), { 'second eth0 sent': 5 });
});

test('over hundreds of random refreshes series stay below 2,000, no counter goes back and no byte is missing', () => {
  const random = fractions(11);
  const programs = createProgramMetrics();
  let alive = Array.from({ length: 150 }, (_, i) => ({ id: i + 10, name: `p${i}`, moved: [0, 0] as [number, number] }));
  let next = 1000;
  let gone: [number, number] = [0, 0];
  const before = new Map<string, number>();
  let bytes = 0;
  let retired = 0;
  for (let round = 0; round < 300; round++) {
    for (const each of alive)
      each.moved = [each.moved[0] + Math.floor(random() ** 8 * 1e6), each.moved[1] + Math.floor(random() * 9)];
    const rows = alive.map(({ id, name, moved }) => owner(id, name, share('eth0', moved[0]), share('lo', moved[1])));
    programs.add([folded(share('eth0', gone[0]), share('lo', gone[1])), ...rows], round * 5000, same);
    const samples = programs.samples();
    assert.ok(samples.length < 1300, String(samples.length));
    const now = new Map(samples.map(({ metric, labels, value }) => [`${metric} ${labels.join(' ')}`, value]));
    for (const [key, value] of before) {
      const later = now.get(key);
      if (later === undefined) retired += key.includes('bytes') ? value : 0;
      // One that came back within a refresh would begin at 0, which nobody could tell from falling.
      else assert.ok(key.includes('left_out') || later >= value, `${key} ${value} -> ${later}`);
    }
    before.clear();
    for (const [key, value] of now) before.set(key, value);
    bytes = samples
      .filter(({ metric }) => metric === 'nettrace_program_bytes_total')
      .reduce((sum, { value }) => sum + value, 0);
    const dying = alive.filter(() => random() < 0.02);
    for (const { moved } of dying) gone = [gone[0] + moved[0], gone[1] + moved[1]];
    alive = alive.map((each) => (dying.includes(each) ? { id: next++, name: `p${next % 400}`, moved: [0, 0] } : each));
  }
  const moved = alive.reduce((sum, each) => sum + each.moved[0] + each.moved[1], gone[0] + gone[1]);
  // The last refresh has not seen the row that the last dead were folded into grow, but has counted all their bytes.
  assert.equal(bytes + retired, moved);
});

test('a host with a thousand programs and a hundred interfaces has fewer than 2,000 series', () => {
  const model = fixtureModel();
  const [first] = model.interfaces;
  assert.ok(first !== undefined);
  const interfaces = Array.from({ length: 100 }, (_, i) => ({ ...first, slot: i, name: `veth${i}` }));
  const owners = Array.from({ length: 1000 }, (_, i) =>
    owner(i + 10, `p${i}`, ...interfaces.map(({ name }) => share(name, i + 1))),
  );
  const metrics = createMetrics({ version: '1.0' });
  metrics.add({ ...model, interfaces, owners } as Model);
  const count = metrics.samples().length;
  assert.ok(count > 1600 && count < 2000, String(count));
});
