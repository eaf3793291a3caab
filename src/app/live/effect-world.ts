// Owns: the real world for keys that do more than change the screen: signals, /proc, and the process that writes files.
// Knows nothing of: which key did it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Addon } from '../../native/addon.ts';
import type { InvokingUser } from '../invoking-user.ts';
import type { EffectWorld } from './effects.ts';
import type { LiveRun } from './run.ts';
import type { WriteRequest } from './write-request.ts';

const WRITER = fileURLToPath(new URL('../../cli/write-file.js', import.meta.url));
const WRITE_LIMIT_MS = 10_000;

export function createEffectWorld({ user, configFile }: LiveRun, addon: Addon, process: NodeJS.Process): EffectWorld {
  return {
    user,
    configFile,
    ownUid: process.geteuid?.() ?? 0,
    folder: process.cwd(),
    wallClock: Date.now,
    ownPid: process.pid,
    signalProcess: (pid, startTicks, signal) => addon.signalProcess(pid, startTicks, signal),
    writeFile,
  };
}

/** Another process, because changing ids here would take root from the threads that capture. */
export function writeFile(request: WriteRequest, user: InvokingUser | undefined): Promise<string | undefined> {
  const rights = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WRITER], {
      ...rights,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
      timeout: WRITE_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) =>
      resolve(code === 0 ? answer || undefined : 'the process that writes it did not end well'),
    );
    child.stdin.on('error', () => {}).end(JSON.stringify(request));
  });
}
