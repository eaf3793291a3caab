// Tests: the OpenAPI document of the service: valid by the official schema, and it has every route with its answers.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApi } from '../src/app/serve/openapi.ts';
import { QUESTIONS } from '../src/app/serve/questions.ts';
import { serviceRoutes } from '../src/app/serve/routes.ts';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Readonly<Record<string, unknown>>;
  }[];
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

const routes = serviceRoutes({ version: '1.2.3', metricsWithoutToken: true, now: () => 0 });
const document = openApi('1.2.3', routes) as Readonly<Record<string, unknown>> & Document;
const operations = Object.entries(document.paths);

test('the document is OpenAPI 3.1 by the official schema', async () => {
  const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  deepEqual(result, { valid: true });
});

test('every route of the service is in it, has an answer with a schema, and says who may ask', () => {
  for (const route of routes) {
    const operation = document.paths[route.path]?.get;
    ok(operation !== undefined, `${route.path} is missing`);
    const contents = Object.values(operation.responses['200']?.content ?? {});
    ok(
      contents.length > 0 && contents.every(({ schema }) => Object.keys(schema).length > 0),
      `${route.path} has no schema: see ANSWERS in src/app/serve/openapi.ts`,
    );
    equal(operation.security?.length === 0, route.access === 'public', route.path);
    equal('401' in operation.responses, route.access === 'token', route.path);
  }
  const ids = operations.map(([, { get }]) => get.operationId);
  equal(new Set(ids).size, ids.length);
  for (const [path, { get }] of operations) {
    for (const status of ['403', '405', '421', '429', '500']) ok(status in get.responses, `${path} lacks ${status}`);
  }
});

test('every question to the collector may be refused as all of them may', () => {
  const asked = Object.keys(QUESTIONS);
  const inDocument = operations.filter(([, { get }]) => '504' in get.responses).map(([, { get }]) => get.operationId);
  deepEqual(inDocument.sort(), [...asked, 'metrics'].sort());
});

test('parameters are those that the collector checks, with their limits and defaults', () => {
  const of = (path: string) => document.paths[path]?.get.parameters ?? [];
  deepEqual(
    of('/api/v1/history').map(({ name }) => name),
    Object.keys(QUESTIONS.history.shape),
  );
  const limit = of('/api/v1/connections').find(({ name }) => name === 'limit');
  deepEqual(limit?.schema, { type: 'integer', minimum: 1, maximum: 10_000, default: 1000 });
  deepEqual(of('/api/v1/sockets'), []);
});

test('no answer of the document refers to a schema that is not there', () => {
  const schemas = (document['components'] as { schemas: object }).schemas;
  for (const [, name = ''] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    ok(Object.hasOwn(schemas, name), name);
  }
});
