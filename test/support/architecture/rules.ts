// Owns: the rules of the house as functions: sources in, sentences out that say what is wrong and what to do instead.
// Knows nothing of: where the sources come from.
import { cyclesOf, type Import, importsOf, isCpp, isTypeScript, type Source } from './imports.ts';
import {
  ALLOWED_SILENCE,
  type Ban,
  CLOCK_FILE,
  CPP,
  CPP_PURITY,
  ESCAPE_FILE,
  type Language,
  type Layer,
  PURE_MODULES,
  TYPESCRIPT,
  TYPESCRIPT_PURITY,
} from './layers.ts';
import { lineOf } from './source-text.ts';

export type Rule = (files: readonly Source[]) => readonly string[];

export const LONGEST_FILE = 400;
export const LONGEST_OPENING = 3;

const languageOf = (path: string): Language | undefined =>
  [TYPESCRIPT, CPP].find((language) => path.startsWith(`${language.root}/`));

function layerOf(path: string): Layer | undefined {
  const name = path.split('/').at(1);
  return path.split('/').length < 3 ? undefined : languageOf(path)?.layers.find((layer) => layer.name === name);
}

/** C++ tests stand beside what they test; helpers that only they include are named for it. */
const isCppTest = (path: string): boolean =>
  /_(?:test|fixture)\.(?:cc|h)$/.test(path) || path.startsWith('native/dev/');
const isProduct = (path: string): boolean => languageOf(path) !== undefined && !isCppTest(path);

/** Why one layer may not import a file; undefined if it may. */
function refusal(from: Layer, one: Import): string | undefined {
  const test = isCppTest(one.from);
  if (languageOf(one.to) === undefined) return 'is outside the product; what ships never sees it';
  const to = layerOf(one.to);
  if (to === undefined) return 'belongs to no layer; give it a place in test/support/architecture/layers.ts';
  if (to.name === 'dev') return test ? undefined : `is for tests only; ${to.instead}`;
  if (to.name === from.name) return undefined;
  if (to.rank > from.rank) return `lies above ${from.name}; ${from.instead}`;
  if (to.rank === from.rank) return `is a sibling of ${from.name}; ${from.instead}`;
  return from.never?.includes(to.name) ? `is not for ${from.name}; ${from.instead}` : undefined;
}

/** Every arrow points down and siblings do not see each other. */
export const importsPointDown: Rule = (files) =>
  files.flatMap((file) => {
    const language = languageOf(file.path);
    if (language === undefined || file.path.startsWith('native/dev/')) return [];
    const layer = layerOf(file.path);
    if (layer === undefined) {
      return [`${file.path} belongs to no layer; move it into one, or add the layer to ARCHITECTURE.md and layers.ts`];
    }
    return importsOf(file).flatMap((one) => {
      const reason = one.inside ? refusal(layer, one) : undefined;
      return reason === undefined ? [] : [`${one.from}:${one.line} imports ${one.to}, which ${reason}`];
    });
  });

export const noCycles: Rule = (files) =>
  cyclesOf(files).map((cycle) => `${cycle.join(' -> ')}; move what both need into a third file that knows neither`);

/** JavaScript is known to native/binding alone, threads are started by native/engine alone. */
export const nativeDoors: Rule = (files) =>
  files
    .filter((file) => isCpp(file.path))
    .flatMap((file) => {
      const found: string[] = [];
      if (!file.path.startsWith('native/binding/')) {
        found.push(
          ...hits(file, file.split.withStrings, {
            what: /#\s*include\s*[<"](?:napi|node_api|js_native_api|node|uv|v8)\.h[>"]/g,
            name: 'the JavaScript engine',
            instead: 'return plain values; native/binding turns them into JavaScript',
          }),
        );
      }
      if (!file.path.startsWith('native/engine/') && !isCppTest(file.path)) {
        found.push(
          ...hits(file, file.split.code, {
            what: /\bstd::(?:jthread|thread)\b(?!::)|\bpthread_create\b|\bstd::async\b/g,
            name: 'a thread',
            instead: 'offer a function that does a bounded piece of work; native/engine runs it on a thread',
          }),
        );
      }
      return found;
    });

