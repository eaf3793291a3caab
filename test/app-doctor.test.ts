// Owns: the doctor's arithmetic, its verdict, its report as text and JSON, and its exit code, in a world without a process.
// Knows nothing of: what works on this machine (e2e-doctor.test.ts).
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { findCapabilities } from '../src/app/doctor/capabilities.ts';
import { computeFigures, faultsOf, percent, type SelfTestReadings } from '../src/app/doctor/figures.ts';
import { type Findings, judge, type SelfTestFinding } from '../src/app/doctor/report.ts';
import { ownersOf } from '../src/app/doctor/self-test.ts';
import { renderDoctor } from '../src/app/doctor/text.ts';
import { runProgram } from '../src/cli/run.ts';
import type { KnownProcess, SourceProbe } from '../src/native/addon.ts';
import { createFakeWorld } from './support/fake-world.ts';
import { matchesFile } from './support/golden.ts';
import { snapshotOf } from './support/snapshot-builder.ts';

const NAMES = [
  'packet-ring',
  'libpcap',
  'rtnetlink',
  'sock-diag-tcp',
  'sock-diag-udp',
  'tcp-counts',
  'sock-diag-raw',
  'conntrack',
  'proc-fd',
  'pidfd',
  'proc-connector',
  'btf',
  'cgroup2-root',
  'socket-meter',
  'process-events',
  'packet-injection',
  'egress-tap',
] as const;

type Name = (typeof NAMES)[number];

/** Everything works but what is named. */
function sources(others: Partial<Record<Name, SourceProbe['state']>> = {}): readonly SourceProbe[] {
  return NAMES.map((name) => {
    const state = others[name] ?? 'works';
    const good = state === 'works';
    return { name, state, reason: good ? 'it answers' : 'bpf: no', advice: good ? '' : 'what is to be done about it' };
  });
}

function client(pid: number, more: Partial<KnownProcess> = {}): KnownProcess {
  return { pid, kind: 'tcp', v6: false, done: true, sentBytes: 400, receivedBytes: 600, packets: 9, ...more };
}

function readings(more: Partial<SelfTestReadings> = {}): SelfTestReadings {
  return {
    ownership: 'bpf',
    v6: true,
    known: [client(10), client(11, { kind: 'bulk', sentBytes: 6000, receivedBytes: 3000 })],
    measured: new Map([
      [10, { sentBytes: 400, receivedBytes: 600 }],
      [11, { sentBytes: 6000, receivedBytes: 3000 }],
    ]),
    reasons: { arp: 84 },
    counters: { sentBytes: 6442, receivedBytes: 3642, sentPackets: 50, receivedPackets: 40 },
    counted: { sentBytes: 6442, receivedBytes: 3642 },
    frames: 90,
    kernelDrops: 0,
    burst: { frames: 50_000, milliseconds: 400, cpuMs: 20 },
    ...more,
  };
}

function done(more: Partial<SelfTestReadings> = {}): SelfTestFinding {
  const figures = computeFigures(readings(more));
  const faults = faultsOf(figures);
  return { state: 'done', passed: faults.length === 0, faults, figures };
}

function findings(more: Partial<Findings> = {}): Findings {
  const device = { name: 'eth0', state: 'capturing', linkType: 'EN10MB', decoded: true, capture: 'ring', fault: '' };
  return {
    version: '1.2.3',
    sources: sources(),
    capture: {
      fault: undefined,
      milliseconds: 500,
      ringBytes: 16 * 1024 * 1024,
      devices: [{ ...device, frames: 12, kernelDrops: 0, interfaceDrops: 0 }],
    },
    capabilities: findCapabilities(status('000001ffffffffff')),
    selfTest: done(),
    ownership: 'bpf',
    ...more,
  };
}

function status(effective: string): string {
  return `CapInh:\t0\nCapPrm:\t${effective}\nCapEff:\t${effective}\nCapBnd:\t000001ffffffffff\n`;
}

const UNPRIVILEGED: Partial<Findings> = {
  sources: sources({
    'packet-ring': 'not-permitted',
    libpcap: 'not-permitted',
    'proc-fd': 'not-permitted',
    'socket-meter': 'not-permitted',
    'process-events': 'not-permitted',
    'packet-injection': 'not-permitted',
    'egress-tap': 'not-permitted',
  }),
  capabilities: findCapabilities(status('0000000000000000')),
  selfTest: { state: 'not-run', reason: 'it needs root' },
  ownership: undefined,
};

