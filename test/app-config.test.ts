// Owns: the configuration file: what is read, what is refused and in which words, and the way back from --print-config.
// Knows nothing of: the command line.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ConfigPlace, loadConfig, parseConfig } from '../src/app/config/config.ts';
import { mergeSettings, SETTINGS } from '../src/app/config/option-table.ts';
import { printConfig } from '../src/app/config/print-config.ts';
import type { Credentials } from '../src/app/invoking-user.ts';
import { UserError } from '../src/app/user-error.ts';
import { runProgram } from '../src/cli/run.ts';
import { createFakeWorld } from './support/fake-world.ts';

/** Text of the file, and the start of the one sentence that it must give. */
const INVALID: readonly (readonly [text: string, sentence: string])[] = [
  ['delay = "fast"', 'c.toml:1: "delay" must be a number of seconds from 0 to 86400, not "fast"'],
  ['delay = -1', 'c.toml:1: "delay" must be a number of seconds from 0 to 86400, not -1'],
  ['delay = nan', 'c.toml:1: "delay" must be a number of seconds from 0 to 86400, not '],
  ['delay = inf', 'c.toml:1: "delay" must be'],
  ['# comment\n\n  all = 1', 'c.toml:3: "all" must be true or false, not 1'],
  ['all = "true"', 'c.toml:1: "all" must be true or false, not "true"'],
  ['devices = "eth0"', 'c.toml:1: "devices" must be a list of texts, not "eth0"'],
  ['devices = ["eth0", 7]', 'c.toml:1: "devices" must be a list of texts'],
  ['devices = ["a\\u0000b"]', 'c.toml:1: "devices" must be a list of texts'],
  ['filter = ["tcp"]', 'c.toml:1: "filter" must be text'],
  ['units = "kibi"', 'c.toml:1: "units" must be si, binary, bits or binary-bits, not "kibi"'],
  ['[theme]\nname = "x"', 'c.toml:1: "theme" must be default, colour-blind, high-contrast or mono, not {"name":"x"}'],
  ['color = true', 'c.toml:1: "color" must be auto, always or never, not true'],
  ['log-level = "trace"', 'c.toml:1: "log-level" must be debug, info, warn, error or silent, not "trace"'],
  ['snaplen = 64', 'c.toml:1: "snaplen" must be a whole number from 96 to 65535, not 64'],
  ['snaplen = 128.5', 'c.toml:1: "snaplen" must be a whole number'],
  ['max-flows = 9007199254740993', 'c.toml:1:1'],
  ['ring-size = "64Q"', 'c.toml:1: "ring-size" must be a size from 1M to 1024M, such as 16M, not "64Q"'],
  ['ring-size = 1', 'c.toml:1: "ring-size" must be a size'],
  ['view-mode = 6', 'c.toml:1: "view-mode" must be auto, 0, 1, 2, 3, 4 or 5, not 6'],
  ['exited-refreshes = 1979-05-27', 'c.toml:1: "exited-refreshes" must be a whole number'],
  ['[filter]\nport = 80', 'c.toml:1: "filter" must be text, not {"port":80}'],
  ['basename.x = 1', 'c.toml:1: "basename" must be true or false'],
  ['delay = 1\ndelay = 2', 'c.toml:2:'],
  ['delay 1', 'c.toml:1:'],
  ['delay =', 'c.toml:1:'],
  ['= 1', 'c.toml:1:'],
  ['[delay', 'c.toml:1:'],
  ['filter = "tcp', 'c.toml:1:'],
  ['filter = "\\q"', 'c.toml:1:'],
  ['filter = "\u0001"', 'c.toml:1:'],
  ['delay = 1 all = true', 'c.toml:1:'],
  ['log-file = "\u001b[2J"', 'c.toml:1:'],
  [`filter = "${'x'.repeat(200)}" \n delay = "${'y'.repeat(200)}"`, 'c.toml:2: "delay" must be'],
];

for (const [text, sentence] of INVALID) {
  test(`a configuration with ${JSON.stringify(text.slice(0, 40))} is refused in one sentence`, async () => {
    const error = await parseConfig(text, 'c.toml').then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    ok(error instanceof UserError, `must be refused, was ${error}`);
    equal(error.message.slice(0, sentence.length), sentence);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    ok(!/[\u0000-\u001f\u007f-\u009f]/.test(error.message) && error.message.length < 300, error.message);
  });
}

test('unknown keys are warnings with their lines, and the rest of the file counts', async () => {
  const { settings, warnings } = await parseConfig('colour = "never"\ndelay = 2\n\n[palette]\nname = "x"\n', 'c.toml');
  deepEqual(settings, { delay: 2 });
  deepEqual(warnings, ['c.toml:1: unknown key "colour" is ignored', 'c.toml:4: unknown key "palette" is ignored']);
});

