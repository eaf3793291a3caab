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
import { parseConfig } from '../src/app/config/config.ts';
import { setKeys } from '../src/app/config/config-text.ts';
import { writeFile } from '../src/app/live/effect-world.ts';
import { createEffects, type EffectWorld, settingsOf } from '../src/app/live/effects.ts';
import { type ListSettings, listsOf } from '../src/app/live/screen-lists.ts';
import { type SignalWorld, sendSignal } from '../src/app/live/send-signal.ts';
import type { WriteRequest } from '../src/app/live/write-request.ts';
import { csvText, jsonText } from '../src/export/table-text.ts';
import { EMPTY_LIST, INITIAL_UI } from '../src/view/ui-state.ts';
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
      lists: {
        processes: { ...EMPTY_LIST, sort: { by: 'cpu', reversed: true }, group: 'tree' },
        routes: { ...EMPTY_LIST, group: 'device' },
        hosts: EMPTY_LIST,
        process: { ...EMPTY_LIST, sort: { by: 'remotePort', reversed: false } },
      },
    });
    const { settings, warnings } = await parseConfig(setKeys('', keys), 'c.toml');
    assert.deepEqual(warnings, []);
    assert.deepEqual(settings, {
      ...{ 'view-mode': '3', 'sort-sent': true, 'command-line': false, basename: false },
      ...{ units: 'binary-bits', theme: 'mono' },
      ...{ 'sort-by': 'processes=-cpu', 'group-by': 'processes=tree routes=device' },
    });
  });
});

test('sort and group of each screen are taken from the settings, and a name of none is told with those there are', () => {
  const lists = listsOf({ 'sort-by': 'sockets=forMs, processes=-cpu', 'group-by': 'processes=remote' });
  assert.deepEqual(lists.processes, { ...EMPTY_LIST, sort: { by: 'cpu', reversed: true }, group: 'remote' });
  assert.deepEqual(lists.sockets?.sort, { by: 'forMs', reversed: false });
  const problem = (settings: Partial<ListSettings>) => () => listsOf({ 'sort-by': '', 'group-by': '', ...settings });
  assert.throws(problem({ 'sort-by': 'routes=sent' }), /routes cannot be sorted by "sent"; there are family, table/);
  assert.throws(problem({ 'group-by': 'hosts=tree' }), /hosts cannot be grouped by "tree"; there are process, port/);
  assert.throws(problem({ 'sort-by': 'log=cpu' }), /"log" is no screen with a list; there are processes, connections/);
});

test('a text that is no list of pairs is refused when the file is read', async () => {
  for (const text of ['processes', 'processes=', 'processes=cpu=x', 'processes=;rm']) {
    await assert.rejects(parseConfig(`sort-by = "${text}"`, 'c.toml'), /"sort-by" must be pairs such as/);
  }
  const long = `sort-by = "${'a=b '.repeat(50_000)}!"`;
  await assert.rejects(parseConfig(long, 'c.toml'), /must be pairs/);
});

describe('who writes', () => {
  const asked: (string | undefined)[] = [];
  const world = (more: Partial<EffectWorld>): EffectWorld => ({
    ...{ user: undefined, ownUid: 0, configFile: undefined, folder, wallClock: () => Date.UTC(2026, 10, 25, 20, 0, 1) },
    ...{ ownPid: 1, signalProcess: () => 'sent' },
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

const NATIVE = { syscall: 'kill', errno: 1, subject: new Uint8Array(0), detail: new Uint8Array(0) };

describe('a signal', () => {
  const sent: string[] = [];
  const world: SignalWorld = {
    ownPid: 99,
    signalProcess(pid, startTicks, signal) {
      if (pid === 8) return 'gone';
      if (startTicks !== 500) return 'other';
      if (signal === 9) throw Object.assign(new Error(), { code: 'kNotPermitted', ...NATIVE });
      sent.push(`${pid} ${signal}`);
      return 'sent';
    },
  };
  const target = { pid: 7, startTicks: 500, name: 'a', signal: 'SIGTERM' };

  test('goes to the process that was seen, by pid and start', () => {
    assert.deepEqual(sendSignal(world, target), { text: 'SIGTERM sent to 7 a', isBad: false });
    assert.deepEqual(sent, ['7 15']);
  });

  test('is not sent where the pid is used again, the process has ended, or it is nettrace itself', () => {
    assert.match(sendSignal(world, { ...target, startTicks: 501 }).text, /another process by now/);
    assert.match(sendSignal(world, { ...target, pid: 8 }).text, /has ended already; nothing was sent/);
    assert.match(sendSignal(world, { ...target, pid: 99 }).text, /nettrace itself/);
    assert.match(sendSignal(world, { ...target, signal: 'SIGKILL' }).text, /was not sent to 7: permission denied/);
    assert.match(sendSignal(world, { ...target, signal: 'SIGNO' }).text, /no SIGNO/);
    assert.equal(sent.length, 1);
  });
});
