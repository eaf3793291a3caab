// Tests: docs/json.md and the JSON schema say what the field table says.
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { JSON_SCHEMA } from '../src/export/json-schema.ts';
import { matchesFile } from './support/golden.ts';
import { withTables } from './support/json-docs.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

test('the schema in docs is that of the field table', () => {
  matchesFile('docs/json.schema.json', `${JSON.stringify(JSON_SCHEMA, null, 2)}\n`);
});

test('the tables in docs/json.md are those of the field table', () => {
  matchesFile('docs/json.md', withTables(readFileSync(new URL('docs/json.md', PACKAGE_ROOT), 'utf8')));
});
