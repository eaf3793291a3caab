// Tests: record, replay and attach, really run: what a recording says of known traffic, both live programs on a terminal.
import { equal, match, ok } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertValid } from './support/json-valid.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';
import { listenTo, MAIN, type Serving, serve } from './support/serve-run.ts';

const HARNESS = fileURLToPath(new URL('test/tui-pty-harness.py', PACKAGE_ROOT));
const BYTES = 3_000_000;

interface Line {
  readonly total: { readonly sentTotal: number };
  readonly processes: readonly { readonly pid: number; readonly sentTotal: number; readonly cmdline: string }[];
  readonly exitedEarlier: { readonly sentTotal: number };
  readonly connections?: readonly unknown[];
}

type Step = readonly [string, ...(string | number)[]];

/** What a live program wrote, and how it ended, when these keys are pressed on a terminal. */
function onTerminal(words: readonly string[], steps: readonly Step[], folder: string, told = () => {}) {
  const child = spawn('python3', [HARNESS, JSON.stringify(steps), process.execPath, MAIN, ...words], {
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (text === 'told\n') told();
  });
  return new Promise<{ failure: string | null; code: number; errors: string }>((resolve) => {
    child.on('close', () => resolve(JSON.parse(text.slice(text.indexOf('{')))));
  });
}

const run = (...words: string[]) => spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });

/** Sends them over loopback from this process, and waits until they are there. */
async function transfer(bytes: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const all = new Promise<void>((resolve) => {
    server.on('connection', (socket) => socket.resume().on('end', () => resolve()));
  });
  connect(port, '127.0.0.1').end(Buffer.alloc(bytes));
  await all;
  server.close();
}

const skip = process.getuid?.() === 0 ? false : 'needs root to capture, and for the service';

describe('a recording of known traffic', { skip, timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-record-'));
  const file = join(folder, 'a.ntr');
  after(() => rmSync(folder, { recursive: true }));
  before(async () => {
    const recorder = listenTo(spawn(process.execPath, [MAIN, 'record', '-d', '0.2', file, 'lo']));
    while (recorder.child.exitCode === null && !(existsSync(file) && statSync(file).size > 4000)) await setTimeout(20);
    await transfer(BYTES);
    recorder.child.kill('SIGINT');
    equal(await recorder.ended, 0, recorder.said());
    match(recorder.said(), /^nettrace: \d+ refreshes, [\d.]+ kB in .*a\.ntr; see them with/);
  });

  test('holds its bytes, charged to the process, once, and no arguments of command lines', () => {
    equal(statSync(file).mode & 0o777, 0o600);
    const lines = run('replay', file, '--json', '--connections').stdout.trim().split('\n');
    ok(lines.length >= 2);
    for (const line of lines) assertValid(JSON.parse(line));
    const last = JSON.parse(lines.at(-1) ?? '') as Line;
    const own = last.processes.find(({ pid }) => pid === process.pid);
    ok((own?.sentTotal ?? 0) > BYTES && (own?.sentTotal ?? 0) < BYTES * 1.2, String(own?.sentTotal));
    equal(own?.cmdline.includes('e2e-record'), false);
    const sum = last.processes.reduce((total, row) => total + row.sentTotal, last.exitedEarlier.sentTotal);
    equal(sum, last.total.sentTotal);
    ok(last.connections !== undefined);
  });

  test('is shown in the live program, where keys stop it and move in time, and no signal can be sent', async () => {
    const steps: readonly Step[] = [
      ['resize', 150, 30],
      ['expect', 'recording of'],
      ['send', ' '],
      ['expect', 'paused'],
      ['send', '}'],
      ['expect', 'its end'],
      ['send', '+'],
      ['expect', 'x2'],
      ['send', '?'],
      ['expect', 'ten minutes back'],
      ['send', 'q'],
      ['exit'],
    ];
    const { failure, code, errors } = await onTerminal(['replay', file], steps, folder);
    equal(failure, null, errors);
    equal(code, 0);
  });

  test('is never written over, and a moment that it does not have is named', () => {
    const size = statSync(file).size;
    const again = run('record', file);
    equal(again.status, 1);
    match(again.stderr, /a\.ntr is there already: remove it/);
    equal(statSync(file).size, size);
    match(run('replay', file, '--json', '-t', '2 days ago').stderr, /^nettrace: the recording goes from 20\d\d-/);
    match(run('replay', file, '--json', '-t', 'soon').stderr, /^nettrace: -t must be a time such as/);
    match(run('record', '--max-size', 'x', file).stderr, /--max-size must be a size such as 500M/);
    match(run('record').stderr, /^nettrace: record needs the name of a file/);
  });

  test('ends by itself where it was asked to, and a full disk costs only what comes after', () => {
    const short = run('record', '-d', '0.1', '--duration', '1s', join(folder, 'b.ntr'), 'lo');
    equal(short.status, 0, short.stderr);
    const disk = join(folder, 'disk');
    const script = `mkdir ${disk} && mount -t tmpfs -o size=40k none ${disk} && ${process.execPath} ${MAIN} record -d 0.1 ${disk}/c.ntr lo; code=$?; cp ${disk}/c.ntr ${folder}; exit $code`;
    const full = spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8', timeout: 30_000 });
    equal(full.status, 2, full.stderr);
    match(
      full.stderr,
      // Before it there may be warnings of what piles up on this machine.
      /^nettrace: cannot write .*c\.ntr: no space left on the device; the \d+ refreshes before are in it\n$/m,
    );
    const kept = Number(/the (\d+) refreshes/.exec(full.stderr)?.[1]);
    const replay = run('replay', join(folder, 'c.ntr'), '--json');
    equal(replay.stdout.trim().split('\n').length, kept);
    equal(replay.stderr, '');
  });
});

