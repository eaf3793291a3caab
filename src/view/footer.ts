// Owns: the last line: the keys that work here, or the filter being typed.
// Knows nothing of: what keys do.
import { takeCells, textWidth } from '../base/text-width.ts';
import { workingBindings } from './keymap.ts';
import { joinPieces, keepPieces, piece } from './pieces.ts';
import { type Row, span } from './styled-text.ts';
import { isEditing, listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

export interface Footer {
  readonly row: Row;
  /** Column of the text cursor while the filter is typed. */
  readonly cursorColumn: number | undefined;
}

const PROMPT = 'Filter: ';

export function footer(input: ViewInput): Footer {
  return isEditing(input.ui) ? promptFooter(input) : { row: keysRow(input), cursorColumn: undefined };
}

function keysRow(input: ViewInput): Row {
  const pieces = workingBindings(input.ui)
    .filter((binding) => binding.label !== '')
    .map((binding) => {
      const label = binding.action.kind === 'pause' && input.ui.paused ? 'resume' : binding.label;
      return piece(binding.weight, span(binding.keys, 'key'), span(` ${label}`, 'key-label'));
    });
  return { spans: joinPieces(keepPieces(pieces, input.size.columns, 2, input.mode), 2) };
}

/** A text that is too long shows its end, where it is typed. */
function promptFooter(input: ViewInput): Footer {
  const hint = '  Enter keep  Esc clear';
  const { columns } = input.size;
  const hintShown = columns >= 60 ? hint : '';
  const room = Math.max(1, columns - PROMPT.length - hintShown.length - 1);
  let text = listOf(input.ui).filter;
  while (textWidth(text, input.mode) > room) text = Array.from(text).slice(1).join('');
  const prompt = takeCells(PROMPT, columns - 1, input.mode);
  return {
    row: {
      spans: [
        span(prompt, 'label'),
        span(text, 'input'),
        span(' '.repeat(room + 1 - textWidth(text, input.mode))),
        span(hintShown, 'dim'),
      ],
    },
    cursorColumn: Math.min(columns - 1, prompt.length + textWidth(text, input.mode)),
  };
}
