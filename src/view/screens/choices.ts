// Owns: pages to choose from: the interface to look at alone, the signal to send, and the question before it is sent.
// Knows nothing of: what happens then.
import { cutText } from '../../base/text-width.ts';
import { formatRate, quantityText } from '../../base/units.ts';
import { SIGNALS } from '../overlay-actions.ts';
import type { PageBody } from '../page-body.ts';
import { type Row, restyled, span } from '../styled-text.ts';
import type { ViewInput } from '../view-input.ts';

interface Choice {
  readonly key: string;
  readonly name: string;
  readonly text: string;
}

export function devicesBody(input: ViewInput): PageBody {
  const { raw } = input.reading;
  const rate = (value: number | undefined) => quantityText(formatRate(value ?? Number.NaN, input.ui.units)).trim();
  const devices = raw.interfaces.map(
    ({ name, sentRate, receivedRate, state }): Choice => ({
      key: name,
      name,
      text: `sent ${rate(sentRate)}   received ${rate(receivedRate)}${state === 'capturing' ? '' : `   ${state}`}`,
    }),
  );
  const all = { key: '', name: 'all', text: 'every interface; a packet that crosses several counts once' };
  return choiceBody('Look at one interface', [all, ...devices], input);
}

export function signalsBody(input: ViewInput): PageBody {
  const choices = SIGNALS.map(({ name, text }): Choice => ({ key: name, name, text }));
  return choiceBody(`Send a signal to ${targetText(input)}`, choices, input);
}

/** Only y sends it. */
export function confirmBody(input: ViewInput): PageBody {
  const { pending } = input.ui;
  const { columns } = input.size;
  const lines: readonly Row[] = [
    { spans: [] },
    { spans: [span(cutText(`  Send ${pending?.signal} to ${targetText(input)}?`, columns, input.mode), 'warn')] },
    { spans: [] },
    {
      spans: [
        span('  y', 'key'),
        span(' sends it'),
        ...(columns < 40 ? [] : [span('   any other key does not', 'dim')]),
      ],
    },
  ];
  return { ...EMPTY, keys: lines.map((_, i) => String(i)), rowAt: (index) => lines[index] ?? { spans: [] } };
}

const EMPTY = { subject: '', titles: [], pinned: [], top: 0, shown: undefined, empty: '' } as const;

function targetText({ ui }: ViewInput): string {
  return ui.pending === undefined ? 'nobody' : `${ui.pending.pid} ${ui.pending.name}`;
}

function choiceBody(title: string, choices: readonly Choice[], input: ViewInput): PageBody {
  const { columns } = input.size;
  const width = Math.min(16, Math.max(...choices.map(({ name }) => name.length)));
  return {
    ...EMPTY,
    titles: [{ spans: [span(cutText(title, columns, input.mode), 'title')] }],
    keys: choices.map(({ key }) => key),
    rowAt(index) {
      const choice = choices[index];
      if (choice === undefined) return { spans: [] };
      const mark = index === input.ui.choice ? '> ' : '  ';
      const name = cutText(choice.name, width, input.mode).padEnd(width);
      const text = cutText(choice.text, Math.max(0, columns - width - 5), input.mode);
      const line: Row = { spans: [span(mark), span(name, 'bold'), span(`   ${text}`, 'dim')] };
      return index === input.ui.choice ? restyled(line, 'selected') : line;
    },
    shown: input.ui.choice,
  };
}
