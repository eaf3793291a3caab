// Owns: holding the whole tree to the rules of ARCHITECTURE.md, and proof that each rule catches what it is for.
// Knows nothing of: what the code does.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Source, source } from './support/architecture/imports.ts';
import { ALLOWED_SILENCE } from './support/architecture/layers.ts';
import * as rules from './support/architecture/rules.ts';

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const SOURCE_FILE = /\.(?:ts|mjs|js|cc|c|h|def|sh|awk)$|^Makefile$/;
/** Written by a program, not by hand. */
const GENERATED = /\.skel\.h$/;

function readTree(root: string): readonly Source[] {
  return ['src', 'native', 'test', 'scripts'].flatMap((top) =>
    readdirSync(join(root, top), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && SOURCE_FILE.test(entry.name) && !GENERATED.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((path) => !path.split('/').some((part) => part === 'build' || part === 'node_modules'))
      .sort()
      .map((path) => source(path, readFileSync(join(root, path), 'utf8'))),
  );
}

const root = repositoryRoot();
const tree = readTree(root);
const entryPoints = ['nettrace', '.ci/run'].map((path) => source(path, readFileSync(join(root, path), 'utf8')));

/** Fails with one sentence per finding. */
function holds(rule: rules.Rule, files: readonly Source[] = tree): void {
  const found = rule(files);
  assert.equal(found.length, 0, `\n  ${found.join('\n  ')}\n`);
}

describe('the tree', () => {
  test('has sources in both languages, so that the rules below mean something', () => {
    assert.ok(tree.some((file) => file.path.startsWith('src/')));
    assert.ok(tree.some((file) => file.path.startsWith('native/')));
  });
  test('imports only point down, and siblings do not see each other', () => holds(rules.importsPointDown));
  test('no files import each other in a circle', () => holds(rules.noCycles));
  test('napi.h stays in native/binding, threads start in native/engine', () => holds(rules.nativeDoors));
  test('pure layers use no clock, process or console', () => holds(rules.pureLayersArePure));
  test('escape codes are spelt in one file', () => holds(rules.escapesInOneFile));
  test('no file has more than 400 lines', () => holds(rules.filesAreShort));
  test('every file opens by saying what it owns', () => holds(rules.filesSayWhatTheyOwn, [...tree, ...entryPoints]));
  test('no checker is silenced without a reason', () => holds(rules.nothingIsSilenced));
  test('every allowed silence is still needed', () => {
    for (const { path, text } of ALLOWED_SILENCE) {
      const used = tree.some((file) => path.test(file.path) && file.split.comments.includes(text));
      assert.ok(used, `no file ${path} has ${text} any more; take it off the list`);
    }
  });
});

/** What a rule says about files given as path and text. */
function says(rule: rules.Rule, files: Readonly<Record<string, string>>): string {
  return rule(Object.entries(files).map(([path, text]) => source(path, text))).join('\n');
}

describe('the rules', () => {
  const down = (path: string, text: string): string => says(rules.importsPointDown, { [path]: text });

  test('an upward import is refused with what to do instead', () => {
    const text = down('src/model/rate.ts', "// x\nimport { draw } from '../tui/draw.ts';\n");
    assert.equal(
      text,
      'src/model/rate.ts:2 imports src/tui/draw.ts, which lies above model; let src/app hand it in as a value',
    );
    assert.match(
      down('native/flow/flow.h', '#include "native/engine/engine.h"'),
      /lies above flow; take it as a value/,
    );
  });
  test('a sibling is refused, a file of the same folder and a lower layer are not', () => {
    assert.match(
      down('native/capture/a.cc', '#include "native/host/b.h"'),
      /native\/host\/b\.h, which is a sibling of capture/,
    );
    assert.match(down('src/tui/a.ts', "export * from '../service/b.ts';"), /is a sibling of tui/);
    assert.equal(down('native/capture/a.cc', '#include "native/capture/a.h"\n#include "native/base/b.h"\n'), '');
  });
  test('the screen may not look at the machine, although that lies below', () => {
    assert.match(down('src/tui/a.ts', "import type { A } from '../native/addon.ts';"), /cannot tell a live machine/);
    assert.match(down('src/tui/a.ts', "const a = await import('../procfs/stat.ts');"), /is not for tui/);
  });
  test('tests may use native/dev, the product may not', () => {
    assert.equal(down('native/flow/a_test.cc', '#include "native/dev/test.h"'), '');
    assert.match(down('native/flow/a.cc', '#include "native/dev/test.h"'), /is for tests only/);
    assert.match(down('src/app/a.ts', "import '../../test/support/b.ts';"), /outside the product/);
  });
  test('an import in a comment or in a string is none', () => {
    assert.equal(down('src/model/a.ts', "// from '../tui/x.ts'\nconst a = \"from '../tui/x.ts'\";\n"), '');
    assert.equal(down('native/flow/a.cc', '/* #include "native/engine/x.h" */'), '');
  });
  test('a cycle is reported with its way round', () => {
    const text = says(rules.noCycles, {
      'src/base/a.ts': "import './b.ts';",
      'src/base/b.ts': "import './c.ts';",
      'src/base/c.ts': "import type { A } from './a.ts';",
    });
    assert.match(text, /^src\/base\/a\.ts -> src\/base\/b\.ts -> src\/base\/c\.ts -> src\/base\/a\.ts; move/);
  });
  test('napi.h and threads are found where they do not belong', () => {
    const text = '#include <napi.h>\nvoid f() { std::thread t; }\n';
    assert.match(
      says(rules.nativeDoors, { 'native/flow/a.cc': text }),
      /a\.cc:1 uses the JavaScript[\s\S]*a\.cc:2 uses a thread/,
    );
    assert.doesNotMatch(says(rules.nativeDoors, { 'native/binding/a.cc': text }), /JavaScript/);
    assert.equal(says(rules.nativeDoors, { 'native/engine/a.cc': 'std::jthread t; // napi.h' }), '');
  });
  test('a pure layer is told apart from a row that is called process', () => {
    const pure = (text: string): string => says(rules.pureLayersArePure, { 'src/view/a.ts': text });
    assert.match(pure('const a = Date.now();'), /uses a clock \(Date\.now\); instead take the time as an argument/);
    assert.match(pure(`const a = ${'`'}x ${'$'}{process.env['A']}${'`'};`), /uses the process/);
    assert.match(pure("import { readFileSync } from 'node:fs';"), /imports node:fs in a pure layer/);
    assert.equal(pure("const a = process.pid + process.name; // Date.now()\nconst b = 'console.log';"), '');
    assert.equal(pure('const day = new Date(milliseconds);'), '');
  });
  test('a clock in the packet path is found, a field called time is not', () => {
    const pure = (text: string): string => says(rules.pureLayersArePure, { 'native/decode/a.cc': text });
    assert.match(pure('auto now = time(nullptr);'), /uses a clock/);
    assert.match(pure('const auto now = monotonic_nanos();'), /uses a clock/);
    assert.equal(pure("const auto last = flow.time(); int64_t start_time(3); x = 1'000; // time(0)"), '');
  });
  test('an escape code outside ansi.ts is found however it is spelt', () => {
    for (const spelt of ['\\x1b[0m', '\\u001b[0m', '\\u{1B}', String.fromCharCode(27)]) {
      assert.match(says(rules.escapesInOneFile, { 'src/view/a.ts': `const a = '${spelt}';` }), /uses an escape code/);
    }
    assert.equal(says(rules.escapesInOneFile, { 'src/tui/ansi.ts': "const a = '\\x1b';" }), '');
  });
  test('line 401, a missing opening and a fourth line of it are found', () => {
    assert.match(says(rules.filesAreShort, { 'src/a/b.ts': '//\n'.repeat(401) }), /has 401 lines/);
    assert.equal(says(rules.filesAreShort, { 'src/a/b.ts': '//\n'.repeat(400) }), '');
    assert.match(says(rules.filesSayWhatTheyOwn, { 'native/a.h': '#include <x>\n' }), /opens without a comment/);
    assert.equal(
      says(rules.filesSayWhatTheyOwn, { 'native/a.h': '// Owns: a.\n', 'native/a.cc': '#include "a"\n' }),
      '',
    );
    assert.match(
      says(rules.filesSayWhatTheyOwn, { 'a.sh': '#!/bin/sh\n# 1\n# 2\n# 3\n# 4\nx\n' }),
      /opens with 4 lines/,
    );
  });
  test('a silenced checker is found in comments alone', () => {
    const mark = ['biome', 'ignore'].join('-');
    assert.match(says(rules.nothingIsSilenced, { 'src/base/a.ts': `// ${mark} lint: x` }), /silences a checker/);
    assert.equal(says(rules.nothingIsSilenced, { 'src/base/a.ts': `const a = '${mark}';` }), '');
  });
});
