// Owns: where log messages go, what a log file may be, and that no text can forge a line.
// Knows nothing of: who logs.
import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { linkSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAppendFile } from '../src/app/files.ts';
import { createLogging } from '../src/app/logging.ts';

const wallClock = () => 1000;

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-log-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('on standard error a message is one plain line, from the level on', () => {
  const lines: string[] = [];
  const { log } = createLogging({ level: 'warn', stderr: (text) => lines.push(text), wallClock });
  log.debug('a');
  log.info('b');
  log.warn('c\nnettrace: error: forged\u001b[2J');
  log.error('d');
  deepEqual(lines, ['nettrace: warn: c\\nnettrace: error: forged\\x1b[2J\n', 'nettrace: error: d\n']);
});

test('the memory keeps messages from info on, whatever the level, and the newest 500', () => {
  const { log, recent } = createLogging({ level: 'silent', wallClock });
  log.debug('not kept');
  for (let i = 0; i < 600; i++) log.info(`message ${i}`);
  equal(recent.length, 500);
  deepEqual(recent.at(0), { timeMs: 1000, level: 'info', text: 'message 100' });
});

test('a log file gets JSON lines, is private, and is opened anew after it was renamed', () => {
  inFolder((folder) => {
    const path = join(folder, 'nettrace.log');
    const file = openAppendFile(path, undefined);
    const { log, close } = createLogging({ level: 'info', file, wallClock });
    log.info('one', { device: 'eth0' });
    equal(statSync(path).mode & 0o777, 0o600);
    renameSync(path, `${path}.1`);
    log.warn('two');
    file.reopen();
    log.error('three');
    log.debug('not logged');
    close();
    const read = (name: string) =>
      readFileSync(name, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const [one, two] = read(`${path}.1`);
    deepEqual([one.msg, one.device, one.level, two.msg], ['one', 'eth0', 30, 'two']);
    match(one.time, /^\d{4}-\d\d-\d\dT/);
    deepEqual(
      read(path).map((line) => line.msg),
      ['three'],
    );
  });
});

test('an old log is appended to; links, devices and folders are refused', () => {
  inFolder((folder) => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'old\n');
    const file = openAppendFile(path, undefined);
    createLogging({ level: 'info', file, wallClock }).log.info('new');
    file.close();
    match(readFileSync(path, 'utf8'), /^old\n\{.*"new"\}\n$/);
    symlinkSync(path, join(folder, 'symlink'));
    linkSync(path, join(folder, 'hardlink'));
    throws(() => openAppendFile(join(folder, 'symlink'), undefined), { code: 'ELOOP' });
    throws(() => openAppendFile(join(folder, 'hardlink'), undefined), { code: 'ENOTFILE' });
    throws(() => openAppendFile('/dev/null', undefined), { code: 'ENOTFILE' });
    throws(() => openAppendFile(folder, undefined), { code: 'EISDIR' });
    throws(() => openAppendFile(join(folder, 'none', 'x.log'), undefined), { code: 'ENOENT' });
  });
});
