// Owns: that the committed BPF images are those of the sources beside them.
// Knows nothing of: what the programs do, and loading them.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const root = repositoryRoot();
const generated = join(root, 'native/meter/generated');
const images = readdirSync(generated).filter((name) => name.endsWith('.skel.h'));

/** The version of clang that the committed images were made with; another one makes other instructions. */
const CLANG_OF_RECORD = 14;
const BPFTOOL_OF_RECORD = '7.1';

const tool = (name: string): string => {
  const found = spawnSync(name, ['version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  return found.stdout ?? '';
};

function toolsOfRecord(): boolean {
  const clang = spawnSync('clang', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return clang.includes(`clang version ${CLANG_OF_RECORD}.`) && tool('bpftool').includes(`v${BPFTOOL_OF_RECORD}.`);
}

describe('the committed BPF images', () => {
  test('are made from the sources as they are now (npm run build:bpf)', () => {
    const now = execFileSync(process.execPath, [join(root, 'scripts/bpf-image.mjs'), 'hash'], {
      encoding: 'utf8',
    }).trim();
    assert.equal(images.length, 5);
    for (const name of images) {
      const made = /^\/\/ Sources: ([0-9a-f]{64})$/m.exec(readFileSync(join(generated, name), 'utf8'))?.[1];
      assert.equal(made, now, `${name} is older than its sources: run "npm run build:bpf" and commit the result`);
    }
  });
  test('are what the tools make of the sources', (context) => {
    if (!toolsOfRecord())
      return context.skip(`clang ${CLANG_OF_RECORD} and bpftool ${BPFTOOL_OF_RECORD} are not installed`);
    const folder = mkdtempSync(join(tmpdir(), 'bpf-image-'));
    try {
      execFileSync('sh', [join(root, 'scripts/build-bpf.sh'), folder], { stdio: 'pipe' });
      for (const name of images) {
        assert.equal(readFileSync(join(folder, name), 'utf8'), readFileSync(join(generated, name), 'utf8'), name);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    return undefined;
  });
  test('hold no path of the machine they were made on', () => {
    for (const name of images) {
      const text = readFileSync(join(generated, name), 'utf8');
      const bytes = [...text.matchAll(/^ {4}"([A-Za-z0-9+/=]+)",?$/gm)].map((match) => match[1]).join('');
      assert.doesNotMatch(Buffer.from(bytes, 'base64').toString('latin1'), /\/(?:home|root|tmp|work|usr)\//);
    }
  });
});