function hits(file: Source, text: string, ban: Ban): readonly string[] {
  return [...text.matchAll(ban.what)].map(
    (match) =>
      `${file.path}:${lineOf(text, match.index)} uses ${ban.name} (${match[0].trim()}); instead ${ban.instead}`,
  );
}

/** Pure layers: the same arguments give the same result, and nothing else happens. */
export const pureLayersArePure: Rule = (files) =>
  files
    .filter((file) => isProduct(file.path) && layerOf(file.path)?.pure === true && file.path !== CLOCK_FILE)
    .flatMap((file) => {
      const bans = isTypeScript(file.path) ? TYPESCRIPT_PURITY : CPP_PURITY;
      const outside = importsOf(file).filter((one) => !one.inside && !PURE_MODULES.includes(one.to));
      return [
        ...bans.flatMap((ban) => hits(file, file.split.code, ban)),
        ...outside.map(
          (one) => `${one.from}:${one.line} imports ${one.to} in a pure layer; let src/app hand in its result`,
        ),
      ];
    });

/** The ways to spell the escape character, and the character itself. */
const ESCAPE_CODE = new RegExp(
  `\\\\x1b|\\\\u001b|\\\\u\\{0*1b\\}|\\\\033|${String.fromCharCode(27)}|from(?:CharCode|CodePoint)\\(\\s*(?:27|0x1b)\\s*\\)`,
  'gi',
);

/** The screen is made of rows and styles; one file turns them into escape codes. */
export const escapesInOneFile: Rule = (files) =>
  files
    .filter((file) => file.path.startsWith('src/') && file.path !== ESCAPE_FILE)
    .flatMap((file) =>
      hits(file, file.split.withStrings, {
        what: ESCAPE_CODE,
        name: 'an escape code',
        instead: `import its name from ${ESCAPE_FILE}; in src/view use a style`,
      }),
    );

export const filesAreShort: Rule = (files) =>
  files.flatMap((file) => {
    const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
    return lines > LONGEST_FILE
      ? [`${file.path} has ${lines} lines, more than ${LONGEST_FILE}; split it by what its parts know`]
      : [];
  });

/** Lines of the comment that a file opens with, after a `#!` line. */
function openingLines(text: string): number {
  const lines = text.split('\n');
  if (lines[0]?.startsWith('#!')) lines.shift();
  const first = lines[0] ?? '';
  if (first.startsWith('/*')) return text.slice(0, text.indexOf('*/')).split('\n').length;
  const mark = first.startsWith('//') ? '//' : /^#(?!include|pragma|if|define)/.test(first) ? '#' : undefined;
  if (mark === undefined) return 0;
  const end = lines.findIndex((line) => !line.startsWith(mark));
  return end < 0 ? lines.length : end;
}

/** A `.cc` that belongs to a header is introduced there. */
export const filesSayWhatTheyOwn: Rule = (files) =>
  files.flatMap((file) => {
    const lines = openingLines(file.text);
    const header = file.path.replace(/\.cc$/, '.h');
    if (lines === 0 && header !== file.path && files.some((one) => one.path === header)) return [];
    if (lines === 0) return [`${file.path} opens without a comment; say what it owns and what it knows nothing of`];
    return lines > LONGEST_OPENING
      ? [
          `${file.path} opens with ${lines} lines of comment, more than ${LONGEST_OPENING}; say the rest where it applies`,
        ]
      : [];
  });

const SILENCE =
  /biome-ignore(?: lint\/[\w/]+)?|@ts-(?:ignore|expect-error|nocheck)|NOLINT\w*(?:\([^)]*\))?|clang-format off/g;

export const nothingIsSilenced: Rule = (files) =>
  files.flatMap((file) =>
    [...file.split.comments.matchAll(SILENCE)]
      .filter((match) => !ALLOWED_SILENCE.some((one) => one.path.test(file.path) && one.text === match[0]))
      .map(
        (match) =>
          `${file.path}:${lineOf(file.text, match.index)} silences a checker (${match[0]}); mend the cause, or give the reason in layers.ts`,
      ),
  );
