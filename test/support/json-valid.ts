// Owns: checking a parsed line of `--json` against the schema in docs.
// Knows nothing of: how the schema was made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { PACKAGE_ROOT } from './sample-builder.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true });
// RFC 3339, 5.6, in the one form that is written.
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const validate = ajv.compile(JSON.parse(readFileSync(new URL('docs/json.schema.json', PACKAGE_ROOT), 'utf8')));

/** Fails with the differences unless the value is a line as documented. */
export function assertValid(line: unknown): void {
  assert.ok(validate(line), ajv.errorsText(validate.errors, { separator: '\n' }));
}
