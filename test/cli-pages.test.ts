// Tests: manual pages and shell completion: each command has them, they are clean, and a shell completes by them.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { COMMANDS, describeAll } from '../src/cli/command-table.ts';
import { MAN_TEXTS } from '../src/cli/man-texts.ts';
import { NETSTAT_SHAPE } from '../src/cli/netstat-help.ts';
import { NETSTAT_LONG } from '../src/cli/netstat-words.ts';
import { runProgram } from '../src/cli/run.ts';
import { createFakeWorld } from './support/fake-world.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'nettrace-pages-'));
after(() => rmSync(folder, { recursive: true }));

async function run(...words: string[]): Promise<string> {
  const fake = createFakeWorld({});
  equal(await runProgram(fake.world, words, '1.2.3'), 0, fake.err.join(''));
  return fake.out.join('');
}

const missing = (program: string) =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `${program} is not installed`;

test('every command is in the table and has a text for its manual page', () => {
  for (const name of ['', ...Object.keys(COMMANDS)]) {
    const text = MAN_TEXTS[name];
    ok(text !== undefined, `"${name}" needs an entry in src/cli/man-texts.ts`);
    ok(text.examples.length > 0 && text.exit.length > 0 && text.description.length > 0, name);
  }
  deepEqual(
    Object.keys(MAN_TEXTS).filter((name) => name !== '' && !Object.hasOwn(COMMANDS, name)),
    [],
  );
  for (const file of ['run.ts', 'command-line.ts']) {
    const source = readFileSync(new URL(`src/cli/${file}`, PACKAGE_ROOT), 'utf8');
    for (const [, name = ''] of source.matchAll(/args\[0\] === '(\w+)'/g)) {
      ok(Object.hasOwn(COMMANDS, name), `${file} knows a command "${name}" that is not in src/cli/command-table.ts`);
    }
  }
});

test('what is told of netstat is what its words are read by', () => {
  const told = NETSTAT_SHAPE.options.flatMap(({ names }) => names.filter((name) => name.startsWith('--')));
  deepEqual(told.map((name) => name.slice(2)).sort(), Object.keys(NETSTAT_LONG).sort());
});

test('a page has its sections, the keys of the keymap and words that are printed as they are', async () => {
  const page = await run('man');
  const sections = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title);
  deepEqual(sections, [
    'NAME',
    'SYNOPSIS',
    'DESCRIPTION',
    'OPTIONS',
    'KEYS',
    'FILES',
    'ENVIRONMENT',
    '"EXIT STATUS"',
    'EXAMPLES',
    '"SEE ALSO"',
  ]);
  match(page, /\.TP\n\.B Ctrl\\-Z\nSuspend; fg comes back\./);
  match(page, /\\fB\\-d\\fR, \\fB\\-\\-delay\\fR \\fISECONDS\\fR/);
  match(page, /\.BR nettrace\\-serve \(8\)/);
  ok(!/proc-root/.test(page), 'a hidden option');
});

test('an unknown page and an unknown shell are refused in one sentence', async () => {
  for (const words of [['man', 'x'], ['man', 'constructor'], ['completion', 'csh'], ['completion']]) {
    const fake = createFakeWorld({});
    equal(await runProgram(fake.world, words, '1.2.3'), 1);
    match(fake.err.join(''), /^nettrace: [^\n]+\n$/);
  }
});

for (const [tool, check] of [
  ['mandoc', ['-Tlint', '-Wwarning']],
  ['groff', ['-ww', '-man', '-z', '-Tutf8']],
] as const) {
  test(`every page is clean for ${tool}`, { skip: missing(tool) }, async () => {
    for (const name of (await run('man', '--list')).trim().split('\n')) {
      const file = join(folder, `${name}.8`);
      writeFileSync(file, await run('man', name));
      const { status, stdout, stderr } = spawnSync(tool, [...check, file], { encoding: 'utf8' });
      equal(`${status} ${stdout}${stderr}`, '0 ', name);
    }
  });
}

test('bash completes commands, options, values, devices and files', { skip: missing('bash') }, async () => {
  const script = join(folder, 'nettrace.bash');
  writeFileSync(script, await run('completion', 'bash'));
  const complete = (...words: string[]) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const program = `. ${script}; COMP_WORDS=(nettrace ${list}); COMP_CWORD=${words.length}; _nettrace; printf '%s\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8', cwd: folder });
    equal(stderr, '');
    return stdout.split('\n').filter((word) => word !== '');
  };
  deepEqual(complete('ser'), ['serve']);
  deepEqual(complete('l'), ['lo']);
  deepEqual(complete('serve', '--tls-c'), ['--tls-cert']);
  deepEqual(complete('--units', 'bi'), ['binary', 'bits', 'binary-bits']);
  deepEqual(complete('--units', '=', 'si'), ['si']);
  deepEqual(complete('history', '--by', 'u'), ['user', 'unit']);
  deepEqual(complete('--read', 'nettrace.b'), ['nettrace.bash']);
  deepEqual(complete('completion', 'z'), ['zsh']);
  deepEqual(complete('-d', ''), []);
  ok(complete('--').includes('--check-config'));
});

for (const [shell, check] of [
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
] as const) {
  test(`${shell} takes its script`, { skip: missing(shell) }, async () => {
    const script = join(folder, `nettrace.${shell}`);
    writeFileSync(script, await run('completion', shell));
    const { status, stderr } = spawnSync(shell, [...check, script], { encoding: 'utf8' });
    equal(`${status} ${stderr}`, '0 ');
  });
}

test('fish completes by its script', { skip: missing('fish') }, async () => {
  const script = join(folder, 'nettrace.fish');
  writeFileSync(script, await run('completion', 'fish'));
  const complete = (line: string) =>
    spawnSync('fish', ['--no-config', '-c', `source ${script}; complete -C '${line}'`], { encoding: 'utf8' })
      .stdout.split('\n')
      .map((each) => each.split('\t')[0])
      .filter((each) => each !== '');
  deepEqual(complete('nettrace hist'), ['history']);
  deepEqual(complete('nettrace history --by us'), ['user']);
  deepEqual(complete('nettrace --theme mo'), ['mono']);
});

test('every option of every command is known to the three shells', async () => {
  const scripts = [await run('completion', 'bash'), await run('completion', 'zsh'), await run('completion', 'fish')];
  for (const { name, shape } of await describeAll()) {
    for (const option of shape.options.flatMap(({ names }) => names).filter((each) => each.startsWith('--'))) {
      const [bash = '', zsh = '', fish = ''] = scripts;
      ok(
        bash.includes(option) && zsh.includes(`*${option}[`) && fish.includes(` -l ${option.slice(2)} `),
        `${name} ${option}`,
      );
    }
  }
});
