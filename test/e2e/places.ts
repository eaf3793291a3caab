// Owns: where the product and the traffic generators lie, and why the end-to-end tests cannot run here.
// Knows nothing of: what is measured.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository; this file runs as build/t/test/e2e/places.js. */
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** The built product, as the launcher starts it; of another build where that is to be measured. */
const PRODUCT = process.env['NETTRACE_TEST_PRODUCT'] ?? ROOT;
export const NETTRACE = join(PRODUCT, 'dist/cli/main.js');
export const ADDON = join(PRODUCT, 'build/Release/nettrace.node');
const PROGRAMS = process.env['NETTRACE_TEST_PROGRAMS'] ?? join(ROOT, 'native/dev/build/Release');

/** A program of native/dev. Throws if it is not built. */
export function generator(name: 'traffic' | 'flood' | 'bench_capture' | 'bench_meter'): string {
  const path = join(PROGRAMS, name);
  if (!existsSync(path)) throw new Error(`${name} is not built; run "make -C native/dev programs"`);
  return path;
}

export function has(command: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { stdio: 'ignore' }).status === 0;
}

/** Why network namespaces cannot be used here, in words for a skipped test; false if they can. */
export function noWorld(): string | false {
  if (process.getuid?.() !== 0) return 'needs root for network namespaces';
  for (const command of ['ip', 'ethtool']) if (!has(command)) return `needs the program ${command}`;
  for (const product of [NETTRACE, ADDON]) if (!existsSync(product)) return `needs a build: ${product} is missing`;
  const name = `nt-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `network namespaces are not permitted here: ${made.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

/** Both of them; the classic one alone where the kernel does not let the socket meter run. */
export function defaultEngines(): readonly string[] {
  const once = [NETTRACE, '--json', '-c', '1', '-d', '0.1', '--engine', 'bpf', 'lo'];
  const { status } = spawnSync(process.execPath, once, { stdio: 'ignore' });
  return status === 0 ? ['bpf', 'classic'] : ['classic'];
}
