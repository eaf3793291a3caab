// Owns: who imports whom in both languages, and finding cycles in that.
// Knows nothing of: layers.
import { posix } from 'node:path';
import { lineOf, type SplitText, splitText } from './source-text.ts';

/** A source file; `path` is relative to the root of the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly split: SplitText;
}

export interface Import {
  readonly from: string;
  readonly line: number;
  /** Path in the repository, or as written where it is none (`node:fs`, `pino`). */
  readonly to: string;
  readonly inside: boolean;
}

export function source(path: string, text: string): Source {
  return { path, text, split: splitText(path, text) };
}

export const isTypeScript = (path: string): boolean => path.endsWith('.ts');
export const isCpp = (path: string): boolean => /\.(?:cc|c|h|def)$/.test(path);

const SPECIFIER = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"/gm;

function typeScriptImports({ path, split }: Source): readonly Import[] {
  return [...split.withStrings.matchAll(SPECIFIER)]
    .filter((match) => split.code.slice(match.index, match.index + 4).trim() !== '')
    .map((match) => {
      const written = match[2] ?? '';
      const inside = written.startsWith('.');
      const to = inside ? posix.join(posix.dirname(path), written) : written;
      return { from: path, line: lineOf(split.withStrings, match.index), to, inside };
    });
}

function cppImports({ path, split }: Source): readonly Import[] {
  return [...split.withStrings.matchAll(INCLUDE)].map((match) => ({
    from: path,
    line: lineOf(split.withStrings, match.index),
    to: match[1] ?? '',
    inside: true,
  }));
}

export function importsOf(file: Source): readonly Import[] {
  if (isTypeScript(file.path)) return typeScriptImports(file);
  return isCpp(file.path) ? cppImports(file) : [];
}

/** Each cycle once, as the files along it; a type that is imported counts as much as a value. */
export function cyclesOf(files: readonly Source[]): readonly (readonly string[])[] {
  const graph = new Map(files.map((file) => [file.path, importsOf(file).map((one) => one.to)]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), path]);
    if (seenAt >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}
