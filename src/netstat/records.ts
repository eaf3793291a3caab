// Owns: a table as JSON or comma-separated values: one object or one block of lines for each reading.
// Knows nothing of: what the columns mean.

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type RecordRow = Readonly<Record<string, Value>>;
export type RecordFormat = 'json' | 'csv';

/**
 * JSON: `{"type":"netstat","table":...,"time":...,"rows":[...]}` and a newline, time in ms since 1970. CSV (RFC 4180,
 * lines end with LF): a header and the rows; what is not a plain value is JSON in its cell.
 */
export function renderRecords(
  table: string,
  columns: readonly string[],
  rows: readonly RecordRow[],
  format: RecordFormat,
  time: number,
): string {
  if (format === 'json') return `${JSON.stringify({ type: 'netstat', table, time, rows })}\n`;
  const lines = rows.map((row) => columns.map((column) => csvCell(row[column] ?? null)).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

function csvCell(value: Value): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
