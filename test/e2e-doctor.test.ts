// Owns: nettrace doctor on this machine: as root with its self-test, without rights, and what is left when it is killed.
// Knows nothing of: how the report looks (app-doctor.test.ts).
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DoctorReport } from '../src/app/doctor/report.ts';
import { noWorld } from './e2e/places.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const ADDON = new URL('../src/native/addon.js', import.meta.url).href;
const NOBODY = 65_534;
const LIMIT_MS = 30_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function doctor(words: readonly string[], uid?: number): Ended {
  const ids = uid === undefined ? {} : { uid, gid: uid };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'doctor', ...words], {
    ...{ encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL', ...ids },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, out: stdout, err: stderr };
}

test('as root the self-test finds the owner of what lasts and no wrong one, and the exit code is the verdict', {
  skip: noWorld(),
}, () => {
  const { code, out, err } = doctor(['--json']);
  equal(err, '');
  const report = JSON.parse(out) as DoctorReport;
  equal(code, report.verdict === 'well' ? 0 : 3);
  ok(report.selfTest.state === 'done', JSON.stringify(report.selfTest));
  const { figures } = report.selfTest;
  equal(figures.unfinished, 0);
  ok(figures.wrong <= 0.001, `${figures.wrong} wrong`);
  deepEqual(
    figures.groups.map((group) => [group.kind, group.processes]),
    [
      ['tcp', 100],
      ['udp', 50],
      ['one-shot', 50],
      ['bulk', 1],
      ['burst', 1],
    ],
  );
  // With drops only the socket meter knows all.
  if (figures.kernelDrops === 0) {
    ok(figures.residual <= 0.001, `${figures.residual} residual`);
    const lasting = figures.groups.find((group) => group.kind === 'bulk');
    ok((lasting?.found ?? 0) >= 0.999, `${lasting?.found} of what lasts found`);
  }
});

test('without rights it prints what works, says once what is missing, and no stack trace', { skip: noNobody() }, () => {
  const { code, out, err } = doctor([], process.getuid?.() === 0 ? NOBODY : undefined);
  deepEqual([code, err], [3, '']);
  match(out, /^ {2}not permitted {2}packet ring /m);
  match(out, /^ {2}works +interfaces \(rtnetlink\) /m);
  match(out, /\nSelf-test\n {2}Not run: it needs root \(CAP_SYS_ADMIN\),/);
  match(out, /\n {2}- rights are missing, [^\n]*sudo nettrace doctor/);
  equal(/\n\s+at /.test(out), false);
});

test('a self-test that is killed leaves no process behind', { skip: noWorld(), timeout: LIMIT_MS }, async () => {
  // Says which processes there are, and waits.
  const script = `import { loadAddon } from ${JSON.stringify(ADDON)};
    import { readFileSync } from 'node:fs';
    globalThis.kept = new (loadAddon().SelfTest)();
    console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8'));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const pids = line.trim().split(' ').map(Number);
  equal(pids.length, 2);
  ok(pids.every(runs));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  while (pids.some(runs)) await sleep(5);
});

/** A process that has ended may stay as a zombie where nobody asks for it. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Why the program cannot be started without rights. */
function noNobody(): string | false {
  if (!existsSync(MAIN)) return 'needs a build';
  if (process.getuid?.() !== 0) return false;
  const look = spawnSync(process.execPath, ['-e', `fs.readFileSync(${JSON.stringify(MAIN)})`], {
    ...{ uid: NOBODY, gid: NOBODY, stdio: 'ignore' },
  });
  return look.status === 0 ? false : 'other users cannot read this folder';
}