test('a key that resembles a setting is answered with that setting', async () => {
  const { warnings } = await parseConfig('tcp_only = true\nlogfile = "x"\n"\\u001bx" = 1', 'c.toml');
  match(warnings[0] ?? '', /"tcp_only" is ignored; did you mean "tcp-only"\?/);
  match(warnings[1] ?? '', /did you mean "log-file"\?/);
  match(warnings[2] ?? '', /unknown key "\\x1bx" is ignored/);
});

test('--print-config is read back as the same settings, whatever they are', async () => {
  const changed = mergeSettings({
    devices: ['eth0', 'wlan0'],
    filter: 'host 10.0.0.1 and not port "22" \\ \u007f é',
    delay: 0.25,
    all: true,
    'ring-size': 64 * 1024 * 1024,
    'view-mode': '2',
    'log-file': '/var/log/a b.log',
  });
  for (const settings of [mergeSettings(), changed]) {
    const { settings: again, warnings } = await parseConfig(printConfig(settings), 'c.toml');
    deepEqual(mergeSettings(again), settings);
    deepEqual(Object.keys(again).sort(), Object.keys(SETTINGS).sort());
    deepEqual(warnings, []);
  }
});

test('later layers win: defaults, then the file, then the command line', () => {
  const settings = mergeSettings({ delay: 5, all: true }, { delay: 2 });
  deepEqual([settings.delay, settings.all, settings.units], [2, true, 'si']);
});

function credentials(uid: number): Credentials {
  const none = () => {};
  const ids = { geteuid: () => uid, getegid: () => uid, getgroups: () => [] };
  return { ...ids, initgroups: none, setgroups: none, setegid: none, seteuid: none, setgid: none, setuid: none };
}

const ROOT = process.geteuid?.() === 0;

/** A home with this configuration; `place` is what a process of `uid` there would see. */
function withHome(text: string, work: (path: string, place: ConfigPlace) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'nettrace-config-'));
  const path = join(home, '.config', 'nettrace', 'config.toml');
  mkdirSync(join(home, '.config', 'nettrace'), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
  const place = { env: { HOME: home }, user: undefined, credentials: credentials(process.geteuid?.() ?? 0) };
  return work(path, place).finally(() => rmSync(home, { recursive: true }));
}

test('the file is looked for in $XDG_CONFIG_HOME, else in ~/.config, and need not be there', async () => {
  await withHome('delay = 3', async (path, place) => {
    deepEqual((await loadConfig(place)).settings, { delay: 3 });
    const xdg = join(path, '..', '..');
    deepEqual((await loadConfig({ ...place, env: { HOME: '/nonexistent', XDG_CONFIG_HOME: xdg } })).settings, {
      delay: 3,
    });
    deepEqual((await loadConfig({ ...place, env: { HOME: '/nonexistent' } })).settings, {});
    deepEqual((await loadConfig({ ...place, env: {} })).settings, {});
  });
});

test('as root a default file that others can write is ignored with a warning', {
  skip: !ROOT && 'needs root',
}, async () => {
  await withHome('delay = 3', async (path, place) => {
    chmodSync(path, 0o666);
    const { settings, warnings } = await loadConfig(place);
    deepEqual(settings, {});
    match(warnings[0] ?? '', /is ignored: it must belong to root, and nobody else may write it$/);
  });
});

test('under sudo the file of the caller counts, that of a third user does not', {
  skip: !ROOT && 'needs root',
}, async () => {
  await withHome('delay = 3', async (path, place) => {
    const alice = { uid: 4001, gid: 4001, name: 'alice' };
    chownSync(path, alice.uid, alice.gid);
    deepEqual((await loadConfig({ ...place, user: alice })).settings, { delay: 3 });
    chownSync(path, 4002, 4002);
    const { settings, warnings } = await loadConfig({ ...place, user: alice });
    deepEqual(settings, {});
    match(warnings[0] ?? '', /must belong to root or alice/);
  });
});

test('--config must be there, be a file and be readable', async () => {
  const place = { env: {}, user: undefined, credentials: credentials(0) };
  await rejects(
    loadConfig({ ...place, file: '/nonexistent/x.toml' }),
    /cannot read .*x\.toml: no such file or directory$/,
  );
  await rejects(loadConfig({ ...place, file: '/dev/null' }), /it is not a regular file$/);
  await rejects(loadConfig({ ...place, file: tmpdir() }), /it is (not a regular file|a directory)$/);
});

/** Debian 13's node 20 refuses to change ids whatever the environment says (CVE-2024-22017). */
function cannotChangeIds(): string | false {
  if (!ROOT) return 'needs root';
  try {
    process.seteuid?.(0);
    return false;
  } catch {
    return 'this node refuses to change its effective user';
  }
}

