// Owns: the OpenAPI 3.1 document of the service: its routes with the questions that the collector checks and the schemas
// that --json, netstat and the doctor have.
// Knows nothing of: sockets and requests. The same for every service of one version.
import { z } from 'zod';
import { count, each, list, number, object, orNull, type Schema, text, time } from '../../base/schema-parts.ts';
import { CONNECTION_SCHEMA, REFRESH_SCHEMAS } from '../../export/json-schema.ts';
import { SOCKETS_SCHEMA } from '../../netstat/socket-schema.ts';
import { EVENTS_PATH, SESSION_PATH } from '../../service/http-front.ts';
import type { Route } from '../../service/routes.ts';
import { historyAnswerSchema } from '../../store/history-schema.ts';
import { DOCTOR_SCHEMA } from '../doctor/schema.ts';
import { QUESTIONS } from './questions.ts';

const gap = object({ from: time, to: time }, 'A time in which nothing was counted');

const budget = object(
  {
    ...each(['name', 'match'], text),
    by: { enum: ['program', 'user', 'unit', 'container', 'interface'] },
    direction: { enum: ['sent', 'received', 'both'] },
    per: orNull({ enum: ['hour', 'day', 'month'] }),
    rate: { ...orNull(number), description: 'Bytes a second; null: bytes of a period' },
    forSeconds: orNull(number),
    usedBytes: number,
    limitBytes: count,
    share: { ...number, description: 'Used of the limit; 1 is all of it' },
    warn: number,
    state: { enum: ['ok', 'warn', 'exceeded'] },
    since: time,
    periodStart: time,
    periodEnd: time,
  },
  'A budget and what is used of it (docs/budgets.md)',
);

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: object({ error: { ...text, description: 'One sentence: what is wrong, and what to do' } }),
  Health: object({ status: { enum: ['ok', 'not counting'] } }),
  Session: object({ token: { type: 'string' }, expires: time }),
  ...Object.fromEntries(Object.entries(REFRESH_SCHEMAS).map(([key, schema]) => [partName(key), schema])),
  Snapshot: object(
    {
      ...Object.fromEntries(Object.keys(REFRESH_SCHEMAS).map((key) => [key, ref(partName(key))])),
      service: object({ gaps: list(gap), budgets: list(ref('Budget')) }, 'What happened to the service', ['budgets']),
    },
    'One refresh: the object of `nettrace --json`, and `service`',
  ),
  Connection: CONNECTION_SCHEMA,
  ConnectionList: object({
    total: { ...count, description: 'All that are alive, also those beyond the limit' },
    connections: list(ref('Connection'), 'The busiest first'),
  }),
  Sockets: SOCKETS_SCHEMA,
  History: fromZod(historyAnswerSchema),
  Doctor: DOCTOR_SCHEMA,
  Budget: budget,
  Budgets: object({ budgets: list(ref('Budget')) }),
  Event: object(
    {
      id: { ...count, description: 'Grows, also over restarts' },
      time,
      kind: { enum: ['log', 'gap', 'budget'] },
      level: text,
      text: { ...text, description: 'One sentence' },
      gap,
      budget: ref('Budget'),
      before: { enum: ['ok', 'warn', 'exceeded'], description: 'The state that a budget had' },
    },
    'What is worth a line in a log',
    ['gap', 'budget', 'before'],
  ),
};

/** What is answered with 200 at each path that is not a part of a refresh. */
const ANSWERS: Readonly<Record<string, Schema>> = {
  '/healthz': ref('Health'),
  '/api/v1/snapshot': ref('Snapshot'),
  '/api/v1/connections': ref('ConnectionList'),
  '/api/v1/sockets': ref('Sockets'),
  '/api/v1/history': ref('History'),
  '/api/v1/doctor': ref('Doctor'),
  '/api/v1/budgets': ref('Budgets'),
  '/api/v1/openapi.json': { type: 'object' },
  [SESSION_PATH]: ref('Session'),
};

const PARTS = ['processes', 'interfaces', 'host', 'queues'] as const;

/** Refusals that any path may give, by status; `public` paths never give 401. */
const REFUSALS: Readonly<Record<number, string>> = {
  401: 'No token, or one that is not accepted',
  403: 'Asked by a page of another origin (Origin, Sec-Fetch-Site)',
  405: 'Neither GET nor HEAD',
  413: 'The request has a body',
  421: 'The Host header names a host or port that is not served here',
  429: 'More than 20 requests a second of one peer, or 60 at once',
  500: 'A fault in nettrace',
};
const UNREADY = 'Nothing has been counted yet, or the collector is being started again: ask again in a second';
/** Refusals of questions to the collector. */
const OF_COLLECTOR: Readonly<Record<number, string>> = {
  400: 'A parameter that there is not, or one with a bad value; the sentence names it',
  502: 'The answer of the collector is not understood',
  503: UNREADY,
  504: 'The collector did not answer within 30 seconds',
};
const HEADERS_OF: Readonly<Record<number, Schema>> = {
  401: { 'WWW-Authenticate': { schema: { const: 'Bearer' } } },
  405: { Allow: { schema: { const: 'GET, HEAD' } } },
  429: { 'Retry-After': { schema: { type: 'string', pattern: '^[0-9]+$' } } },
};

