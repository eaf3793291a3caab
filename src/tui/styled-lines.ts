// Owns: styled rows as lines of text, for output that is written once and scrolls (no cells, no cursor).
// Knows nothing of: the live view; the caller asks `Capabilities.escapes` whether a theme may be used.
import { isUnsafe } from '../base/sanitize.ts';
import type { Row } from '../view/styled-text.ts';
import { RESET_STYLE, sgr } from './ansi.ts';
import type { Theme } from './theme.ts';

/**
 * One line a row, each ended by a newline, trailing blanks cut. Every line ends in the default style, so that a cut
 * output leaves no colour behind. Throws RangeError on a control character, as a cell does.
 * @param theme null: plain text
 */
export function styledLines(rows: readonly Row[], theme: Theme | null): string {
  return rows.map((line) => `${theme === null ? plainLine(line) : styledLine(line, theme)}\n`).join('');
}

function plainLine(line: Row): string {
  return line.spans
    .map((part) => checked(part.text))
    .join('')
    .trimEnd();
}

function styledLine(line: Row, theme: Theme): string {
  let out = '';
  let style = 0;
  for (const part of line.spans) {
    const wanted = theme.idOf[part.style];
    if (wanted !== style) out += sgr(theme.parameters[wanted] ?? '0');
    style = wanted;
    out += checked(part.text);
  }
  return style === 0 ? out.trimEnd() : out + RESET_STYLE;
}

function checked(text: string): string {
  if (isUnsafe(text)) throw new RangeError(`control character in a line of text: ${JSON.stringify(text)}`);
  return text;
}
