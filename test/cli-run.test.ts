// Owns: whole runs in a world without a process: modes, signals, rights, exit codes, and that nothing is a stack trace.
// Knows nothing of: formats of the outputs, beyond what tells them apart.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { OutputClosed } from '../src/app/output.ts';
import { UserError } from '../src/app/user-error.ts';
import { runProgram } from '../src/cli/run.ts';
import { createFakeWorld, type FakeOptions, type FakeWorld, nativeError } from './support/fake-world.ts';
import type { SnapshotRows } from './support/snapshot-builder.ts';

async function run(words: string, options: FakeOptions = {}): Promise<FakeWorld & { readonly code: number }> {
  const fake = createFakeWorld(options);
  const code = await runProgram(fake.world, words === '' ? [] : words.split(' '), '1.2.3');
  return Object.assign(fake, { code });
}

/** 1000 bytes a second; 7 more are found when the rings are drained. */
function rows(ms: number, stopped: boolean): SnapshotRows {
  const receivedBytes = ms + (stopped ? 7 : 0);
  return {
    interfaces: [{ name: 'eth0', state: 'capturing', decoded: 1, receivedBytes }],
    owners: [{ id: 9, kind: 'process', pid: 42, uid: 5, name: 'curl', commandLine: 'curl\0' }],
    accounts: [{ owner: 9, receivedBytes, receivedPackets: 1 }],
  };
}

test('a live view runs where both ends are a terminal', async () => {
  const { code, events, liveRun } = await run('-c 3', { terminal: true });
  deepEqual([code, events], [0, ['start', 'live', 'stop']]);
  equal(liveRun?.count, 3);
});

test('without a terminal text lines are printed, and a note says why', async () => {
  const { code, out, err } = await run('-c 2', { rows });
  deepEqual([code, out.length], [0, 2]);
  match(out[1] ?? '', /\nRefreshing:\n(?:.*\n)*curl\/42\/5\t0\t0\.9[0-9]+\n/);
  match(err.join(''), /^nettrace: standard output is not a terminal, so text lines are printed as with -t;/);
});

test('a terminal that cannot position text gets text lines', async () => {
  const { events, err } = await run('-c 1', { terminal: true, env: { TERM: 'dumb' } });
  deepEqual(events, ['start', 'stop']);
  match(err.join(''), /TERM=dumb/);
});

test('--json prints a line at once and one after each delay', async () => {
  const { code, out, err } = await run('--json -c 2 -d 2', { rows });
  deepEqual([code, err], [0, []]);
  const lines = out.map((line) => JSON.parse(line));
  deepEqual(
    lines.map((line) => [line.type, line.intervalMs, line.processes[0]?.receivedTotal ?? 0]),
    [
      ['refresh', 0, 0],
      ['refresh', 2000, 2007],
    ],
  );
});

test('what processes use is read only for those who are shown it: the live view and JSON', async () => {
  const reads = async (words: string, options: FakeOptions = {}) => {
    const { world } = createFakeWorld({ rows, ...options });
    let count = 0;
    const createProcessReader = async (root: string) => {
      count++;
      return world.createProcessReader(root);
    };
    equal(await runProgram({ ...world, createProcessReader }, words.split(' '), '1.2.3'), 0);
    return count;
  };
  deepEqual(
    [await reads('-c 1', { terminal: true }), await reads('--json -c 1'), await reads('--json --once')],
    [1, 1, 1],
  );
  deepEqual([await reads('-t -c 1'), await reads('--once'), await reads('-c 1')], [0, 0, 0]);
});

test('Ctrl-C prints what was counted until then, after the rings were drained, and ends with 0', async () => {
  const onWrite = (count: number, fake: FakeWorld) => {
    if (count === 0) void fake.clock.sleep(300, new AbortController().signal).then(() => fake.signal('SIGINT'));
  };
  const { code, out, events } = await run('--json', { rows, onWrite });
  equal(code, 0);
  equal(JSON.parse(out[1] ?? '').processes[0].receivedTotal, 307);
  deepEqual([out.length, events], [2, ['start', 'stop']]);
});