describe('the live program on a service', { skip, timeout: 60_000 }, () => {
  let service: Serving;
  let socket: string;
  before(async () => {
    service = serve(['--listen', '127.0.0.1:0', '--no-history', '-d', '0.2', 'lo']);
    socket = join(service.folder, 'nettrace.sock');
    await service.heard(/serving/);
  });
  after(() => service.kill());

  test('shows its totals to several at once, waits for it when it ends, and goes on with it', async () => {
    equal(statSync(socket).mode & 0o777, 0o600);
    const keys: readonly Step[] = [
      ['resize', 150, 30],
      ['expect', 'attached'],
      ['send', '2'],
      ['expect', 'OWNER'],
      ['send', '5'],
      ['tell'],
      ['expect', 'is away for'],
      ['expect', 'attached'],
      ['send', '8'],
      ['expect', 'nothing was counted from 20'],
      ['send', 'q'],
      ['exit'],
    ];
    const shown: (() => void)[] = [];
    const bothShow = Promise.all([0, 1].map((index) => new Promise<void>((resolve) => (shown[index] = resolve))));
    const clients = shown.map((told) => onTerminal(['attach', socket], keys, service.folder, told));
    await Promise.race([bothShow, ...clients]);
    await transfer(BYTES);
    process.kill(service.childOf('collector'), 'SIGKILL');
    for (const client of clients) {
      const { failure, code, errors } = await client;
      equal(failure, null, errors);
      equal(code, 0);
    }
  });

  test('where there is none it says so in a sentence', async () => {
    const steps: readonly Step[] = [['exit']];
    const { code, errors } = await onTerminal(['attach', join(service.folder, 'none.sock')], steps, service.folder);
    equal(code, 1);
    match(errors, /^nettrace: no service answers at .*none\.sock: start one with "sudo nettrace serve"/);
  });
});

test('a speed that is none is refused in one sentence whatever is wrong with it', () => {
  for (const speed of ['-1', '0', '0.1', '1001', '1e9', 'abc', '']) {
    const { status, stderr } = run('replay', '--json', `--speed=${speed}`, 'x.ntr');
    match(stderr, /^nettrace: --speed must be a number from 0\.125 to 1000, not ".*"; see .*\n$/, speed);
    equal(status, 1);
  }
});

test('what is no regular file is refused as a recording at once, a FIFO too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-record-'));
  const fifo = join(folder, 'fifo');
  spawnSync('mkfifo', [fifo]);
  const words = [MAIN, 'replay', '--json'];
  for (const path of [fifo, folder, '/dev/zero']) {
    const { status, stderr } = spawnSync(process.execPath, [...words, path], { encoding: 'utf8', timeout: 20_000 });
    equal(stderr, `nettrace: ${path} is not a regular file, as recordings are\n`);
    equal(status, 1);
  }
  rmSync(folder, { recursive: true });
});