test('bytes of a process that were seen are found, those beyond what it moved are wrong', () => {
  const measured = new Map([
    [10, { sentBytes: 500, receivedBytes: 300 }],
    [99, { sentBytes: 50, receivedBytes: 0 }],
  ]);
  const figures = computeFigures(readings({ known: [client(10)], measured }));
  deepEqual([figures.found, figures.wrong], [0.7, 0.15]);
  deepEqual(figures.groups, [{ kind: 'tcp', processes: 1, bytes: 1000, found: 0.7, wrong: 0.1 }]);
});

test('the residual is the difference in both directions as a share of the counters', () => {
  const figures = computeFigures(readings({ counted: { sentBytes: 6443, receivedBytes: 3641 } }));
  equal(figures.residual, 2 / (6442 + 3642));
});

test('own CPU is told for a frame and for a core, at the rate of the burst', () => {
  const { cpuMicrosPerFrame, cpuShare, burstRate } = computeFigures(readings());
  deepEqual([cpuMicrosPerFrame, cpuShare, burstRate], [0.4, 0.05, 125_000]);
});

test('with the socket meter a short process that was missed is a fault', () => {
  const missed = readings({ measured: new Map([[11, { sentBytes: 6000, receivedBytes: 3000 }]]) });
  deepEqual(faultsOf(computeFigures(missed)), ['only 0.00 % of the bytes of short TCP connections found their owner']);
  deepEqual(faultsOf(computeFigures({ ...missed, ownership: 'classic' })), []);
});

test('a wrong owner is a fault however owners are found', () => {
  const measured = new Map([
    [10, { sentBytes: 400, receivedBytes: 600 }],
    [11, { sentBytes: 6100, receivedBytes: 3000 }],
  ]);
  deepEqual(faultsOf(computeFigures(readings({ measured, ownership: 'classic' }))), [
    '1.00 % of the bytes were charged to a wrong process',
  ]);
});

test('a percentage is not rounded to all or nothing', () => {
  deepEqual([1, 0.999999, 0.5, 0.000001, 0].map(percent), ['100.00 %', '99.99 %', '50.00 %', '< 0.01 %', '0.00 %']);
});

test('all is well where everything works and the test is passed; what is not needed does not matter', () => {
  const report = judge(
    findings({ sources: sources({ 'sock-diag-raw': 'not-supported', conntrack: 'not-supported' }) }),
  );
  deepEqual([report.verdict, report.reasons], ['well', []]);
  equal(report.tiers.find((tier) => tier.inForce)?.tier, 'socket-meter');
});

test('a kernel without BPF is degraded, and says what to expect', () => {
  const without = sources({ 'socket-meter': 'not-supported', 'process-events': 'not-supported' });
  const report = judge(findings({ sources: without, ownership: 'classic', selfTest: done({ ownership: 'classic' }) }));
  deepEqual(
    [report.verdict, report.reasons],
    ['degraded', ['the socket meter does not load', 'processes are not seen from their beginning']],
  );
  equal(report.tiers.find((tier) => tier.inForce)?.tier, 'look-ups');
});

test('a missing right is told once, not for each of its effects', () => {
  const report = judge(findings(UNPRIVILEGED));
  equal(report.verdict, 'degraded');
  equal(report.reasons.length, 1);
  match(report.reasons[0] ?? '', /^rights are missing, .*sudo nettrace doctor/);
  equal(report.tiers.find((tier) => tier.inForce)?.tier, 'tcp-counts');
});

test('a self-test with faults fails, whatever else works', () => {
  const report = judge(findings({ selfTest: done({ kernelDrops: 10 }) }));
  deepEqual([report.verdict, report.reasons], ['failed', ['10.00 % of the packets were dropped']]);
});

test('capabilities are told for each set', () => {
  const raw = findCapabilities(`${status('0000000000002000')}`).filter((row) => row.effective);
  deepEqual(
    raw.map((row) => [row.name, row.permitted, row.bounding]),
    [['CAP_NET_RAW', true, true]],
  );
  ok(findCapabilities('').every((row) => !row.effective && !row.bounding));
});