for (const [signal, wanted] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} prints the last refresh too and ends with ${wanted}`, async () => {
    const onWrite = (count: number, fake: FakeWorld) => (count === 1 ? fake.signal(signal) : undefined);
    const { code, out } = await run('-t', { rows, onWrite });
    deepEqual([code, out.length], [wanted, 3]);
  });
}

test('an output that is stuck when a signal comes does not keep the process alive', async () => {
  const onWrite = async (count: number, fake: FakeWorld) => {
    if (count === 1) fake.signal('SIGINT');
    if (count === 1) await new Promise(() => {});
  };
  const fake = createFakeWorld({ rows, onWrite });
  void runProgram(fake.world, ['-t'], '1');
  await fake.died;
  deepEqual(fake.events, ['start', 'die SIGINT']);
});

test('a reader that goes away is a normal end, a full disk is not', async () => {
  const closed = (count: number) => {
    if (count === 1) throw new OutputClosed();
  };
  const first = await run('-t', { rows, onWrite: closed });
  deepEqual([first.code, first.err, first.events], [0, [], ['start', 'stop']]);
  const full = () => {
    throw new UserError('cannot write standard output: no space left on the device', 'running');
  };
  const second = await run('-t', { rows, onWrite: full });
  deepEqual([second.code, second.err], [2, ['nettrace: cannot write standard output: no space left on the device\n']]);
});

const REFUSED: readonly (readonly [words: string, options: FakeOptions, code: number, sentence: RegExp])[] = [
  ['--bogus', {}, 1, /^nettrace: unknown option '--bogus'; see "nettrace --help"$/],
  ['eth7', {}, 1, /^nettrace: there is no network device "eth7"; the devices here are lo, eth0$/],
  ['eth7', { capEff: '0' }, 1, /there is no network device "eth7"/],
  ['-t -f tcp', { capEff: '0' }, 1, /^nettrace: --filter needs a capture, which needs root \(or CAP_NET_RAW\);/],
  ['--engine classic', { capEff: '0' }, 1, /^nettrace: --engine classic needs a capture, which needs root/],
  [
    '--engine bpf',
    { capEff: '2000' },
    1,
    /^nettrace: --engine bpf needs root \(or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN\);/,
  ],
  [
    '-f xx',
    { failOnCreate: nativeError('kFilterInvalid', '', 'syntax error') },
    1,
    /the filter "xx" is not valid: syntax error/,
  ],
  [
    '-f xx --tcp-only',
    { failOnCreate: nativeError('kFilterInvalid', '', 'no') },
    1,
    /the filter "\(xx\) and tcp" is not valid: no/,
  ],
  ['-t', { failOnStart: nativeError('kNoDevice') }, 1, /no network device that is up and running; name one, or use -a/],
  [
    '-a',
    { failOnStart: nativeError('kNoDevice') },
    1,
    /^nettrace: there is no network device here that can be watched$/,
  ],
  ['-t', { failOnStart: nativeError('kNotPermitted', 'eth0', '', 1) }, 1, /capturing on eth0 is not permitted/],
  ['--read x', { failOnStart: nativeError('kFileUnreadable', 'x', '', 13) }, 1, /cannot read "x": permission denied/],
  ['--read x', { failOnStart: nativeError('kFileNotACapture', 'x') }, 1, /"x" is not a pcap or pcapng capture/],
  [
    '-t',
    { loadError: new Error('the native addon is not built; run "npm run setup"') },
    1,
    /is not built; run "npm run setup"/,
  ],
  ['--config /nonexistent', {}, 1, /cannot read the configuration \/nonexistent: no such file or directory/],
  ['-t --log-file /nonexistent/x', {}, 1, /cannot write the log file \/nonexistent\/x: no such file or directory/],
  ['-t --log-file /dev/full', {}, 1, /cannot write the log file/],
];

for (const [words, options, code, sentence] of REFUSED) {
  test(`"${words}" with ${Object.keys(options)[0] ?? 'all rights'} is one sentence and ${code}`, async () => {
    const fake = await run(words, options);
    equal(fake.code, code);
    equal(fake.err.length, 1);
    match(fake.err[0]?.trimEnd() ?? '', sentence);
    deepEqual(fake.out, []);
  });
}

test('a fault of our own is one sentence with 70; NETTRACE_DEBUG=1 shows the stack, cleaned', async () => {
  const rowsThatFail = () => {
    throw new Error('bug\u001b[2J');
  };
  const plain = await run('-t', { rows: rowsThatFail });
  deepEqual(
    [plain.code, plain.err],
    [70, ['nettrace: a fault in nettrace: bug\\x1b[2J; NETTRACE_DEBUG=1 shows where\n']],
  );
  const debug = await run('-t', { rows: rowsThatFail, env: { NETTRACE_DEBUG: '1' } });
  match(debug.err[0] ?? '', /\n +at /);
  ok(!debug.err.join('').includes('\u001b'));
});

test('a file needs no rights, and under sudo is read as the caller', async () => {
  const ended = (ms: number) => ({ ...rows(ms, true), meta: [{ state: 'ended' }] });
  const user = await run('--read x.pcap --json', { rows: ended, capEff: '0', uid: 1000 });
  deepEqual([user.code, user.out.length, user.events], [0, 1, ['start', 'stop']]);
  equal(user.engineOptions?.file, 'x.pcap');
  equal(user.engineOptions?.devices, undefined);
  const sudo = await run('--read x.pcap', { rows: ended, env: { SUDO_UID: '1000', SUDO_GID: '1000' } });
  deepEqual(sudo.events, ['initgroups 1000', 'setgid 1000', 'setuid 1000', 'start', 'stop']);
  match(sudo.out[0] ?? '', /^INTERFACE +SENT +RECEIVED\neth0/);
});

test('a file that is cut off is printed, and the exit code says that it is not all', async () => {
  const broken = (ms: number) => ({
    ...rows(ms, true),
    meta: [{ state: 'ended' }],
    faults: [{ code: 'kFileTruncated', text: 'the capture file ends within a packet', subject: 'x.pcap' }],
  });
  const { code, out, err } = await run('--read x.pcap --json', { rows: broken });
  deepEqual([code, out.length], [2, 1]);
  match(err.at(-1) ?? '', /^nettrace: the capture "x\.pcap" ends within a packet; everything before it was counted\n$/);
});

test('settings reach the engine: limits, filter with --tcp-only, devices', async () => {
  const words =
    '-t -c 1 -p -f udp --tcp-only --snaplen 100 --ring-size 32M --max-flows 5000 --lookups 9 --capture pcap eth0';
  const { engineOptions } = await run(words);
  deepEqual(engineOptions, {
    snaplen: 100,
    maxFlows: 5000,
    names: true,
    filter: '(udp) and tcp',
    devices: ['eth0'],
    all: false,
    engine: 'auto',
    light: false,
    promiscuous: true,
    capture: 'pcap',
    ringBytes: 32 * 1024 * 1024,
    lookupsPerSecond: 9,
  });
});

test('with --numeric no packet is looked into for names, and nothing names a port', async () => {
  equal((await run('-t -c 1 -n eth0')).engineOptions?.names, false);
  const { code, err } = await run('-t -c 1 -n --resolve eth0');
  equal(code, 1);
  match(err.join(''), /--numeric and --resolve exclude each other/);
});

test('missing rights to see other processes are a warning, not the end', async () => {
  const { code, err } = await run('-t -c 1', { capEff: '2000', uid: 1000 });
  equal(code, 0);
  deepEqual(err, [
    'nettrace: warn: processes of other users cannot be seen without CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE\n',
  ]);
});

test('--print-config prints the settings in force and opens nothing', async () => {
  const { code, out, events } = await run('--print-config -d 3 eth0', { capEff: '0' });
  deepEqual([code, events], [0, []]);
  match(out.join(''), /^delay = 3$/m);
  match(out.join(''), /^devices = \[ "eth0" \]$/m);
});

test('--engine and --light reach the engine; a file to read has neither', async () => {
  const asked = async (words: string) => {
    const { engineOptions } = await run(`-t -c 1 ${words}`.trim());
    return [engineOptions?.engine, engineOptions?.light];
  };
  deepEqual(await asked(''), ['auto', false]);
  deepEqual(await asked('--engine classic'), ['classic', false]);
  deepEqual(await asked('--light --engine bpf'), ['bpf', true]);
  const { engineOptions } = await run('--read a.pcap');
  equal(engineOptions !== undefined && 'engine' in engineOptions, false);
});

const EXCLUDED: readonly (readonly [words: string, sentence: string])[] = [
  ['--light --filter udp', '--light and --filter exclude each other: --light captures nothing'],
  ['--light --tcp-only', '--light and --tcp-only exclude each other: --light captures nothing'],
  ['--light -p', '--light and --promiscuous exclude each other: --light captures nothing'],
  ['--light --snaplen 128', '--light and --snaplen exclude each other: --light captures nothing'],
  ['--light --capture ring', '--light and --capture exclude each other: --light captures nothing'],
  ['--light --ring-size 2M', '--light and --ring-size exclude each other: --light captures nothing'],
  ['--light --read a.pcap', '--light and --read exclude each other: a file has packets only'],
  ['--light --engine classic', '--light and --engine classic exclude each other: classic counts what is captured'],
  ['--engine bpf --read a.pcap', '--engine and --read exclude each other: a file does not know processes'],
];

for (const [words, sentence] of EXCLUDED) {
  test(`"${words}" is refused before anything is opened`, async () => {
    const { code, err, events } = await run(words);
    deepEqual([code, err, events], [1, [`nettrace: ${sentence}\n`], []]);
  });
}

test('without any right the engine is started all the same, and what it goes without is said in one sentence', async () => {
  const fault = { code: 'kStreamsOnly', text: 'the processes of others' };
  for (const words of ['-t -c 1', '--light -t -c 1', '-t -c 1 eth0']) {
    const { code, err, events } = await run(words, { capEff: '0', rows: () => ({ faults: [fault] }) });
    equal(code, 0);
    deepEqual(events, ['start', 'stop']);
    equal(err.length, 1);
    match(err.join(''), /only TCP is counted, and only your own processes are named; run "sudo nettrace" for all/);
  }
});
