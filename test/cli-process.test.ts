// Owns: the real process: exit codes, signals, full and closed outputs, files. What needs root or the addon is skipped
// with the reason. Knows nothing of: what is counted.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readPrivileges } from '../src/app/privileges.ts';
import { loadAddon } from '../src/native/addon.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const ENV = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', TERM: 'xterm' };

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Options {
  readonly stdout?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the output so far. */
  readonly onOutput?: (child: ChildProcess, out: string) => void;
}

function run(args: readonly string[], options: Options = {}): Promise<Ended> {
  const stdout = options.stdout ?? 'pipe';
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env: { ...ENV, ...options.env },
  });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
    options.onOutput?.(child, out);
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ code, out, err });
    });
  });
}

function needsCapture(): string | false {
  if (!readPrivileges(readFileSync('/proc/self/status', 'latin1')).capture) return 'needs root or CAP_NET_RAW';
  return needsAddon();
}

function needsAddon(): string | false {
  try {
    loadAddon();
    return false;
  } catch (error) {
    return `needs the native addon: ${(error as Error).message}`;
  }
}

test('--help and -V need nothing and end with 0', async () => {
  const help = await run(['--help']);
  deepEqual([help.code, help.err], [0, '']);
  match(help.out, /^Usage: nettrace \[options\] \[device\.\.\.\]\n/);
  match((await run(['-V'])).out, /^nettrace version \d+\.\d+\.\d+\n$/);
});

test('a wrong option is one line on standard error and 1', async () => {
  const { code, out, err } = await run(['--jsn']);
  deepEqual([code, out], [1, '']);
  equal(err, 'nettrace: unknown option \'--jsn\' (did you mean --json?); see "nettrace --help"\n');
});

test('a full disk is one line and 2', async () => {
  const { code, err } = await run(['--help'], { stdout: openSync('/dev/full', 'w') });
  deepEqual([code, err], [2, 'nettrace: cannot write standard output: no space left on the device\n']);
});

test("a root without the kernel's files is named, and nothing is watched", { skip: needsCapture() }, async () => {
  for (const option of ['--proc-root', '--sys-root']) {
    const { code, err, out } = await run([option, '/nonexistent', '--once']);
    equal(code, 1);
    match(err, new RegExp(`^nettrace: ${option} "/nonexistent" has no "\\w+" in it: .*\n$`));
    equal(out, '');
  }
});

test('--print-config is a file that --config takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-cli-'));
  const file = join(folder, 'config.toml');
  const first = await run(['--print-config', '-d', '2.5', '--units', 'bits', 'eth0']);
  writeFileSync(file, first.out);
  const second = await run(['--print-config', '--config', file]);
  rmSync(folder, { recursive: true });
  deepEqual([second.code, second.err, second.out], [0, '', first.out]);
  match(first.out, /^delay = 2\.5$/m);
});

test('a file that is no capture is one line and 1', { skip: needsAddon() }, async () => {
  const { code, out, err } = await run(['--read', MAIN]);
  deepEqual([code, out], [1, '']);
  match(err, /^nettrace: ".*main\.js" is not a pcap or pcapng capture\n$/);
});

/** An empty Ethernet capture: the header of pcap(5), version 2.4, little-endian. */
const EMPTY_PCAP = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');

test('an empty capture file gives one JSON line without root', { skip: needsAddon() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-cli-'));
  const file = join(folder, 'empty.pcap');
  writeFileSync(file, EMPTY_PCAP);
  const { code, out, err } = await run(['--read', file, '--json']);
  rmSync(folder, { recursive: true });
  deepEqual([code, err], [0, '']);
  deepEqual([JSON.parse(out).type, JSON.parse(out).engineState], ['refresh', 'ended']);
});

for (const [signal, code] of [
  ['SIGINT', 0],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} is answered with a last refresh and ${code}`, { skip: needsCapture() }, async () => {
    let sent = false;
    const onOutput = (child: ChildProcess) => {
      if (!sent) child.kill(signal);
      sent = true;
    };
    const ended = await run(['--json', '-a', '-d', '60'], { onOutput });
    equal(ended.code, code);
    equal(ended.out.split('\n').length - 1, 2);
  });
}

test('-t into a full disk ends within a second of its first block', { skip: needsCapture() }, async () => {
  const { code, err } = await run(['-t', '-a'], { stdout: openSync('/dev/full', 'w') });
  equal(code, 2);
  match(err, /cannot write standard output: no space left on the device\n$/);
});

test('a reader that leaves ends the run quietly with 0', { skip: needsCapture() }, async () => {
  const onOutput = (child: ChildProcess) => void child.stdout?.destroy();
  const { code, err } = await run(['--json', '-a', '-d', '0.1', '--log-level', 'error'], { onOutput });
  deepEqual([code, err], [0, '']);
});

test('with --log-file SIGHUP opens the log anew and the run goes on', { skip: needsCapture() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-cli-'));
  const log = join(folder, 'x.log');
  let state: 'first' | 'moved' | 'reopened' = 'first';
  const onOutput = (child: ChildProcess, out: string) => {
    if (state === 'first' && out.split('\n').length > 2) {
      renameSync(log, `${log}.1`);
      child.kill('SIGHUP');
      state = 'moved';
    } else if (state === 'moved' && existsSync(log)) {
      child.kill('SIGINT');
      state = 'reopened';
    }
  };
  const { code } = await run(['--json', '-a', '-d', '0.2', '--log-file', log, '--log-level', 'info'], { onOutput });
  const [before, after] = [readFileSync(`${log}.1`, 'utf8'), readFileSync(log, 'utf8')];
  rmSync(folder, { recursive: true });
  equal(code, 0);
  ok(before.includes('capturing'));
  match(after, /"msg":"log file reopened"/);
});
