// Owns: the paths of the API that tell of the last snapshot or ask the collector, and /healthz.
// Knows nothing of: metrics, which bring a route of their own.
import type { CollectorLink } from './collector-link.ts';
import { errorReply, jsonReply, type Reply, type Route, textReply } from './routes.ts';

/** Paths that are questions to the collector, which checks what is asked. */
const QUESTIONS = {
  connections: 'Connections, the busiest first; those with `ended` for 60 s after their end',
  sockets: 'All sockets of this network namespace, with their owners',
  history: 'What was moved in a time range, by program, user, unit, container, remote, interface or time',
  budgets: 'What each budget of the configuration has used, and its state',
  doctor: 'What works on this machine',
} as const;

/** A collector that said nothing for so long does not count. */
const STALE_MS = 10_000;

/** @param now monotonic ms */
export function apiRoutes(now: () => number): readonly Route[] {
  return [
    {
      path: '/healthz',
      access: 'public',
      summary: 'Whether the service counts',
      reply: ({ link }) => health(link, now()),
    },
    {
      path: '/api/v1/snapshot',
      access: 'token',
      summary: 'The last refresh: the object of --json',
      reply: ({ link }) => withLatest(link, ({ text }) => textReply(`${text}\n`)),
    },
    ...(['processes', 'interfaces', 'host', 'queues'] as const).map(
      (part): Route => ({
        path: `/api/v1/${part}`,
        access: 'token',
        summary: `The part "${part}" of the last refresh`,
        reply: ({ link }) => withLatest(link, () => partReply(link, part)),
      }),
    ),
    ...Object.entries(QUESTIONS).map(
      ([verb, summary]): Route => ({
        path: `/api/v1/${verb}`,
        access: 'token',
        summary,
        reply: async ({ link, query }) => jsonReply(await link.ask(verb, Object.fromEntries(query))),
      }),
    ),
  ];
}

function health(link: CollectorLink, nowMs: number): Reply {
  const latest = link.latest();
  const counts = latest !== undefined && nowMs - latest.atMs < STALE_MS;
  return jsonReply({ status: counts ? 'ok' : 'not counting' }, counts ? 200 : 503);
}

function withLatest(link: CollectorLink, reply: (latest: { readonly text: string }) => Reply): Reply {
  const latest = link.latest();
  return latest === undefined ? errorReply(503, 'nothing has been counted yet; ask again in a second') : reply(latest);
}

function partReply(link: CollectorLink, part: string): Reply {
  const object = link.object();
  return jsonReply({ time: object?.['time'], [part]: object?.[part] ?? null });
}
