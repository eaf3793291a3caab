// Tests: the field table is complete and consistent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Field } from '../src/model/field.ts';
import { FLOW_FIELDS, OWNER_FIELDS, SHARE_FIELDS } from '../src/model/fields.ts';
import { INTERFACE_FIELDS } from '../src/model/interface-fields.ts';
import { modelOf } from './support/sample-builder.ts';
import { BEFORE, NOW } from './support/world.ts';

const TABLES: Readonly<Record<string, readonly Field<never>[]>> = {
  OWNER_FIELDS,
  SHARE_FIELDS,
  INTERFACE_FIELDS,
  FLOW_FIELDS,
};

test('a table has no id and no JSON key twice', () => {
  for (const [name, fields] of Object.entries(TABLES)) {
    assert.equal(new Set(fields.map((field) => field.id)).size, fields.length, name);
    assert.equal(new Set(fields.map((field) => field.jsonKey)).size, fields.length, name);
  }
});

test('a heading fits its column, and a description is a sentence without its stop', () => {
  for (const field of Object.values(TABLES).flat()) {
    assert.ok(field.title.length <= Math.max(field.width, 10), field.id);
    assert.match(field.description, /^[A-Z].*[^.]$/, field.id);
  }
});

test('only optional fields are without a value, and labels are from their list', () => {
  const model = modelOf(NOW, BEFORE);
  check(OWNER_FIELDS, model.owners);
  check(INTERFACE_FIELDS, model.interfaces);
  check(FLOW_FIELDS, model.flows ?? []);
});

function check<Row>(fields: readonly Field<Row>[], rows: readonly Row[]): void {
  assert.ok(rows.length > 0);
  for (const field of fields) {
    for (const row of rows) {
      const value = field.value(row);
      assert.ok(value !== undefined || field.optional, field.id);
      if (field.labels !== undefined && value !== undefined) assert.ok(field.labels.includes(String(value)), field.id);
    }
  }
}

test('the JSON keys that other programs rely on are there', () => {
  const keys = OWNER_FIELDS.map((field) => field.jsonKey);
  const promised = [
    ...['kind', 'pid', 'startTime', 'name', 'exe', 'cmdline', 'uid', 'user', 'state', 'reason'],
    ...['sentTotal', 'receivedTotal', 'sentPackets', 'receivedPackets', 'sentRate', 'receivedRate'],
  ];
  for (const key of promised) assert.ok(keys.includes(key), key);
  const ofInterfaces = INTERFACE_FIELDS.map((field) => field.jsonKey);
  for (const key of ['name', 'receivedBytes', 'sentBytes', 'kernelDrops']) assert.ok(ofInterfaces.includes(key), key);
});
