// Owns: many runs of nettrace in one process, for tests that would otherwise mostly start node: words in, outputs out.
// Knows nothing of: what is asked. Reads a JSON list of lists of words from standard input, writes a list of outputs.
import { readFileSync, writeSync } from 'node:fs';
import { createProcessWorld } from '../../../src/cli/process-world.ts';
import { runProgram } from '../../../src/cli/run.ts';

const world = createProcessWorld(process);
const outputs: { code: number; out: string; err: string }[] = [];
for (const words of JSON.parse(readFileSync(0, 'utf8')) as string[][]) {
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
