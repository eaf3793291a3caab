// Owns: the real htop on an invented host, in a mount namespace and on a pseudo-terminal of its own.
// Knows nothing of: our meters and what is compared.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator } from '../tui-emulator.ts';
import type { HostFiles } from './host-files.ts';

/** The version that the comparison was made for (Debian 12). */
const VERSION = '3.2.2';
const PATIENCE_MS = 20_000;
const STEP_MS = 10;

export interface HtopOptions {
  readonly columns: number;
  readonly rows: number;
  /** Lines of its htoprc; its built-in defaults where absent. */
  readonly config?: readonly string[];
  readonly mono?: boolean;
}

/** Why htop cannot be compared here; undefined if it can. */
export function htopMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root: /proc and /sys are replaced in a mount namespace';
  const version = /htop (\S+)/.exec(spawnSync('htop', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  if (version === undefined) return 'htop is not installed (scripts/setup.sh test)';
  if (!version.startsWith(VERSION)) return `htop is ${version}; its bars were compared with ${VERSION}`;
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return 'mount namespaces are not permitted here';
  return undefined;
}

const INSIDE = `set -e
for file in stat meminfo loadavg uptime; do mount --bind "$1/proc/$file" "/proc/$file"; done
mount --bind "$1/sys/devices/system/cpu" /sys/devices/system/cpu
stty cols "$2" rows "$3"
shift 3
exec htop "$@"`;

/** python's pty module hands bytes on between a pipe and a pseudo-terminal. */
const RELAY = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';

/**
 * Runs htop, while the host works on, until its screen is as `isDone` wants it or patience is at an end; the screen then,
 * as the emulator's cells (character|width|style).
 */
export async function htopCells(
  root: string,
  host: HostFiles,
  options: HtopOptions,
  isDone: (cells: readonly (readonly string[])[]) => boolean,
): Promise<readonly (readonly string[])[]> {
  const { columns, rows, config, mono = false } = options;
  const rc = join(root, 'htoprc');
  if (config !== undefined) writeFileSync(rc, `${config.join('\n')}\n`);
  const words = ['unshare', '-m', 'sh', '-c', INSIDE, 'sh', root, String(columns), String(rows)];
  const child = spawn('/usr/bin/python3', ['-c', RELAY, ...words, '-d', '2', ...(mono ? ['-C'] : [])], {
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TERM: 'xterm-256color', HTOPRC: rc, HOME: root },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const emulator = createEmulator(columns, rows);
  const work = setInterval(() => host.advance(), STEP_MS);
  const ended = once(child, 'exit');
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let last = emulator.cells();
  try {
    while (!isDone(last)) {
      const chunk: Buffer | null = child.stdout.read();
      if (chunk === null) await once(child.stdout, 'readable', { signal: patience });
      else await emulator.write(chunk.toString());
      last = emulator.cells();
    }
    return last;
  } catch {
    return last; // patience is at an end: whoever compares shows how far it came
  } finally {
    clearInterval(work);
    emulator.dispose();
    // It writes its settings when it ends, into the folder that is about to be removed.
    child.stdout.resume();
    child.stdin.end('q');
    await ended;
  }
}
