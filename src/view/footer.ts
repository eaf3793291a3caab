// Owns: the last line: the keys that work here, or the filter being typed.
// Knows nothing of: what keys do.
import { cutText, takeCells, textWidth } from '../base/text-width.ts';
import { type Binding, workingBindings } from './keymap.ts';
import { filterProblem } from './list-actions.ts';
import { joinPieces, keepPieces, piece } from './pieces.ts';
import { entryOf } from './screen-table.ts';
import { type Row, span } from './styled-text.ts';
import { isEditing, listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

export interface Footer {
  readonly row: Row;
  /** Column of the text cursor while the filter is typed. */
  readonly cursorColumn: number | undefined;
}

const PROMPT = 'Filter: ';
const HINT = '  Enter keep  Esc clear';
const LEAST_TYPED = 10;

export function footer(input: ViewInput): Footer {
  if (isEditing(input.ui)) return promptFooter(input);
  const { notice } = input;
  if (notice === undefined) return { row: keysRow(input), cursorColumn: undefined };
  const text = cutText(notice.text, input.size.columns, input.mode);
  return { row: { spans: [span(text, notice.isBad ? 'warn' : 'value')] }, cursorColumn: undefined };
}

function keysRow(input: ViewInput): Row {
  const pieces = workingBindings(input.ui)
    .filter((binding) => binding.label !== '')
    .map((binding) =>
      piece(binding.weight, span(binding.keys, 'key'), span(` ${labelOf(binding, input)}`, 'key-label')),
    );
  return { spans: joinPieces(keepPieces(pieces, input.size.columns, 2, input.mode), 2) };
}

/** What a key would do now, where it does the opposite of before. */
function labelOf({ action, label }: Binding, { ui }: ViewInput): string {
  if (action.kind === 'pause' && ui.paused) return 'resume';
  if (action.kind === 'freeze' && ui.frozen) return 'thaw';
  if (action.kind !== 'group') return label;
  const { group } = listOf(ui);
  const name = entryOf(ui).list?.groups.find(({ id }) => id === group)?.name;
  return name === undefined ? label : `${label}: ${name}`;
}

/** A text that is too long shows its end, where it is typed; what is wrong with it has the rest of the line. */
function promptFooter(input: ViewInput): Footer {
  const { columns } = input.size;
  const problem = filterProblem(input.ui);
  const draft = listOf(input.ui).draft ?? '';
  const prompt = takeCells(PROMPT, columns - 1, input.mode);
  const hint = problem === undefined ? (columns >= 60 ? HINT : '') : `  ! ${problem}`;
  const least = Math.min(textWidth(draft, input.mode), Math.max(LEAST_TYPED, columns >> 2)) + 1;
  const hintWidth = Math.min(textWidth(hint, input.mode), Math.max(0, columns - prompt.length - least));
  const room = Math.max(1, columns - prompt.length - hintWidth - 1);
  let text = draft;
  while (textWidth(text, input.mode) > room) text = Array.from(text).slice(1).join('');
  return {
    row: {
      spans: [
        span(prompt, 'label'),
        span(text, 'input'),
        span(' '.repeat(room + 1 - textWidth(text, input.mode))),
        span(cutText(hint, hintWidth, input.mode), problem === undefined ? 'dim' : 'warn'),
      ],
    },
    cursorColumn: Math.min(columns - 1, prompt.length + textWidth(text, input.mode)),
  };
}
