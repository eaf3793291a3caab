// Owns: changing some keys in the text of a configuration file and nothing else: comments and all other lines stay.
// Knows nothing of: files, and which keys there are.
import { parse, stringify } from 'smol-toml';

/** Throws TomlError where the text is not TOML, and Error where the keys cannot be set line by line. */
export function setKeys(text: string, keys: Readonly<Record<string, string | boolean>>): string {
  const before = parse(text);
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const missing: string[] = [];
  for (const [key, value] of Object.entries(keys)) {
    const line = stringify({ [key]: value }).trimEnd();
    const at = lines.findIndex((each) => new RegExp(`^\\s*(?:"${key}"|'${key}'|${key})\\s*=`).test(each));
    if (at >= 0) lines[at] = line;
    else missing.push(line);
  }
  // Keys behind the header of a table would be part of that table.
  const table = lines.findIndex((line) => /^\s*\[/.test(line));
  lines.splice(table < 0 ? lines.length : table, 0, ...missing);
  const result = `${lines.join('\n')}\n`;
  if (!isDeepEqual(parse(result), { ...before, ...keys })) throw new Error('its keys are written in another way');
  return result;
}

function isDeepEqual(a: unknown, b: unknown): boolean {
  const sorted = (_: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
      ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
      : value;
  const text = (value: unknown) =>
    JSON.stringify(value, (key, each) => (typeof each === 'bigint' ? `${each}n` : sorted(key, each)));
  return text(a) === text(b);
}
