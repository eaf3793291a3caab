// Tests: docs/options.md has every option: those of a run in its text, those of each command in tables made of what it takes.
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CommandShape } from '../src/cli/command-shape.ts';
import { COMMANDS, describeAll } from '../src/cli/command-table.ts';
import { matchesFile } from './support/golden.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

const document = readFileSync(new URL('docs/options.md', PACKAGE_ROOT), 'utf8');

function table({ options }: CommandShape): string {
  const rows = options.map(({ names, argument, help, choices }) => {
    const flags = names.map((name, at) => `\`${name}${at === names.length - 1 && argument ? ` ${argument}` : ''}\``);
    // Where the help has its own words for them, as for --view-mode.
    const values = choices.length > 0 && !choices.every((each) => help.includes(each)) ? `: ${choices.join(', ')}` : '';
    return `| ${flags.join(', ')} | ${`${help}${values}`.replaceAll('|', '\\|')} |\n`;
  });
  return `| option | meaning |\n|---|---|\n${rows.join('')}`;
}

test('the tables of commands in docs/options.md are what the commands take', async () => {
  const described = new Map((await describeAll()).map(({ name, shape }) => [name, shape]));
  const marks = [...document.matchAll(/<!-- options (\w+) -->/g)].map(([, name]) => name);
  deepEqual(
    [...marks].sort(),
    Object.keys(COMMANDS).sort(),
    'every command has its table: <!-- options NAME --> <!-- end -->',
  );
  const made = document.replace(/<!-- options (\w+) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const shape = described.get(name);
    return `<!-- options ${name} -->\n${shape === undefined ? '' : table(shape)}<!-- end -->`;
  });
  matchesFile('docs/options.md', made);
});

test('every option of a run is in docs/options.md, and no other', async () => {
  const [own] = await describeAll();
  const text = document.slice(0, document.indexOf('\n## nettrace '));
  const told = new Set(
    [...text.matchAll(/^\|[^|]*\|/gm)].flatMap(([cell]) => cell.match(/(?<=[`\s])--?[a-zA-Z][\w-]*/g) ?? []),
  );
  const names = (own?.shape.options ?? []).flatMap((option) => option.names);
  for (const name of names.filter((each) => each.startsWith('--') && !/^--(?:version|help|no-)/.test(each))) {
    ok(told.has(name), `docs/options.md does not tell of ${name}`);
  }
  const hidden = ['--proc-root', '--sys-root'];
  deepEqual(
    [...told].filter((name) => !names.includes(name) && !hidden.includes(name)),
    [],
  );
});
