// Tests: the words of `nettrace serve` and `nettrace history` as they are typed: what help says, and what is refused how.
import { equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MAIN } from './support/serve-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'nettrace-words-'));
after(() => rmSync(folder, { recursive: true }));

const run = (...words: string[]) => spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
const check = (...words: string[]) => run('serve', '--check', '--no-history', '--state-dir', folder, ...words);

test('help names each default once, and what is about the service under a heading of its own', () => {
  const { stdout, status } = run('serve', '--help');
  equal(status, 0);
  ok(!stdout.includes('[]'), stdout);
  match(stdout, /\nThe service:\n +--token-file <FILE>/);
});

test('a --host that no request could have is refused with what it must be', () => {
  for (const word of ['', 'https://mon.example', 'mon.example:7373', 'a b', 'x'.repeat(300)]) {
    const { stderr, status } = check('--host', word);
    equal(status, 2, word);
    match(
      stderr,
      /^nettrace: --host must be a name or an address without a port, such as monitor\.example\.org, not "/,
    );
  }
  for (const word of ['mon.example.org', 'Mon_1', '192.0.2.7', '[2001:db8::7]'])
    equal(check('--host', word).status, 0, word);
});

test('a folder in place of the history is called one', () => {
  const { stderr, status } = run('history', '--file', folder);
  equal(status, 1);
  equal(stderr, `nettrace: the history ${folder}: it is a folder\n`);
});

test('--check refuses a folder as the history file before a service fails with it', () => {
  const { stderr, status } = run('serve', '--check', '--state-dir', folder, '--history', folder);
  equal(status, 2);
  equal(stderr, `nettrace: --history ${folder} is a folder: name a file in it\n`);
});
