// Owns: rows of the field table as JSON objects: every key always there, null where there is no value.
// Knows nothing of: which rows a line has.
import type { Field, FieldUnit } from '../model/field.ts';

export type JsonValue = string | number | boolean | null;
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object of a row. */
export function jsonRow<Row>(fields: readonly Field<Row>[], row: Row): Record<string, JsonValue> {
  const object: Record<string, JsonValue> = {};
  for (const field of fields) object[field.jsonKey] = jsonValue(field.unit, field.value(row));
  return object;
}

export function jsonValue(unit: FieldUnit, value: string | number | boolean | undefined): JsonValue {
  if (value === undefined) return null;
  if (typeof value !== 'number') return value;
  if (unit === 'time') return isoTime(value);
  if (unit === 'share') return Math.round(value * 1e4) / 1e4;
  return unit === 'rate' ? decimals(value) : Math.round(value);
}

/** At most three decimals; null for what is not a finite number. */
export function decimals(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.round(value * 1000) / 1000;
}

/** ISO 8601 in UTC with milliseconds; null for no time and for a time that no calendar has. */
export function isoTime(ms: number): string | null {
  const LAST = 8.64e15; // ECMA-262, time values
  return ms > 0 && ms <= LAST ? new Date(ms).toISOString() : null;
}
