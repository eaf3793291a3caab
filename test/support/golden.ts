// Owns: comparing text with a file of the repository; NETTRACE_UPDATE=1 writes the file instead.
// Knows nothing of: what the text is.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PACKAGE_ROOT } from './sample-builder.ts';

/** Fails with a difference unless the file at `path` (from the root of the package) holds exactly this text. */
export function matchesFile(path: string, text: string): void {
  const file = new URL(path, PACKAGE_ROOT);
  const { NETTRACE_UPDATE } = process.env;
  if (NETTRACE_UPDATE === '1') {
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, 'utf8'), `${path} differs; NETTRACE_UPDATE=1 writes it anew`);
}
