// Owns: the real World: this process's streams, signals, rights, clock, and the addon.
// Knows nothing of: what is done with them.
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemClock } from '../app/clock.ts';
import type { Credentials } from '../app/invoking-user.ts';
import { createOutput } from '../app/output.ts';
import { UserError } from '../app/user-error.ts';
import type { EndedSelf, World } from '../app/world.ts';
import { sanitize } from '../base/sanitize.ts';
import { createFileReader } from '../procfs/file-reader.ts';

/** Of another run of this program; a socket in JSON has 600 bytes. What is sent on as one line may have 64 MiB. */
const LONGEST_OUTPUT = 48 * 1024 * 1024;

/** Heavy parts are loaded when they are asked for: `--help` needs none of them. */
export function createProcessWorld(process: NodeJS.Process): World {
  const stdoutIsTty = isatty(1);
  return {
    env: process.env,
    stdinIsTty: isatty(0),
    stdoutIsTty,
    // process.stdout is made when it is first touched: most runs never do.
    get columns() {
      return stdoutIsTty ? process.stdout.columns : undefined;
    },
    clock: systemClock,
    wallClock: Date.now,
    stdout: createOutput({ fd: 1, name: 'standard output', isTty: stdoutIsTty }),
    stderr: writeStderr,
    onSignal(signal, handler) {
      process.on(signal, handler);
      return () => process.off(signal, handler);
    },
    dieOf(signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    },
    // On Linux all of these exist.
    credentials: process as unknown as Credentials,
    readOwnStatus: () => readText('/proc/self/status'),
    readProc: createFileReader('/proc').read,
    loadAddon: async () => (await import('../native/addon.ts')).loadAddon(),
    readServices: () => readText('/etc/services'),
    async createResolver(limitMs) {
      const { Resolver } = await import('node:dns/promises');
      // Two tries, the second one twice as long.
      const resolver = new Resolver({ timeout: limitMs / 3, tries: 2 });
      return { resolvePtr: (name) => resolver.resolvePtr(name), cancel: () => resolver.cancel() };
    },
    async createHostReader(roots) {
      checkRoot('proc-root', roots.proc, 'stat');
      if (roots.sys !== '/sys') checkRoot('sys-root', roots.sys, 'devices');
      const { createHostReader } = await import('../procfs/host.ts');
      return createHostReader(roots);
    },
    async createProcessReader(root) {
      const { createProcessReader } = await import('../procfs/process-reader.ts');
      return createProcessReader(root, () => systemClock.now());
    },
    async runSelf(words, limitMs) {
      const { execFile } = await import('node:child_process');
      const program = [...process.execArgv, process.argv[1] ?? ''];
      const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: LONGEST_OUTPUT } as const;
      return new Promise<EndedSelf>((resolve) => {
        const child = execFile(process.execPath, [...program, ...words], limits, (error, stdout, stderr) =>
          resolve({ stdout, stderr, timedOut: error?.killed === true }),
        );
        child.stdin?.end();
      });
    },
    async runLive(run) {
      const { runLive } = await import('../app/live/live.ts');
      await runLive(run, process);
    },
  };
}

/** A wrong folder would be an empty host. Throws UserError. */
function checkRoot(option: string, root: string, entry: string): void {
  if (existsSync(`${root}/${entry}`)) return;
  throw new UserError(
    `--${option} "${sanitize(root, 200)}" has no "${entry}" in it: name the folder where the kernel's files are`,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function writeStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // there is nowhere left to say it
  }
}
