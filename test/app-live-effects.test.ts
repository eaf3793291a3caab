// Owns: what keys do beyond the screen: files that are written, by whom, and signals that are sent, to whom.
// Knows nothing of: keys and screens.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseConfig } from '../src/app/config.ts';
import { setKeys } from '../src/app/config-text.ts';
import { writeFile } from '../src/app/live-effect-world.ts';
import { createEffects, type EffectWorld, settingsOf } from '../src/app/live-effects.ts';
import { type SignalWorld, sendSignal } from '../src/app/send-signal.ts';
import type { WriteRequest } from '../src/app/write-request.ts';
import { csvText, jsonText } from '../src/export/table-text.ts';
import { INITIAL_UI } from '../src/view/ui-state.ts';
import { NETHOGS_MODES } from '../src/view/view-modes.ts';

const folder = mkdtempSync(join(tmpdir(), 'nettrace-effects-'));
after(() => rmSync(folder, { recursive: true }));
const isRoot = process.geteuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534, name: 'nobody' };

const TABLE = {
  name: 'processes',
  fields: [
    { jsonKey: 'pid', unit: 'id' },
    { jsonKey: 'cmdline', unit: 'text' },
    { jsonKey: 'sentRate', unit: 'rate' },
    { jsonKey: 'startTime', unit: 'time' },
  ],
  rows: [
    [7, 'sh -c "a, b"', 1.23456, 0],
    [undefined, '', undefined, 1_700_000_000_000],
  ],
} as const;

describe('a table as a file', () => {
  test('CSV quotes what needs it, and has nothing where there is no value', () => {
    assert.equal(
      csvText(TABLE),
      'pid,cmdline,sentRate,startTime\r\n7,"sh -c ""a, b""",1.235,\r\n,,,2023-11-14T22:13:20.000Z\r\n',
    );
  });

  test('JSON has an object a row with the keys of --json, null where there is no value', () => {
    assert.deepEqual(JSON.parse(jsonText(TABLE)), [
      { pid: 7, cmdline: 'sh -c "a, b"', sentRate: 1.235, startTime: null },
      { pid: null, cmdline: '', sentRate: null, startTime: '2023-11-14T22:13:20.000Z' },
    ]);
    assert.equal(jsonText({ ...TABLE, rows: [] }), '[]\n');
  });
});

describe('a file that a key writes', () => {
  test('is new, for its owner alone, and never takes the place of another or of what a link leads to', async () => {
    const path = join(folder, 'new.csv');
    assert.equal(await writeFile({ kind: 'new', path, text: 'a\n' }, undefined), undefined);
    assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['a\n', 0o600]);
    assert.equal(await writeFile({ kind: 'new', path, text: 'b\n' }, undefined), 'it is there already');
    const link = join(folder, 'link.csv');
    symlinkSync(join(folder, 'nowhere'), link);
    assert.equal(await writeFile({ kind: 'new', path: link, text: 'b\n' }, undefined), 'it is there already');
    assert.equal(
      await writeFile({ kind: 'new', path: join(folder, 'no', 'x'), text: '' }, undefined),
      'no such file or directory',
    );
    assert.equal(readFileSync(path, 'utf8'), 'a\n');
  });

  test('belongs to the user who called sudo and needs that user’s rights', {
    skip: !isRoot && 'needs root',
  }, async () => {
    const closed = mkdtempSync(join(tmpdir(), 'nettrace-closed-'));
    const path = join(closed, 'x.csv');
    assert.equal(await writeFile({ kind: 'new', path, text: '' }, NOBODY), 'permission denied');
    chownSync(closed, NOBODY.uid, NOBODY.gid);
    assert.equal(await writeFile({ kind: 'new', path, text: '' }, NOBODY), undefined);
    assert.equal(statSync(path).uid, NOBODY.uid);
    rmSync(closed, { recursive: true });
  });

  test('keys of a configuration replace what was there; comments and other keys stay', async () => {
    const path = join(folder, 'deep', 'nettrace', 'config.toml');
    const keys = { units: 'bits', basename: true };
    assert.equal(await writeFile({ kind: 'keys', path, keys }, undefined), undefined);
    assert.equal(readFileSync(path, 'utf8'), 'units = "bits"\nbasename = true\n');
    assert.deepEqual([statSync(path).mode & 0o777, readdirSync(join(path, '..'))], [0o600, ['config.toml']]);
  });

  test('a configuration that is a link, or in a folder that others may write, is left alone', async () => {
    const real = join(folder, 'real.toml');
    writeFileSync(real, 'delay = 2\n');
    mkdirSync(join(folder, 'links'), { mode: 0o700 });
    symlinkSync(real, join(folder, 'links', 'config.toml'));
    const request = (path: string): WriteRequest => ({ kind: 'keys', path, keys: { units: 'bits' } });
    assert.match((await writeFile(request(join(folder, 'links', 'config.toml')), undefined)) ?? '', /symbolic link/);
    spawnSync('mkdir', ['-m', '777', join(folder, 'open')]);
    assert.match((await writeFile(request(join(folder, 'open', 'config.toml')), undefined)) ?? '', /somebody else/);
    assert.equal(readFileSync(real, 'utf8'), 'delay = 2\n');
  });
});