/** The document of these routes; events and sessions are added. */
export function openApi(version: string, routes: readonly Pick<Route, 'path' | 'access' | 'summary'>[]): Schema {
  const paths = routes.map((route) => [route.path, { get: operationOf(route) }]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'nettrace',
      version,
      summary: 'Which process moves which bytes on this machine',
      description:
        'Every path answers GET and HEAD alone. Keys may be added within a version of the API; what a key means is in docs/json.md. Rates are bytes a second, sizes bytes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The address that `nettrace serve` printed' }],
    security: [{ token: [] }],
    paths: {
      ...Object.fromEntries(paths),
      [EVENTS_PATH]: { get: eventsOperation() },
      [SESSION_PATH]: { get: sessionOperation() },
    },
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: "The token in the service's token file, or a session's" },
      },
    },
  };
}

function operationOf({ path, access, summary }: Pick<Route, 'path' | 'access' | 'summary'>): Schema {
  const name = path.replace(/^.*\//, '').replace(/\..*$/, '');
  const question = path.startsWith('/api/v1/') && Object.hasOwn(QUESTIONS, name) ? name : undefined;
  const asksCollector = question !== undefined || path === '/metrics';
  const unready = path === '/api/v1/snapshot' || PARTS.some((part) => path === `/api/v1/${part}`);
  return {
    operationId: name,
    summary,
    ...(access === 'public' ? { security: [] } : {}),
    ...(question === undefined ? {} : { parameters: parametersOf(question as keyof typeof QUESTIONS) }),
    responses: {
      200: { description: summary, content: contentOf(path, name) },
      ...(path === '/healthz' ? { 503: { description: 'It does not count', content: json(ref('Health')) } } : {}),
      ...refusals({
        ...REFUSALS,
        ...(asksCollector ? OF_COLLECTOR : {}),
        ...(unready ? { 503: UNREADY } : {}),
        ...(access === 'public' ? { 401: '' } : {}),
      }),
    },
  };
}

function contentOf(path: string, name: string): Schema {
  if (path === '/metrics') {
    const schema = { type: 'string' };
    return { 'text/plain': { schema }, 'application/openmetrics-text': { schema } };
  }
  const part = PARTS.find((each) => each === name);
  const schema = part === undefined ? ANSWERS[path] : object({ time: ref('Time'), [part]: ref(partName(part)) });
  return json(schema ?? {});
}

function eventsOperation(): Schema {
  return {
    operationId: 'events',
    summary: 'Server-sent events: each refresh, and what is worth a line in a log',
    description:
      'An endless answer (HTML, 9.2). `event: snapshot` has a Snapshot as its data, on one line: the last one at once, then each; a reader that is slow misses some. `event: event` has an Event as its data and its id; those after `Last-Event-ID` that are still kept (500) are sent again. A comment every 15 seconds keeps the line open.',
    parameters: [
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The id of the last event that was seen',
        schema: count,
      },
    ],
    responses: {
      200: {
        description: 'Lines of events',
        content: {
          'text/event-stream': {
            schema: { type: 'string', description: 'Data are of the schemas Snapshot and Event' },
          },
        },
      },
      ...refusals({ ...REFUSALS, 503: 'There are 8 readers of events already' }),
    },
  };
}

function sessionOperation(): Schema {
  return {
    operationId: 'session',
    summary: 'A session token, good for 24 hours',
    description: 'With any token that is accepted, or with the one-time token that is printed at the start.',
    responses: {
      200: { description: 'A token that is accepted from now on', content: json(ref('Session')) },
      ...refusals(REFUSALS),
    },
  };
}

/** Each property of a question is a parameter of the query; none is required, as each has a default or may be left out. */
function parametersOf(name: keyof typeof QUESTIONS): readonly Schema[] {
  const { properties = {} } = fromZod(QUESTIONS[name]) as { properties?: Readonly<Record<string, Schema>> };
  return Object.entries(properties).map(([key, { description, ...schema }]) => ({
    name: key,
    in: 'query',
    description,
    schema,
  }));
}

function refusals(texts: Readonly<Record<number, string>>): Schema {
  const said = Object.entries(texts).filter(([, description]) => description !== '');
  return Object.fromEntries(
    said.map(([status, description]) => {
      const headers = HEADERS_OF[Number(status)];
      return [status, { description, ...(headers === undefined ? {} : { headers }), content: json(ref('Error')) }];
    }),
  );
}

function fromZod(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    // What is read-only in TypeScript says nothing about answers, and calendars are not checked twice.
    override({ jsonSchema }) {
      delete jsonSchema.readOnly;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return rest;
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** `processes` -> `Processes`. */
function partName(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}
