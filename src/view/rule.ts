// Owns: the line between header and table: the places one can go to, and what part of the list is in sight.
// Knows nothing of: the list itself.
import { cutText } from '../base/text-width.ts';
import { type Piece, piece, piecesWidth } from './pieces.ts';
import { type Row, type Span, span } from './styled-text.ts';
import { listOf, type UiState } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

const LEAST_COLUMNS_FOR_TABS = 60;
/** Strokes and blanks around the pieces at the left and at the right. */
const LEFT_FRAME = 3;
const RIGHT_FRAME = 3;
const LEAST_SUBJECT = 8;

export interface RuleFacts {
  /** What the active place shows beyond its name, e.g. the process whose connections these are. */
  readonly subject: string;
  /** Of the list or the text: index of the first row in sight, rows in sight, all rows. */
  readonly top: number;
  readonly pageRows: number;
  readonly count: number;
}

type Tab = 'processes' | 'connections' | 'interfaces' | 'log' | 'help';

const TABS: readonly { readonly tab: Tab; readonly key: string; readonly name: string }[] = [
  { tab: 'processes', key: '1', name: 'Processes' },
  { tab: 'connections', key: '2', name: 'Connections' },
  { tab: 'interfaces', key: '3', name: 'Interfaces' },
  { tab: 'log', key: '4', name: 'Log' },
  { tab: 'help', key: '?', name: 'Help' },
];

export function ruleRow(input: ViewInput, facts: RuleFacts): Row {
  const { columns } = input.size;
  const { mode } = input;
  const line = mode.unicode && mode.ambiguousWidth === 1 ? '─' : '-';
  const wanted = [...filterPiece(input.ui), ...rangePiece(facts)];
  const bare = piecesWidth(tabPieces(input, ''), 3, mode) + LEFT_FRAME;
  const right = bare + piecesWidth(wanted, 3, mode) + RIGHT_FRAME <= columns ? wanted : [];
  const rightWidth = right.length > 0 ? piecesWidth(right, 3, mode) + RIGHT_FRAME : 0;
  const room = columns - piecesWidth(tabPieces(input, ''), 3, mode) - LEFT_FRAME - rightWidth - 1;
  const left = tabPieces(input, room < LEAST_SUBJECT ? '' : cutText(facts.subject, room - 1, mode));
  const used = piecesWidth(left, 3, mode) + LEFT_FRAME + rightWidth;
  return {
    spans: [
      ...ruled(left, line),
      span(line.repeat(Math.max(0, columns - used)), 'rule'),
      ...(right.length > 0 ? [span(' ', 'rule'), ...ruled(right, line).slice(1), span(line, 'rule')] : []),
    ],
  };
}

/** `─ one ─ two ` : every piece with a stroke before it and a blank on both sides. */
function ruled(pieces: readonly Piece[], line: string): readonly Span[] {
  return pieces.flatMap((each) => [span(`${line} `, 'rule'), ...each.spans, span(' ', 'rule')]);
}

function tabPieces(input: ViewInput, subject: string): readonly Piece[] {
  const active = activeTab(input.ui);
  const tabs = input.size.columns < LEAST_COLUMNS_FOR_TABS ? TABS.filter(({ tab }) => tab === active) : TABS;
  return tabs.map(({ tab, key, name }) => {
    if (tab !== active) return piece(1, span(key, 'key'), span(` ${name}`, 'tab'));
    return piece(9, span(subject === '' ? name : `${name} ${subject}`, 'tab-active'));
  });
}

function activeTab(ui: UiState): Tab {
  return ui.overlay === 'none' ? ui.place.kind : ui.overlay;
}

function filterPiece(ui: UiState): readonly Piece[] {
  const { filter, editing } = listOf(ui);
  return ui.overlay !== 'none' || editing || filter === ''
    ? []
    : [piece(5, span('filter ', 'label'), span(filter, 'match'))];
}

/** Only where there is more than what is in sight. */
function rangePiece(facts: RuleFacts): readonly Piece[] {
  const { top, pageRows, count } = facts;
  if (count <= pageRows) return [];
  return [piece(4, span(`${top + 1}-${Math.min(count, top + pageRows)} of ${count}`, 'dim'))];
}
