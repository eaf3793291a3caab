// Owns: the choice of how a run is shown: live, as text or JSON, once, or a file; and the face that prints it.
// Knows nothing of: the collector and how a mode runs.
import type { UnitMode } from '../base/units.ts';
import type { ViewMode } from '../export/trace.ts';
import { detectCapabilities } from '../tui/capabilities.ts';
import type { Settings } from './config/option-table.ts';
import type { RecordRequest } from './recording/record-request.ts';
import type { Face } from './text-run.ts';
import type { World } from './world.ts';

type WithFace = {
  readonly createFace: () => Promise<Face>;
  /** What is printed has CPU, memory and threads of the processes, so that somebody must read them. */
  readonly showsUsage: boolean;
};

/** `file` is undefined but where a capture file is read. */
export type Mode =
  | { readonly kind: 'live'; readonly count: number; readonly file?: undefined }
  | { readonly kind: 'record'; readonly request: RecordRequest; readonly file?: undefined }
  | ({ readonly kind: 'refreshes'; readonly count: number; readonly file?: undefined } & WithFace)
  | ({ readonly kind: 'once'; readonly file?: undefined } & WithFace)
  | ({ readonly kind: 'file'; readonly file: string } & WithFace);

/** The words that decide. */
export interface ModeRequest {
  readonly mode: 'auto' | 'trace' | 'json';
  readonly once: boolean;
  readonly count: number;
  readonly file: string | undefined;
  readonly record?: RecordRequest | undefined;
}

export interface ChosenMode {
  readonly mode: Mode;
  /** One sentence when it is not what a person at a terminal expects. */
  readonly note?: string;
}

const VIEW_MODES: Readonly<Record<string, ViewMode>> = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5 };

export const UNITS: Readonly<Record<string, UnitMode>> = {
  si: { base: 'si', quantity: 'bytes' },
  binary: { base: 'binary', quantity: 'bytes' },
  bits: { base: 'si', quantity: 'bits' },
  'binary-bits': { base: 'binary', quantity: 'bits' },
};

export function unitsOf(settings: Settings): UnitMode {
  return UNITS[settings.units] ?? { base: 'si', quantity: 'bytes' };
}

/** A live view needs a terminal at both ends (not in cron, not in a pipe); without one text lines are printed. */
export function chooseMode(request: ModeRequest, settings: Settings, world: World): ChosenMode {
  const terminal = detectCapabilities({
    env: world.env,
    stdinIsTty: world.stdinIsTty,
    stdoutIsTty: world.stdoutIsTty,
    color: colorOf(settings),
    ascii: settings.ascii,
  });
  const { file, count, record } = request;
  if (record !== undefined) return { mode: { kind: 'record', request: record } };
  const table = () => tableFace(settings, terminal.unicode, world.columns);
  const trace = () => traceFace(settings, file !== undefined);
  const faces = { auto: table, trace, json: () => jsonFace(settings) };
  const face = { createFace: faces[request.mode], showsUsage: request.mode === 'json' };
  if (file !== undefined) return { mode: { kind: 'file', file, ...face } };
  if (request.once) return { mode: { kind: 'once', ...face } };
  if (request.mode !== 'auto') return { mode: { kind: 'refreshes', count, ...face } };
  if (terminal.interactive) return { mode: { kind: 'live', count } };
  const note = `${terminal.obstacle}, so text lines are printed as with -t; --json prints JSON, --once one table`;
  return { mode: { kind: 'refreshes', count, createFace: trace, showsUsage: false }, note };
}

function colorOf(settings: Settings): 'auto' | 'always' | 'never' {
  return settings.color === 'always' || settings.color === 'never' ? settings.color : 'auto';
}

/** nethogs' mode 0, but a file has no rates: there it is bytes. */
async function traceFace(settings: Settings, ofFile: boolean): Promise<Face> {
  const { createTrace } = await import('../export/trace.ts');
  const viewMode = VIEW_MODES[settings['view-mode']] ?? (ofFile ? 2 : 0);
  const render = createTrace({
    viewMode,
    sortBySent: settings['sort-sent'],
    commandLine: settings['command-line'],
    basename: settings.basename,
    tcpOnly: settings['tcp-only'],
    exitedRefreshes: settings['exited-refreshes'],
  });
  return { withFlows: true, render };
}

async function jsonFace({ connections }: Settings): Promise<Face> {
  const { createJsonLines } = await import('../export/json-lines.ts');
  return { withFlows: connections, withQueues: true, render: createJsonLines({ connections }) };
}

async function tableFace(settings: Settings, unicode: boolean, columns: number | undefined): Promise<Face> {
  const { renderTable } = await import('./table.ts');
  const options = {
    units: unitsOf(settings),
    unicode,
    columns,
    sortSent: settings['sort-sent'],
    commandLine: settings['command-line'],
    basename: settings.basename,
  };
  return { withFlows: settings.connections, render: (model) => renderTable(model, options) };
}