const LAYOUT = { unicode: true, columns: undefined };

test('the report of a machine where all is well', () => {
  matchesFile('test/golden/doctor-well.txt', renderDoctor(judge(findings()), LAYOUT));
});

test('the report without rights', () => {
  const capture = { ...findings().capture, fault: 'it needs root', milliseconds: 0 };
  matchesFile(
    'test/golden/doctor-unprivileged.txt',
    renderDoctor(judge(findings({ ...UNPRIVILEGED, capture })), LAYOUT),
  );
});

test('without a capture no rate of frames and no cost of one is claimed', () => {
  const burst = { frames: 0, milliseconds: 400, cpuMs: 20 };
  const lines = renderDoctor(judge(findings({ selfTest: done({ frames: 0, burst }) })), LAYOUT).split('\n');
  const own = lines.filter((line) => /Own CPU|Drops/.test(line)).map((line) => line.trim());
  deepEqual(own, ['Drops       none: nothing is captured', 'Own CPU     5.00 % of a core']);
});

test('long sentences are wrapped to the width of the terminal', () => {
  const text = renderDoctor(judge(findings(UNPRIVILEGED)), { unicode: true, columns: 80 });
  const sentences = text.split('\nWhat to expect\n')[1] ?? '';
  ok(sentences.split('\n').every((line) => line.length <= 80));
});

test('doctor --json is one object, and the exit code is that of its verdict', async () => {
  const fake = createFakeWorld({
    probes: sources(),
    selfAnswer: JSON.stringify({ figures: computeFigures(readings()) }),
    rows: () => ({ interfaces: [{ name: 'eth0', state: 'capturing', decoded: 1 }] }),
  });
  equal(await runProgram(fake.world, ['doctor', '--json'], '1.2.3'), 0);
  equal(fake.out.length, 1);
  const report = JSON.parse(fake.out[0] ?? '');
  deepEqual([report.type, report.version, report.verdict, report.selfTest.passed], ['doctor', '1.2.3', 'well', true]);
  deepEqual(fake.events, ['start', 'stop', 'stop', 'self doctor --self-test-process']);
});

test('a self-test whose process dies is a fault and no stack trace', async () => {
  const fake = createFakeWorld({ probes: sources(), selfAnswer: '' });
  equal(await runProgram(fake.world, ['doctor'], '1.2.3'), 3);
  match(fake.out.join(''), /Self-test\n {2}Broken: its process died\.\n\nSomething is wrong:\n/);
  deepEqual(fake.err, []);
});

test('text of the kernel cannot write to the terminal', async () => {
  const hostile = { name: 'btf', state: 'not-supported', reason: 'no\x1b[2J', advice: '\x07' } as const;
  const fake = createFakeWorld({ probes: [hostile] });
  equal(await runProgram(fake.world, ['doctor'], '1.2.3'), 3);
  match(fake.out.join(''), /no\\x1b\[2J\n\s+\\x07\n/);
});

test('doctor refuses what it does not know, in one sentence', async () => {
  const fake = createFakeWorld();
  equal(await runProgram(fake.world, ['doctor', '-t'], '1.2.3'), 1);
  deepEqual(fake.err, ['nettrace: doctor has no option "-t"; see "nettrace doctor --help"\n']);
});

test('the self-test counts what is on its own device, not what the engine tells of other namespaces', () => {
  const view = snapshotOf({
    interfaces: [{ name: 'a' }, { name: 'lo@x' }],
    owners: [
      { id: 4, kind: 'process', pid: 100 },
      { id: 5, kind: 'process', pid: 200 },
      { id: 6, kind: 'kernel', reason: 1 },
    ],
    accounts: [
      { owner: 4, interface: 0, sentBytes: 70, receivedBytes: 7 },
      { owner: 4, interface: 0, sentBytes: 70, repeated: 1 },
      { owner: 5, interface: 1, sentBytes: 900 },
      { owner: 6, interface: 1, sentBytes: 900 },
    ],
  });
  const { measured, reasons } = ownersOf(view, []);
  deepEqual([...measured], [[100, { sentBytes: 70, receivedBytes: 7 }]]);
  deepEqual(reasons, {});
});
