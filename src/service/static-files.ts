// Owns: the page's files, all in memory: nothing is opened for a request, so no path can lead anywhere else.
// Knows nothing of: what is in them.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import type { Route } from './routes.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

const CHART_FILES = ['uPlot.esm.js', 'uPlot.min.css'] as const;

/** Files of `folder` by their path, index.html also as `/`, and uPlot's below /vendor/uplot/. A missing folder is empty. */
export function loadPage(folder: string, chartFolder: string): readonly Route[] {
  return [
    ...pageFiles(folder),
    ...CHART_FILES.flatMap((name) => fileRoute(`/vendor/uplot/${name}`, chartFolder, name)),
  ];
}

function pageFiles(folder: string): readonly Route[] {
  const entries = listed(folder);
  return entries.flatMap((name) => {
    const routes = fileRoute(`/${name}`, folder, name);
    return name === 'index.html' ? [...routes, ...fileRoute('/', folder, name)] : routes;
  });
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch {
    return [];
  }
}

function fileRoute(path: string, folder: string, name: string): readonly Route[] {
  try {
    const reply = { status: 200, body: readFileSync(join(folder, name)), type: TYPES[extname(name)] ?? '' };
    return [{ path, access: 'public', summary: 'A file of the page', reply: () => reply }];
  } catch {
    return [];
  }
}
