// Owns: text broken into lines between words.
// Knows nothing of: what stands before the lines.
import { cutText, textWidth } from '../base/text-width.ts';
import type { TextMode } from './styled-text.ts';

/** Lines of at most so many cells, the first of at most `first`; a word that is longer is cut. */
export function wrapText(text: string, width: number, mode: TextMode, first: number = width): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const room = lines.length < 2 ? first : width;
    if (last !== undefined && textWidth(`${last} ${word}`, mode) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, i) => cutText(line, Math.max(0, i === 0 ? first : width), mode));
}
