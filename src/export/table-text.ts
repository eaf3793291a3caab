// Owns: a table of rows as the text of a file: CSV (RFC 4180) or JSON, one object a row.
// Knows nothing of: which rows, and where the text goes. All text it gets is sanitised.
import type { FieldUnit } from '../model/field.ts';
import { jsonValue } from './json-row.ts';

export interface TableText {
  readonly fields: readonly { readonly jsonKey: string; readonly unit: FieldUnit }[];
  /** Values in the order of the fields. */
  readonly rows: readonly (readonly (string | number | boolean | undefined)[])[];
}

/** A header of JSON keys, then a line a row; nothing where there is no value, times in ISO 8601. */
export function csvText({ fields, rows }: TableText): string {
  const lines = [
    fields.map(({ jsonKey }) => jsonKey),
    ...rows.map((row) => fields.map((f, i) => cell(f.unit, row[i]))),
  ];
  return `${lines.map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`;
}

/** An array of objects with the keys of --json. */
export function jsonText({ fields, rows }: TableText): string {
  const objects = rows.map((row) => {
    const entries = fields.map(({ jsonKey, unit }, i) => [jsonKey, jsonValue(unit, row[i])] as const);
    return JSON.stringify(Object.fromEntries(entries));
  });
  return objects.length === 0 ? '[]\n' : `[\n${objects.join(',\n')}\n]\n`;
}

function cell(unit: FieldUnit, value: string | number | boolean | undefined): string {
  const plain = jsonValue(unit, value);
  return plain === null ? '' : String(plain);
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