test('what only root can read is read under sudo if it is no link', { skip: cannotChangeIds() }, async () => {
  await withHome('delay = 3', async (path, place) => {
    const sudo = {
      ...place,
      user: { uid: 65534, gid: 65534, name: 'nobody' },
      credentials: process as unknown as Credentials,
    };
    chmodSync(path, 0o600);
    deepEqual((await loadConfig(sudo)).settings, { delay: 3 });
    renameSync(path, `${path}.secret`);
    symlinkSync(`${path}.secret`, path);
    const { settings, warnings } = await loadConfig(sudo);
    deepEqual(settings, {});
    match(warnings[0] ?? '', /is ignored: it must belong to root or nobody/);
    equal(process.geteuid?.(), 0);
  });
});

test('--check-config says every problem with its line, also of [push] and of settings that exclude each other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-check-'));
  const file = join(folder, 'c.toml');
  const check = async (text: string) => {
    writeFileSync(file, text);
    const fake = createFakeWorld({});
    const code = await runProgram(fake.world, ['--check-config', '--config', file], '1.2.3');
    return { code, err: fake.err.map((line) => line.replaceAll(file, 'c.toml')), out: fake.out };
  };
  try {
    const bad = await check(
      'delay = "x"\ncolour = 1\nsort-by = "routes=zzz"\nlight = true\nfilter = "tcp"\n\n[push]\notlp = "http://a/"\ninterval = 0\nx = 1\n',
    );
    equal(bad.code, 1);
    deepEqual(
      bad.err.map((line) => line.slice(0, 44)),
      [
        'nettrace: c.toml:1: "delay" must be a number',
        'nettrace: c.toml:2: unknown key "colour" is ',
        bad.err[2]?.slice(0, 44),
        'nettrace: c.toml:3: --sort-by (also in the c',
        'nettrace: c.toml:9: [push] interval: must be',
        'nettrace: c.toml:10: [push] x: is no setting',
      ],
    );
    match(bad.err[2] ?? '', /^nettrace: c\.toml: --light .*--filter/);
    equal(
      (await check('[push]\n')).err.join(''),
      'nettrace: c.toml:1: [push] needs remote-write = "URL" or otlp = "URL"\n',
    );
    const several = await check(
      '[history]\nkeep-days = "1 h"\nkeep-weeks = 1\nremotes = 2\n[[budget]]\nname = "a"\nby = "x"\nwarn = 0\nmatch = "a"\n' +
        '[[budget]]\nname = "b"\nby = "user"\nmatch = "b"\nbytes = "1 GB"\n[[budget]]\nname = "b"\n',
    );
    deepEqual(
      several.err.map((line) => line.slice(17, 57)),
      [
        '2: [history] keep-days: must be a time f',
        '4: [history] remotes: must be true or fa',
        '3: [history] keep-weeks: is no setting\n',
        '7: [[budget]] "a" by: must be program, u',
        '8: [[budget]] "a" warn: must be a number',
        '14: [[budget]] "b" needs per = "hour", "',
        '15: [[budget]] "b" needs by: it must be ',
        '15: [[budget]] "b" needs match: it must ',
      ],
    );
    match((await check('a = = 1')).err.join(''), /^nettrace: c\.toml:1:\d+: this is not TOML/);
    match(
      (await check('delay = 2\nunits = "si\nall = true\n')).err.join(''),
      /^nettrace: c\.toml:2:12: this is not TOML: a quote is not closed/,
    );
    const good = await check('delay = 2\n');
    deepEqual([good.code, good.err, good.out], [0, [], [`${file}: nothing is wrong\n`]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a service reads the file in the folder that systemd names for it, people read theirs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-config-'));
  try {
    mkdirSync(join(folder, 'nettrace'));
    writeFileSync(join(folder, 'nettrace/config.toml'), 'delay = 3');
    writeFileSync(join(folder, 'config.toml'), 'delay = 2');
    const env = { CONFIGURATION_DIRECTORY: `${folder}:/etc/other`, XDG_CONFIG_HOME: folder };
    const place = { env, user: undefined, credentials: { geteuid: () => 1000 } as Credentials };
    const of = async (more: Partial<ConfigPlace>) => {
      const { settings, source } = await loadConfig({ ...place, ...more });
      return [settings.delay, source?.name];
    };
    deepEqual(await of({ isService: true }), [2, join(folder, 'config.toml')]);
    deepEqual(await of({}), [3, join(folder, 'nettrace/config.toml')]);
    deepEqual(await of({ isService: true, env: { XDG_CONFIG_HOME: folder } }), [
      3,
      join(folder, 'nettrace/config.toml'),
    ]);
    rmSync(join(folder, 'config.toml'));
    deepEqual(await of({ isService: true }), [undefined, undefined], 'none is none: not that of somebody else');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
