// Owns: a /proc of invented processes for tests: their stat and cgroup files, and changes to them.
// Knows nothing of: what reads them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface InventedProcess {
  readonly pid: number;
  readonly name?: string;
  readonly state?: string;
  readonly flags?: number;
  /** User and system time together, in ticks. */
  readonly ticks?: number;
  readonly threads?: number;
  readonly startTicks?: number;
  readonly rssPages?: number;
}

/** The line of /proc/PID/stat (proc_pid_stat(5)): 52 fields. */
export function statLine(process: InventedProcess): string {
  const { pid, name = 'app', state = 'S', flags = 0x400000, ticks = 0, threads = 1 } = process;
  const { startTicks = 100, rssPages = 50 } = process;
  const user = Math.floor(ticks / 2);
  const head = `${pid} (${name}) ${state} 1 ${pid} ${pid} 0 -1 ${flags} 10 0 0 0 ${user} ${ticks - user} 0 0 20 0`;
  return `${head} ${threads} 0 ${startTicks} 8192000 ${rssPages} 18446744073709551615${' 0'.repeat(27)}\n`;
}

/** A folder that goes away with the test. */
export function temporaryFolder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'nettrace-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

/** Writes or changes a process; its files stay the same ones, as an open descriptor sees them. */
export function writeProcess(root: string, process: InventedProcess, cgroup = '0::/\n'): void {
  const folder = join(root, String(process.pid));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'stat'), statLine(process));
  writeFileSync(join(folder, 'cgroup'), cgroup);
}
