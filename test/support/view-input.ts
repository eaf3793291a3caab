// Owns: view inputs for tests: a model shown for a while with a fixed past, at any size and in any text mode.
// Knows nothing of: terminals and timers.
import { fitText, graphemes, textWidth } from '../../src/base/text-width.ts';
import type { Model } from '../../src/model/model.ts';
import { orderOf, readModel } from '../../src/view/read-model.ts';
import type { Reading } from '../../src/view/reading.ts';
import { composeScreen } from '../../src/view/screen.ts';
import { type Frame, rowText, type TextMode } from '../../src/view/styled-text.ts';
import { INITIAL_UI, type UiState } from '../../src/view/ui-state.ts';
import type { LogLine, ScreenSize, ViewInput, ViewSettings } from '../../src/view/view-input.ts';

export const UTF8: TextMode = { unicode: true, color: true, ambiguousWidth: 1 };
export const ASCII: TextMode = { unicode: false, color: false, ambiguousWidth: 1 };

export const SETTINGS: ViewSettings = {
  intervalMs: 1000,
  exitedRefreshes: 50,
  utcOffsetMinutes: () => 0,
};

/** The factors by which the rates of a minute differ from the last ones. */
const PAST = [0.2, 0.3, 0.35, 0.6, 0.5, 0.8, 0.7, 0.9, 1.0, 0.95];

/** The reading of a model after `samples` samples in which its rates rose and fell. */
export function readingOf(model: Model, ui: UiState = INITIAL_UI, samples = 60): Reading {
  let reading: Reading | undefined;
  for (let i = samples - 1; i > 0; i--) {
    reading = readModel(scaled(model, PAST[(i * 7) % PAST.length] ?? 1), orderOf(ui), reading);
  }
  if (samples === 0) return readModel(model, orderOf(ui), undefined);
  return readModel(model, orderOf(ui), readModel(model, orderOf(ui), reading));
}

function scaled(model: Model, factor: number): Model {
  const scale = <T extends { readonly sentRate: number | undefined; readonly receivedRate: number | undefined }>(
    row: T,
    i: number,
  ): T => {
    const own = Math.min(1, factor * (1 + ((i * 7) % 5) / 10));
    return { ...row, sentRate: (row.sentRate ?? 0) * own, receivedRate: (row.receivedRate ?? 0) * factor };
  };
  return {
    ...model,
    drops: { kernel: 0, interface: 0, table: 0 },
    interfaces: model.interfaces.map(scale),
    owners: model.owners.map(scale),
  };
}

export interface InputOptions {
  readonly size?: ScreenSize;
  readonly mode?: TextMode;
  readonly ui?: Partial<UiState>;
  readonly log?: readonly LogLine[];
  readonly settings?: Partial<ViewSettings>;
  readonly samples?: number;
}

export function inputOf(model: Model, options: InputOptions = {}): ViewInput {
  const ui = { ...INITIAL_UI, ...options.ui };
  return {
    size: options.size ?? { columns: 120, rows: 40 },
    mode: options.mode ?? UTF8,
    settings: { ...SETTINGS, ...options.settings },
    ui,
    reading: readingOf(model, ui, options.samples),
    log: options.log ?? [],
  };
}

/** The frame as it stands on a terminal of this size: cut, without trailing blanks, '?' where it is ASCII only. */
export function screenText(input: ViewInput): string {
  return frameLines(composeScreen(input).frame, input).join('\n');
}

export function frameLines(frame: Frame, input: ViewInput): readonly string[] {
  const { mode, size } = input;
  return frame.rows.map((line) => {
    const text = mode.unicode ? rowText(line) : asciiText(rowText(line));
    return (textWidth(text, mode) > size.columns ? fitText(text, size.columns, 'left', mode) : text).trimEnd();
  });
}

function asciiText(text: string): string {
  return graphemes(text)
    .map((grapheme) => (grapheme.text > '~' ? '?'.repeat(grapheme.width) : grapheme.text))
    .join('');
}
