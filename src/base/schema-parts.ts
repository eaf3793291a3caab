// Owns: the words in which JSON Schemas (2020-12) of answers are written: exact objects, lists, counts, safe text.
// Knows nothing of: what is described.

export type Schema = Readonly<Record<string, unknown>>;

export const count: Schema = { type: 'integer', minimum: 0 };
/** Sanitised: no control characters, nothing that turns the direction of writing round. */
export const text: Schema = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]*$',
};
export const number: Schema = { type: 'number', minimum: 0 };
export const time: Schema = { type: 'string', format: 'date-time' };
export const share: Schema = { type: 'number', minimum: 0, maximum: 1 };
export const flag: Schema = { type: 'boolean' };

/** An object with exactly these keys; those in `optional` may be missing. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  description?: string,
  optional: readonly string[] = [],
): Schema {
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    properties,
    required: Object.keys(properties).filter((key) => !optional.includes(key)),
    additionalProperties: false,
  };
}

export function list(items: Schema, description?: string): Schema {
  return { ...(description === undefined ? {} : { description }), type: 'array', items };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function each(keys: readonly string[], schema: Schema): Record<string, Schema> {
  return Object.fromEntries(keys.map((key) => [key, schema]));
}
