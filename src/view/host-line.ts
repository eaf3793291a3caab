// Owns: the first line: which host, how exact, what was lost, what nettrace costs, the time. And lines about trouble.
// Knows nothing of: meters and tables.
import { cutText } from '../base/text-width.ts';
import { formatCount, formatDuration, formatMemory, formatSize, formatUptime, quantityText } from '../base/units.ts';
import { total } from '../model/ledger.ts';
import type { Model } from '../model/model.ts';
import { isLosing, stopOfLoss } from './history.ts';
import { waitPiece } from './host-words.ts';
import { ledgerStyle, ledgerText } from './ledger-share.ts';
import { type Piece, piece, piecesWidth, spreadPieces } from './pieces.ts';
import { type Row, type Span, type StyleToken, span } from './styled-text.ts';
import { clockText, type ViewInput } from './view-input.ts';
import { wrapText } from './wrap.ts';

/** @param subject what the page is about, in place of the host's name */
export function hostLine(input: ViewInput, subject = ''): Row {
  const { columns } = input.size;
  const { model } = input.reading;
  const { host } = model;
  const left = [
    piece(3, span('nettrace', 'title')),
    subject === ''
      ? piece(8, span(cutText(host.hostname, Math.max(8, columns >> 2), input.mode), 'bold'))
      : piece(9.8, span(cutText(subject, columns >> 1, input.mode), 'tab-active')),
    piece(1, span(`up ${uptimeText(host.uptimeSeconds)}`, 'dim')),
    piece(4, span(sourceText(model))),
    ...ledgerShare(model),
    ...exactness(model, input.reading.summary.unattributedBytes),
    losses(input),
    // htop has no words for them; everywhere else they stand beside the bars.
    ...(input.ui.bars === 'htop' ? [waitPiece(host)] : []),
    ...lostRecords(model),
    selfCost(model),
  ];
  const right = rightPieces(input);
  const roomy = piecesWidth([...left, ...right], 3, input.mode) <= columns;
  return spreadPieces(left, right, columns, roomy ? 3 : 2, input.mode);
}

/** How exact the owners are, and what counts: `exact: bpf + capture`. */
export function sourceText({ ownership, light }: Model): string {
  const counted = light ? ', no capture' : ' + capture';
  switch (ownership) {
    case 'bpf':
      return light ? 'bpf, no capture' : 'exact: bpf + capture';
    case 'stream':
      return `bpf${counted}`;
    case 'cgroup':
      return `bpf without BTF${counted}`;
    case 'sock-diag':
      return 'TCP only: sock_diag';
    case 'classic':
      return 'classic: sockets + /proc';
    case 'none':
      return 'no owners: packets only';
  }
}

function ledgerShare(model: Model): readonly Piece[] {
  if (model.covered === undefined) return [];
  const style = ledgerStyle(model.covered, model.light);
  return [piece(6, span('ledger '), span(ledgerText(model.covered), style))];
}

/**
 * Share of all bytes whose owner, or the reason why there is none, is known. Rounded down: 100 % means all of them.
 * Beside a ledger it is the first to go: unknown bytes have their row in the table.
 */
function exactness(model: Model, unknown: number): readonly Piece[] {
  const all = model.total.sentBytes + model.total.receivedBytes;
  if (all === 0) return [];
  const tenths = Math.floor((1000 * (all - unknown)) / all) / 10;
  const text = tenths === 100 ? '100' : tenths.toFixed(1);
  return [piece(model.covered === undefined ? 6 : 0.5, span('attributed '), span(`${text} %`, 'value'))];
}

/** What the socket meter had no room for: its bytes are counted where they were captured, but may have no owner. */
function lostRecords({ lost }: Model): readonly Piece[] {
  return lost.records === 0 ? [] : [piece(8.5, span(`lost ${countText(lost.records)} records`, 'warn'))];
}

