// Owns: the line between header and table: the places one can go to, and what part of the list is in sight.
// Knows nothing of: the list itself.
import { cutText, textWidth } from '../base/text-width.ts';
import { type Piece, piece, piecesWidth } from './pieces.ts';
import { type Row, type Span, span } from './styled-text.ts';
import { listOf, type UiState } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

const LEAST_COLUMNS_FOR_TABS = 60;

export interface RuleFacts {
  /** What the active place shows beyond its name, e.g. the process whose connections these are. */
  readonly subject: string;
  /** Of the list or the text: index of the first row in sight, rows in sight, all rows. */
  readonly top: number;
  readonly pageRows: number;
  readonly count: number;
}

type Tab = 'processes' | 'connections' | 'log' | 'help';

const TABS: readonly { readonly tab: Tab; readonly key: string; readonly name: string }[] = [
  { tab: 'processes', key: '1', name: 'Processes' },
  { tab: 'connections', key: '2', name: 'Connections' },
  { tab: 'log', key: '3', name: 'Log' },
  { tab: 'help', key: '?', name: 'Help' },
];

export function ruleRow(input: ViewInput, facts: RuleFacts): Row {
  const { columns } = input.size;
  const line = input.mode.unicode && input.mode.ambiguousWidth === 1 ? '─' : '-';
  const left = tabPieces(input, facts, columns);
  const right = [...filterPiece(input.ui), ...rangePiece(facts)];
  const kept = piecesWidth(left, 3, input.mode) + piecesWidth(right, 3, input.mode) + 7 <= columns ? right : [];
  const used = piecesWidth(left, 3, input.mode) + piecesWidth(kept, 3, input.mode) + (kept.length > 0 ? 6 : 3);
  return {
    spans: [
      ...ruled(left, line),
      span(line.repeat(Math.max(0, columns - used)), 'rule'),
      ...(kept.length > 0 ? [span(' ', 'rule'), ...ruled(kept, line).slice(1), span(line, 'rule')] : []),
    ],
  };
}

/** `─ one ─ two ` : every piece with a stroke before it and a blank on both sides. */
function ruled(pieces: readonly Piece[], line: string): readonly Span[] {
  return pieces.flatMap((each) => [span(`${line} `, 'rule'), ...each.spans, span(' ', 'rule')]);
}

function tabPieces(input: ViewInput, facts: RuleFacts, columns: number): readonly Piece[] {
  const active = activeTab(input.ui);
  const tabs = columns < LEAST_COLUMNS_FOR_TABS ? TABS.filter(({ tab }) => tab === active) : TABS;
  const names = tabs.reduce((sum, { name }) => sum + name.length + 5, 0);
  return tabs.map(({ tab, key, name }) => {
    if (tab !== active) return piece(1, span(key, 'key'), span(` ${name}`, 'tab'));
    const room = Math.max(0, columns - names - 24);
    const subject = facts.subject === '' ? '' : ` ${cutText(facts.subject, room, input.mode)}`;
    return piece(9, span(textWidth(subject) > 1 ? name + subject : name, 'tab-active'));
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
