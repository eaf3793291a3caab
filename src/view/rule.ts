// Owns: the line between header and table: the places one can go to, and what part of the list is in sight.
// Knows nothing of: the list itself.
import { cutText, textWidth } from '../base/text-width.ts';
import { joinPieces, keepPieces, type Piece, piece, piecesWidth } from './pieces.ts';
import { entryOf, TABS, tabOf } from './screen-table.ts';
import { type Row, type Span, span } from './styled-text.ts';
import { listOf, type TabId, type UiState } from './ui-state.ts';
import { clockText, type ViewInput } from './view-input.ts';

/** Strokes and blanks around the pieces at the left and at the right, and between two of them. */
const LEFT_FRAME = 3;
const RIGHT_FRAME = 3;
const BETWEEN = 3;
/** A subject that would be cut shorter is left out; one that is longer lets the other tabs become shorter, up to keys. */
const LEAST_SUBJECT = 8;
const ENOUGH_SUBJECT = 24;

export interface RuleFacts {
  /** What the active place shows beyond its name, e.g. the process whose connections these are. */
  readonly subject: string;
  /** Of the list or the text: index of the first row in sight, rows in sight, all rows. */
  readonly top: number;
  readonly pageRows: number;
  readonly count: number;
}

/** Cells of the rule that a click means a place by. */
export interface TabSpot {
  readonly tab: TabId | 'help';
  readonly from: number;
  /** The first cell behind it. */
  readonly to: number;
}

export interface Rule {
  readonly row: Row;
  readonly spots: readonly TabSpot[];
}

/** The overlay has a tab of its own. */
const HELP = { kind: 'help', key: '?', name: 'Help', short: 'Help' } as const;

/** How the tabs that are not active are written: the first that has room for all of them. */
const LEVELS = ['name', 'short', 'key'] as const;
type Level = (typeof LEVELS)[number] | 'none';

interface Tab {
  readonly tab: TabId | 'help';
  readonly active: boolean;
  readonly spans: readonly Span[];
}

export function rule(input: ViewInput, facts: RuleFacts): Rule {
  const { columns } = input.size;
  const { mode } = input;
  const line = mode.unicode && mode.ambiguousWidth === 1 ? '─' : '-';
  const wanted = rightPieces(input, facts);
  const rightWidth = wanted.length > 0 ? piecesWidth(wanted, BETWEEN, mode) + RIGHT_FRAME : 0;
  const subjectWidth = (most: number) =>
    facts.subject === '' ? 0 : 1 + Math.min(most, textWidth(facts.subject, mode));
  const isTold = facts.subject !== '';
  const fits = (each: Level, told: boolean, subject: number) =>
    tabsWidth(tabs(input, told, '', each), input) + subject + rightWidth <= columns;
  const level =
    LEVELS.find((each) => fits(each, isTold, subjectWidth(each === 'key' ? LEAST_SUBJECT : ENOUGH_SUBJECT))) ??
    (fits('key', false, 0) ? 'key' : 'none');
  const bare = tabsWidth(tabs(input, isTold, '', level), input);
  const kept = keepPieces(wanted, columns - bare - RIGHT_FRAME, BETWEEN, mode);
  const keptWidth = kept.length === 0 ? 0 : piecesWidth(kept, BETWEEN, mode) + RIGHT_FRAME;
  const right = bare + keptWidth <= columns ? kept : [];
  const taken = right.length > 0 ? keptWidth : 0;
  // One stroke at least between the tabs and what stands at the right.
  const room = columns - bare - taken - (taken > 0 ? 2 : 1);
  const subject = room < LEAST_SUBJECT ? '' : cutText(facts.subject, room, mode);
  const left = tabs(input, subject !== '', subject, level);
  const used = tabsWidth(left, input) + taken;
  return {
    row: {
      spans: [
        ...left.flatMap((each) => [span(`${line} `, 'rule'), ...each.spans, span(' ', 'rule')]),
        span(line.repeat(Math.max(0, columns - used)), 'rule'),
        ...(right.length > 0 ? [span(' ', 'rule'), ...joinPieces(right, BETWEEN), span(` ${line}`, 'rule')] : []),
      ],
    },
    spots: spots(left, input),
  };
}

function tabsWidth(all: readonly Tab[], { mode }: ViewInput): number {
  return (
    piecesWidth(
      all.map(({ spans }) => piece(0, ...spans)),
      BETWEEN,
      mode,
    ) + LEFT_FRAME
  );
}

function spots(all: readonly Tab[], { mode }: ViewInput): readonly TabSpot[] {
  let from = LEFT_FRAME - 1;
  return all.map(({ tab, spans }) => {
    const spot = { tab, from, to: from + piecesWidth([piece(0, ...spans)], 0, mode) };
    from = spot.to + BETWEEN;
    return spot;
  });
}

/** @param told the place that is shown says in its subject, in words, what its badge would */
function tabs(input: ViewInput, told: boolean, subject: string, level: Level): readonly Tab[] {
  const isHelp = input.ui.overlay === 'help';
  const shown = isHelp ? HELP.kind : tabOf(input.ui);
  const all = [...TABS, HELP].map((tab): Tab => {
    const badge = 'badge' in tab ? (tab.badge?.(input.reading) ?? '') : '';
    const active = tab.kind === shown;
    const mark = badge === '' || (active && told) ? [] : [span(` ${badge}`, 'warn')];
    if (active) {
      const name = isHelp ? tab.name : entryOf(input.ui).name;
      return {
        tab: tab.kind,
        active,
        spans: [span(subject === '' ? name : `${name} ${subject}`, 'tab-active'), ...mark],
      };
    }
    const word = level === 'name' ? ` ${tab.name}` : level === 'short' ? ` ${tab.short}` : '';
    return {
      tab: tab.kind,
      active,
      spans: [span(tab.key.slice(0, 1), 'key'), ...(word === '' ? [] : [span(word, 'tab')]), ...mark],
    };
  });
  return level === 'none' ? all.filter(({ active }) => active) : all;
}

/** What changes the list: one must not forget that not all of it is shown, or not since the start. */
function rightPieces({ ui, reading, settings }: ViewInput, facts: RuleFacts): readonly Piece[] {
  if (ui.overlay !== 'none') return rangePiece(facts);
  const { from, to } = reading.order;
  const start = from === undefined ? [] : [clockText(from.timeMs, settings)];
  const marks = to === undefined ? `since ${start[0]}` : `${start[0]}-${clockText(to.timeMs, settings)}`;
  return [
    ...(ui.frozen ? [piece(7, span('frozen', 'warn'))] : []),
    ...(ui.device === '' ? [] : [piece(8, span('on ', 'label'), span(ui.device, 'match'))]),
    ...(from === undefined ? [] : [piece(6, span(marks, 'match'))]),
    ...filterPiece(ui),
    ...rangePiece(facts),
  ];
}

function filterPiece(ui: UiState): readonly Piece[] {
  const { filter, draft } = listOf(ui);
  return draft !== undefined || filter === '' ? [] : [piece(5, span('filter ', 'label'), span(filter, 'match'))];
}

/** Only where there is more than what is in sight. */
function rangePiece(facts: RuleFacts): readonly Piece[] {
  const { top, pageRows, count } = facts;
  if (count <= pageRows) return [];
  return [piece(4, span(`${top + 1}-${Math.min(count, top + pageRows)} of ${count}`, 'dim'))];
}