function losses(input: ViewInput): Piece {
  const { model, history } = input.reading;
  const { kernel, interface: device, table } = model.drops;
  if (kernel + device + table === 0) return piece(9, span('drops 0', 'dim'));
  const parts = [
    ...(kernel > 0 ? [`${countText(kernel)} kernel`] : []),
    ...(device > 0 ? [`${countText(device)} device`] : []),
    ...(table > 0 ? [`${countText(table)} table`] : []),
  ];
  const text = input.size.columns < 60 ? `drops ${countText(kernel + device + table)}` : `drops ${parts.join(', ')}`;
  return piece(9, span(text, isLosing(history, model) && stopOfLoss(history) === undefined ? 'bad' : 'warn'));
}

function selfCost(model: Model): Piece {
  const cpu = model.self.cpu === undefined ? '-' : `${(model.self.cpu * 100).toFixed(1)} %`;
  return piece(2, span(`self ${cpu} ${formatMemory(model.self.rssBytes / 1024)}`, 'dim'));
}

function rightPieces(input: ViewInput): readonly Piece[] {
  const { model } = input.reading;
  const time = clockText(model.timeMs, input.settings);
  const state: readonly Span[] = input.ui.paused ? [span('paused ', 'warn'), span(time, 'warn')] : [span(time)];
  const ended = model.engineState === 'ended' ? [piece(10, span('file ended', 'value'))] : [];
  const { origin } = input;
  return [
    ...ended,
    origin === undefined
      ? piece(0, span(`every ${input.settings.intervalMs / 1000} s`, 'dim'))
      : piece(9.5, span(origin.text, origin.isBad ? 'bad' : 'value')),
    piece(input.ui.paused ? 10 : 7, ...state),
  ];
}

const LEAST_ROWS_FOR_SECOND_LINE = 20;

/** What needs action; usually none. */
export function troubleLines(input: ViewInput): readonly Row[] {
  const { model } = input.reading;
  const lines: Row[] = [...lossLines(input)];
  const [first] = model.faults;
  if (first !== undefined) {
    const more = model.faults.length > 1 ? ` (and ${model.faults.length - 1} more, see 8 Log)` : '';
    lines.push(...trouble(first.text + more, 'warn', input));
  }
  return lines;
}

/** For a minute after the last loss. Packets lost while nettrace did not run are no reason for a larger ring. */
function lossLines(input: ViewInput): readonly Row[] {
  const { model, history } = input.reading;
  if (!isLosing(history, model)) return [];
  const stop = stopOfLoss(history);
  const missing = missingText(input);
  if (stop === undefined)
    return trouble(`the kernel drops packets${missing}; a larger --ring-size helps`, 'bad', input);
  const when = `${formatDuration(stop.forMs / 1000).trim()} until ${clockText(stop.untilMs, input.settings)}`;
  return trouble(`the kernel dropped packets while nettrace was stopped (${when})${missing}`, 'warn', input);
}

/** Only what the ledger misses is missing: the sockets' own counts make up for much of what a ring loses. */
function missingText({ reading: { raw }, ui }: ViewInput): string {
  const cuts = raw.interfaces.flatMap(({ ledger: { cut } }) => (cut === undefined ? [] : [cut]));
  if (cuts.length === 0) return '';
  const bytes = cuts.reduce((sum, { dropped }) => sum + total(dropped), 0);
  if (bytes === 0) return ': no bytes are missing';
  return `: ${quantityText(formatSize(bytes, ui.units)).trim()} are missing`;
}

/** What to do about it often stands at the end: it may have a second line where there is room. */
function trouble(text: string, style: StyleToken, { size, mode }: ViewInput): readonly Row[] {
  if (size.rows < LEAST_ROWS_FOR_SECOND_LINE)
    return [{ spans: [span(cutText(`! ${text}`, size.columns, mode), style)] }];
  const [first = '', ...others] = wrapText(text, size.columns - 2, mode);
  const second = others.length === 0 ? [] : [cutText(others.join(' '), size.columns - 2, mode)];
  return [`! ${first}`, ...second.map((line) => `  ${line}`)].map((line) => ({ spans: [span(line, style)] }));
}

/** `12 days, 03:14`: without the seconds, which would only tick. */
function uptimeText(seconds: number): string {
  return formatUptime(seconds).replace(/:\d\d$/, '');
}

function countText(count: number): string {
  return count < 100_000 ? String(count) : quantityText(formatCount(count)).replace(/\s/g, '');
}
