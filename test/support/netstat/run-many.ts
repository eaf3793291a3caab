// Owns: many runs in one process, for tests that would otherwise mostly start node, of nettrace and of other programs between
// them, with little time from one to the next. A JSON list of lists of words, each with its program first, comes from standard
// input; a list of outputs goes out. Knows nothing of: what is asked.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProcessWorld } from '../../../src/cli/process-world.ts';
import { runProgram } from '../../../src/cli/run.ts';
import type { Output } from './odd-namespace.ts';

/** Node's pipes are sockets, which a list of sockets would show: files are not. */
function other(program: string, words: readonly string[]): Output {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-run-'));
  try {
    const [out, err] = ['out', 'err'].map((name) => join(folder, name)) as [string, string];
    const [stdout, stderr] = [openSync(out, 'w'), openSync(err, 'w')];
    const { status } = spawnSync(program, words, { stdio: ['ignore', stdout, stderr] });
    closeSync(stdout);
    closeSync(stderr);
    return { code: status, out: readFileSync(out, 'utf8'), err: readFileSync(err, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const world = createProcessWorld(process);
const outputs: Output[] = [];
for (const [program = '', ...words] of JSON.parse(readFileSync(0, 'utf8')) as string[][]) {
  if (program !== 'nettrace') {
    outputs.push(other(program, words));
    continue;
  }
  let [out, err] = ['', ''];
  const stdout = {
    write: async (text: string) => {
      out += text;
    },
  };
  const stderr = (text: string) => {
    err += text;
  };
  // Not spread: its columns are a getter that must not be asked.
  const caught = Object.create(world, { stdout: { value: stdout }, stderr: { value: stderr } }) as typeof world;
  outputs.push({ code: await runProgram(caught, words, 'test'), out, err });
}
const bytes = Buffer.from(JSON.stringify(outputs));
for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
