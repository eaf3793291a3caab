// Owns: checking real answers of a service against the OpenAPI document that it serves.
// Knows nothing of: how the document was made.
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Response {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}
interface Document {
  readonly paths: Readonly<
    Record<string, { readonly get: { readonly responses: Readonly<Record<string, Response>> } }>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface OpenApiChecker {
  /** Fails unless the document tells of this status, this media type and these values. @param path without its query */
  answer(path: string, response: globalThis.Response): Promise<unknown>;
  /** Fails unless the value is of a schema of the document. */
  value(schema: string, value: unknown): void;
}

export function createOpenApiChecker(document: unknown): OpenApiChecker {
  const { paths, components } = document as Document;
  const ajv = new Ajv2020({ allErrors: true, strict: true });
  // RFC 3339, 5.6, in the one form that is written.
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  // Only the schemas: the rest of the document is no JSON Schema.
  ajv.addSchema({ $id: 'doc', components: { schemas: components.schemas } }, 'doc', false, false);
  ajv.addKeyword('components');
  const compiled = new Map<string, ValidateFunction>();
  const check = (schema: object, value: unknown, what: string) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"doc#/');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text));
    compiled.set(text, validate);
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors, { separator: '\n' })}`);
  };
  return {
    async answer(path, response) {
      const told = paths[path]?.get.responses[response.status];
      assert.ok(told !== undefined, `${path} answered ${response.status}, of which the document knows nothing`);
      const type = response.headers.get('content-type')?.replace(/;.*/, '') ?? '';
      const content = told.content[type];
      assert.ok(content !== undefined, `${path} answered with ${type}, of which the document knows nothing`);
      const text = await response.text();
      const value: unknown = type === 'application/json' ? JSON.parse(text) : text;
      check(content.schema, value, `${path} (${response.status})`);
      return value;
    },
    value: (schema, value) => check({ $ref: `#/components/schemas/${schema}` }, value, schema),
  };
}
