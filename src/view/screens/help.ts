// Owns: the help of the place behind it: the keys that work there and what its columns and words mean.
// Knows nothing of: what the keys do; they come from the keymap.
import { cutText, fitText, textWidth } from '../../base/text-width.ts';
import { workingBindings } from '../keymap.ts';
import { type PageBody, textBody } from '../page-body.ts';
import { entryOf } from '../screen-table.ts';
import { type Row, type Span, span } from '../styled-text.ts';
import type { UiState } from '../ui-state.ts';
import type { ViewInput } from '../view-input.ts';
import { wrapText } from '../wrap.ts';
import { FILTER_WORDS, HEADER_WORDS, type Word } from './help-words.ts';

const KEY_WIDTH = 16;
const WORD_WIDTH = 17;
const TEXT_COLUMN_WIDTH = 44;
/** Keys that do the same as the ones of the footer, and are told here alone. */
const ALSO = /^(?:F\d+|[a-z])$/;
const LEAST_COLUMNS_FOR_BESIDE = 50;

export function helpBody(input: ViewInput): PageBody {
  return textBody(helpLines(input), input.ui.textTop, '');
}

function helpLines(input: ViewInput): readonly Row[] {
  const { columns } = input.size;
  const place: UiState = { ...input.ui, overlay: 'none' };
  const { name, heading, words } = entryOf(place);
  return [
    title(`Keys in ${name}`),
    ...keyRows(place, columns, input),
    ...(words.length === 0 ? [] : [{ spans: [] }, title(heading)]),
    ...words.flatMap((word) => wordRows(word, columns, input)),
    ...filterLines(place, input),
    { spans: [] },
    title('Above the table'),
    ...HEADER_WORDS.flatMap((word) => wordRows(word, columns, input)),
  ];
}

/** The names come from the field table, so that every one that works is told. */
function filterLines(place: UiState, input: ViewInput): readonly Row[] {
  const { list } = entryOf(place);
  if (list === undefined) return [];
  const names = { name: 'names', text: list.names.join(' ') };
  const words = [...FILTER_WORDS, names].flatMap((word) => wordRows(word, input.size.columns, input));
  return [{ spans: [] }, title('Filters'), ...words];
}

function title(text: string): Row {
  return { spans: [span(text, 'title')] };
}

interface KeyLine {
  readonly keys: string;
  readonly help: string;
}

/** Bindings with the same help share a line. */
function keyLines(place: UiState): readonly KeyLine[] {
  const lines = new Map<string, string[]>();
  for (const { help, keys, chords } of workingBindings(place)) {
    const others = chords.filter((chord) => ALSO.test(chord) && !keys.split(' ').includes(chord));
    const known = lines.get(help) ?? [];
    lines.set(help, [...new Set([...known, keys, ...others])]);
  }
  return [...lines].map(([help, keys]) => ({ help, keys: keys.join(' ') }));
}

/** As many columns as fit, filled downwards; where there is one, a text may go on below. */
function keyRows(place: UiState, columns: number, input: ViewInput): readonly Row[] {
  const entries = keyLines(place);
  const across = Math.max(1, Math.floor(columns / (KEY_WIDTH + TEXT_COLUMN_WIDTH)));
  if (across === 1) return entries.flatMap(({ keys, help }) => besideRows(keys, help, columns, input));
  const down = Math.ceil(entries.length / across);
  const width = Math.floor(columns / across);
  return Array.from({ length: down }, (_, line): Row => {
    const spans: Span[] = [];
    for (let column = 0; column < across; column++) {
      const entry = entries[column * down + line];
      if (entry === undefined) continue;
      const text = cutText(entry.help, Math.max(0, width - KEY_WIDTH - 1), input.mode);
      const blank = ' '.repeat(Math.max(0, width - KEY_WIDTH - textWidth(text, input.mode)));
      spans.push(
        span(fitText(`  ${entry.keys}`, KEY_WIDTH, 'left', input.mode), 'key'),
        span(text + (column + 1 < across ? blank : '')),
      );
    }
    return { spans };
  });
}

function besideRows(keys: string, help: string, columns: number, { mode }: ViewInput): readonly Row[] {
  return wrapText(help, columns - KEY_WIDTH, mode).map((text, i) => ({
    spans: [span(fitText(i === 0 ? `  ${keys}` : '', KEY_WIDTH, 'left', mode), 'key'), span(text)],
  }));
}

/** The word beside its text; above it where the screen is narrow. */
function wordRows(word: Word, columns: number, input: ViewInput): readonly Row[] {
  const isNarrow = columns < LEAST_COLUMNS_FOR_BESIDE;
  const indent = isNarrow ? 4 : WORD_WIDTH;
  const lines = wrapText(word.text, columns - Math.max(indent, isNarrow ? 0 : word.name.length + 3), input.mode);
  const name = isNarrow ? `  ${word.name}` : `  ${word.name} `.padEnd(WORD_WIDTH);
  const label = span(cutText(name, columns, input.mode), 'label');
  const texts = lines.map((text, i): Row => {
    const before = i === 0 && !isNarrow ? label : span(' '.repeat(indent));
    return { spans: [before, span(text)] };
  });
  return isNarrow ? [{ spans: [label] }, ...texts] : texts;
}