describe('settings in the text of a file', () => {
  test('go before the first table, and what cannot be set line by line is refused', () => {
    assert.equal(
      setKeys('# mine\nunits = "si" # old\ndelay = 2\n\n[x]\ny = 1\n', { units: 'bits', basename: true }),
      '# mine\nunits = "bits"\ndelay = 2\n\nbasename = true\n[x]\ny = 1\n',
    );
    assert.throws(() => setKeys('filter = """\nunits = "si"\n"""\n', { units: 'bits' }), /written in another way/);
    assert.throws(() => setKeys('units = ', { units: 'bits' }));
  });

  test('that are saved are read back as what was on the screen', async () => {
    const mode = NETHOGS_MODES[3];
    assert.ok(mode);
    const keys = settingsOf({
      ...INITIAL_UI,
      viewMode: mode,
      sort: 'sent',
      units: { base: 'binary', quantity: 'bits' },
      theme: 'mono',
    });
    const { settings, warnings } = await parseConfig(setKeys('', keys), 'c.toml');
    assert.deepEqual(warnings, []);
    assert.deepEqual(settings, {
      ...{ 'view-mode': '3', 'sort-sent': true, 'command-line': false, basename: false },
      ...{ units: 'binary-bits', theme: 'mono' },
    });
  });
});

describe('who writes', () => {
  const asked: (string | undefined)[] = [];
  const world = (more: Partial<EffectWorld>): EffectWorld => ({
    ...{ user: undefined, ownUid: 0, configFile: undefined, folder, wallClock: () => Date.UTC(2026, 10, 25, 20, 0, 1) },
    ...{ ownPid: 1, readStat: () => undefined, readSystemStat: () => '', kill: () => {} },
    writeFile: (request, user) => {
      asked.push(request.path, user?.name);
      return Promise.resolve(undefined);
    },
    ...more,
  });

  test('an export has the name of the table and the time, and belongs to who called sudo', async () => {
    asked.length = 0;
    const said = await createEffects(world({ user: NOBODY })).exportTable(TABLE, 'csv');
    assert.deepEqual(said, { text: '2 rows written to nettrace-processes-20261125T200001Z.csv', isBad: false });
    assert.deepEqual(asked, [join(folder, 'nettrace-processes-20261125T200001Z.csv'), 'nobody']);
  });

  test('settings go to whoever owns the file or its folder, and never into those of a third', async () => {
    const own = statSync(folder).uid;
    const configFile = join(folder, 'not', 'yet', 'config.toml');
    const save = (more: Partial<EffectWorld>) => createEffects(world({ configFile, ...more })).saveSettings(INITIAL_UI);
    asked.length = 0;
    assert.equal((await save({ ownUid: own })).isBad, false);
    assert.equal((await save({ ownUid: own + 1, user: { uid: own, gid: 1, name: 'me' } })).isBad, false);
    assert.deepEqual([asked[1], asked[3]], [undefined, 'me']);
    assert.match((await save({ ownUid: own + 1, user: { uid: own + 2, gid: 1, name: 'me' } })).text, /another user/);
    assert.match((await save({ configFile: undefined })).text, /no home/);
  });
});

describe('a signal', () => {
  const BOOT = 1_700_000_000;
  const sent: string[] = [];
  const world: SignalWorld = {
    ownPid: 99,
    readStat: (pid) => (pid === 7 ? `7 (a) S) x) S ${'1 '.repeat(18)}500 0` : undefined),
    readSystemStat: () => `cpu 1\nbtime ${BOOT}\n`,
    kill: (pid, signal) => {
      if (signal === 'SIGKILL') throw Object.assign(new Error(), { code: 'EPERM' });
      sent.push(`${pid} ${signal}`);
    },
  };
  const target = { pid: 7, startMs: BOOT * 1000 + 5000, name: 'a', signal: 'SIGTERM' };

  test('goes to the process that was seen, by pid and start', () => {
    assert.deepEqual(sendSignal(world, target), { text: 'SIGTERM sent to 7 a', isBad: false });
    assert.deepEqual(sent, ['7 SIGTERM']);
  });

  test('is not sent where the pid is used again, the process has ended, or it is nettrace itself', () => {
    assert.match(sendSignal(world, { ...target, startMs: target.startMs - 60_000 }).text, /another process by now/);
    assert.match(sendSignal(world, { ...target, pid: 8 }).text, /has ended already; nothing was sent/);
    assert.match(sendSignal(world, { ...target, pid: 99 }).text, /nettrace itself/);
    assert.match(sendSignal(world, { ...target, signal: 'SIGKILL' }).text, /was not sent to 7: permission denied/);
    assert.equal(sent.length, 1);
  });
});
