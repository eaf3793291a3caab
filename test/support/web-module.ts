// Owns: loading a module of the page that needs no browser.
// Knows nothing of: what is in it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../e2e/places.ts';

/** `Shape` is what the module exports: the page is plain JavaScript. */
export async function webModule<Shape>(name: string): Promise<Shape> {
  return (await import(pathToFileURL(join(ROOT, 'web', name)).href)) as Shape;
}
