// Owns: the routes for a screen: how often they are read, and that a router's full table holds nobody up.
// Knows nothing of: how they are shown.
import { sanitize } from '../base/sanitize.ts';
import { buildRoutes, type RouteModel } from '../model/route-model.ts';
import type { Addon } from '../native/addon.ts';
import { isNativeError } from '../native/native-error.ts';
import { countRoutes } from '../procfs/route-count.ts';
import type { Clock } from './clock.ts';

/** More are read by nobody on a screen, and reading them takes long. */
const MOST_ROUTES = 5000;
const LASTS_MS = 5000;

/** A function that gives the routes as they were at most five seconds ago; what the kernel refuses is an empty list. */
export function createRouteReader(
  addon: Pick<Addon, 'listRoutes' | 'listInterfaces'>,
  readProc: (path: string) => string | undefined,
  clock: Clock,
): () => RouteModel {
  let last: { readonly model: RouteModel; readonly atMs: number } | undefined;
  const read = (): RouteModel => {
    const count = countRoutes(readProc('self/net/fib_triestat') ?? '', readProc('self/net/rt6_stats') ?? '');
    if (count > MOST_ROUTES) return { rows: undefined, count };
    try {
      const names = new Map(addon.listInterfaces().map(({ index, name }) => [index, sanitize(name)]));
      return buildRoutes(addon.listRoutes(), (index) => names.get(index) ?? '');
    } catch (error) {
      if (!isNativeError(error)) throw error;
      return { rows: [], count: 0 };
    }
  };
  return () => {
    const now = clock.now();
    if (last === undefined || now - last.atMs >= LASTS_MS) last = { model: read(), atMs: now };
    return last.model;
  };
}
