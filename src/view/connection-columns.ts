// Owns: the columns of the connections table: title, width and cell of each, and which of them a width has room for.
// Knows nothing of: which connections are listed.
import { cutText, ellipsis, takeEnd, textWidth } from '../base/text-width.ts';
import { formatDuration, formatPercent } from '../base/units.ts';
import { type ConnectionRow, endpointText, retransmittedShareOf, roundTripOf } from '../model/connection-row.ts';
import { LAYER_FIELDS } from '../model/fields.ts';
import type { FlowRow, OwnerRow } from '../model/model.ts';
import { programName } from '../model/program-name.ts';
import { roundTripText } from '../model/quantity-texts.ts';
import type { SocketStateName } from '../model/socket-reading.ts';
import { type RowTone, rowMark, sizeCell, sizeWidth, textCell, withGroupName } from './cells.ts';
import type { Entry } from './list-spec.ts';
import {
  COMPACT,
  FIXED,
  isNumberColumn,
  type NumberColumn,
  numberCell,
  numberColumn,
  RATES,
  sortedBy,
  TINY,
  TOTALS,
} from './number-columns.ts';
import { isIdle } from './owner-list.ts';
import type { Span } from './styled-text.ts';
import { type Cells, chooseStep, type Step, type TableColumn } from './table.ts';
import { listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

type LayerColumn = 'sentPayloadBytes' | 'receivedPayloadBytes' | 'retransmittedBytes';
type TextColumn =
  | 'protocol'
  | 'owner'
  | 'local'
  | 'port'
  | 'remote'
  | 'state'
  | 'dev'
  | 'rtt'
  | 'again'
  | 'age'
  | 'match';
type ConnectionColumn = 'mark' | TextColumn | LayerColumn | NumberColumn;

export interface ConnectionTable {
  readonly ids: readonly ConnectionColumn[];
  readonly columns: readonly TableColumn[];
}

/** Of an IPv4 address with its port. */
const LOCAL_WIDTH = 21;
/** `[2001:db8:85a3:1:2:8a2e:370:7334]:65535`; longer ones are rare. */
const MOST_LOCAL_WIDTH = 40;
/** On screens from this width on local ends are whole before there are columns of bytes by layer. */
const WIDE_SCREEN = 160;
const OWNER_WIDTH = 18;
const NARROW_OWNER_WIDTH = 16;
/** Where the local port stands beside the state too. */
const LEAST_OWNER_WIDTH = 12;
/** From 80 cells on the state has room if owners have less; from 124 on without that. */
const isTight = (columns: number) => columns >= 80 && columns < 124;
const isTightest = (columns: number) => columns >= 80 && columns < 85;
const STATE_WIDTH = 9;
/** Rows of an open group are indented. */
const indent = ({ ui }: ViewInput) => (listOf(ui).group === '' ? 0 : 1);
const protocolWidth = (input: ViewInput) => (isTightest(input.size.columns) ? 6 : 7) + indent(input);
const ownerWidth = (input: ViewInput) => leastOwner(input.size.columns) - indent(input);

function leastOwner(columns: number): number {
  if (isTightest(columns)) return LEAST_OWNER_WIDTH;
  return isTight(columns) ? NARROW_OWNER_WIDTH : OWNER_WIDTH;
}

/** The mark of who began it, and an IPv4 address with its port. */
const LEAST_REMOTE = 23;
const MATCH_WIDTH = 8;
/** Behind the mark. */
const FIRST_TEXT = 1;

const LAYERS: readonly LayerColumn[] = ['sentPayloadBytes', 'receivedPayloadBytes'];

/** The remote end takes what is left: it is what one looks for. */
const NAMES = ['mark', 'protocol', 'owner', 'local', 'remote', 'state'] as const;
/** Of the local end, which is mostly this host's one address, the port. */
const SHORT = ['mark', 'protocol', 'owner', 'port', 'remote', 'state'] as const;
const WIDE = [...NAMES, 'dev', ...RATES, ...TOTALS] as const;
const SPEED = ['rtt', 'again'] as const;

const STEPS: readonly Step<ConnectionColumn>[] = [
  { columns: [...WIDE, ...LAYERS, 'retransmittedBytes', ...SPEED, 'age', 'match'], least: 30 },
  { columns: [...WIDE, ...LAYERS, ...SPEED, 'age', 'match'], least: 30 },
  { columns: [...WIDE, ...SPEED, 'age', 'match'], least: 30 },
  { columns: [...WIDE, 'age', 'match'], least: 30 },
  { columns: [...WIDE, 'age'], least: 24 },
  { columns: [...NAMES, ...RATES, ...TOTALS, 'age'], least: 24 },
  { columns: [...NAMES, ...RATES, ...TOTALS], least: 21 },
  { columns: [...SHORT, ...RATES, ...TOTALS], least: 20 },
  { columns: ['mark', 'protocol', 'owner', 'remote', 'state', ...RATES, ...TOTALS], least: 20 },
  { columns: [...SHORT, ...RATES], least: 20 },
  { columns: ['mark', 'protocol', 'owner', 'remote', ...RATES], least: 21 },
  { columns: ['mark', 'owner', 'remote', ...COMPACT], least: 21 },
  { columns: ['mark', 'protocol', 'remote', ...RATES], least: 21 },
  { columns: ['mark', 'protocol', 'remote', ...COMPACT], least: 15 },
  { columns: ['mark', 'remote', ...TINY], least: 1 },
];

const FIXED_STEPS: readonly Step<ConnectionColumn>[] = [
  { columns: [...NAMES, 'dev', ...FIXED, 'age', 'match'], least: 30 },
  { columns: [...NAMES, ...FIXED], least: 21 },
  { columns: [...SHORT, ...FIXED], least: 15 },
  { columns: ['mark', 'protocol', 'owner', 'remote', 'state', ...FIXED], least: 15 },
  { columns: ['mark', 'protocol', 'owner', 'remote', ...FIXED], least: 15 },
  { columns: ['mark', 'protocol', 'remote', ...FIXED], least: 12 },
  { columns: ['mark', 'remote', ...TINY], least: 1 },
];

export function connectionTable(input: ViewInput, ofEverybody: boolean): ConnectionTable {
  const steps = input.ui.viewMode.kind === 'adaptive' ? STEPS : FIXED_STEPS;
  const { ownership } = input.reading.model;
  const countsAgain = ownership === 'bpf' || ownership === 'stream' || ownership === 'sock-diag';
  const relevant = steps.map(({ columns, least }) => ({
    least,
    columns: columns.filter((id) => (id !== 'owner' || ofEverybody) && (id !== 'retransmittedBytes' || countsAgain)),
  }));
  const wanted = localWanted(input);
  const local = input.size.columns >= WIDE_SCREEN ? wanted : LOCAL_WIDTH;
  const chosen = chooseStep(relevant, input.size.columns, (id) => {
    const column = describe(id, input, { remote: 0, local });
    return column.gap + column.width;
  });
  // What the remote end does not need is divided between both ends.
  const extra = Math.max(0, Math.min(wanted - local, (chosen.flexible - LEAST_REMOTE) >> 1));
  const widths = chosen.columns.includes('local')
    ? { remote: chosen.flexible - extra, local: local + extra }
    : { remote: chosen.flexible, local };
  return { ids: chosen.columns, columns: chosen.columns.map((id) => describe(id, input, widths)) };
}

/** Cells for any of this host's addresses with a port, link-local ones aside; the same from frame to frame. */
function localWanted({ reading }: ViewInput): number {
  const addresses = reading.model.interfaces.flatMap((row) => row.addresses);
  const widths = addresses
    .map((address) => address.split('/')[0] ?? '')
    .filter((address) => address.includes(':') && !address.startsWith('fe80:'))
    .map((address) => endpointText(address, 65_535).length);
  return Math.min(MOST_LOCAL_WIDTH, Math.max(LOCAL_WIDTH, ...widths));
}

interface Widths {
  readonly remote: number;
  readonly local: number;
}

function describe(id: ConnectionColumn, input: ViewInput, widths: Widths): TableColumn {
  const plain = { align: 'left', gap: 1, sorted: false } as const;
  const by = (sort: string) => ({ ...plain, sort, sorted: sortedBy(input.ui, sort) });
  switch (id) {
    case 'mark':
      return { ...plain, title: '', gap: 0, width: 1 };
    case 'protocol':
      return { ...by('protocol'), title: 'PROTO', width: protocolWidth(input) };
    case 'owner':
      return { ...by('program'), title: 'OWNER', width: ownerWidth(input) };
    case 'local':
      return { ...by('localAddress'), title: 'LOCAL', width: widths.local };
    case 'port':
      return { ...by('localPort'), title: 'LPORT', align: 'right', width: 5 };
    case 'remote':
      return { ...by('remoteAddress'), title: 'REMOTE', width: widths.remote };
    case 'state':
      return { ...by('state'), title: 'STATE', width: STATE_WIDTH };
    case 'dev': {
      const longest = Math.max(3, ...input.reading.model.interfaces.map((row) => textWidth(row.name, input.mode)));
      return { ...by('interfaceName'), title: 'DEV', width: Math.min(longest, 10) };
    }
    case 'rtt':
      return { ...by('rttMs'), title: 'RTT', align: 'right', gap: 2, width: 7 };
    case 'again':
      return { ...by('retransmittedShare'), title: 'RETR%', align: 'right', gap: 2, width: 6 };
    case 'age':
      return { ...by('ageMs'), title: 'AGE', align: 'right', gap: 2, width: 6 };
    case 'match':
      return { ...by('quality'), title: 'MATCH', gap: 2, width: MATCH_WIDTH };
    case 'sentPayloadBytes':
    case 'receivedPayloadBytes':
    case 'retransmittedBytes': {
      const { title = '', width = 0 } = layerField(id) ?? {};
      return { ...by(id), title, align: 'right', gap: 2, width: Math.max(width, sizeWidth(input.ui.units)) };
    }
    default:
      return numberColumn(id, input.ui);
  }
}

function layerField(id: LayerColumn) {
  return LAYER_FIELDS.find((field) => field.id === id);
}

export function connectionCells(
  entry: Entry<ConnectionRow>,
  table: ConnectionTable,
  input: ViewInput,
  selected: boolean,
): Cells {
  const { flow } = entry.row;
  const tone: RowTone = flow.ended ? 'exited' : flow.repeated || isIdle(flow) ? 'dim' : 'normal';
  const cells = table.ids.map((id, i): readonly Span[] => {
    const width = table.columns[i]?.width ?? 0;
    if (isNumberColumn(id)) return numberCell(id, flow, input.ui, width, tone);
    if (id === 'sentPayloadBytes' || id === 'receivedPayloadBytes' || id === 'retransmittedBytes')
      return sizeCell(flow[id] ?? Number.NaN, input.ui.units, width, tone);
    if (id === 'mark') return [rowMark(entry, selected, tone)];
    if (entry.title !== undefined) return [textCell('', width, tone, input.mode)];
    const prominent = id === 'owner' || id === 'remote' || id === 'state' || tone !== 'normal';
    const style = prominent ? tone : 'dim';
    const lead = i === FIRST_TEXT ? (entry.lead ?? '') : '';
    const text = lead + cellText(id, entry.row, input, width - lead.length);
    return [textCell(text, width, style, input.mode, table.columns[i]?.align ?? 'left')];
  });
  if (entry.title === undefined) return cells;
  return withGroupName(cells, table.columns, entry, FIRST_TEXT, tone, input.mode);
}

function cellText(id: TextColumn, row: ConnectionRow, input: ViewInput, width: number): string {
  const { flow, owner, ageMs } = row;
  switch (id) {
    case 'protocol':
      return protocolText(flow);
    case 'owner':
      return ownerText(owner);
    case 'local':
      return fitEndpoint(flow.localAddress, portText(flow, 'local'), width, input);
    case 'port':
      return flow.localPort === 0 ? '' : String(flow.localPort);
    case 'remote':
      return `${directionMark(flow)} ${remoteText(flow, width - 2, input)}`;
    case 'state':
      return stateText(row);
    case 'rtt':
      return tripText(row);
    case 'again':
      return againText(row);
    case 'dev':
      return flow.interfaceName;
    case 'age':
      return formatDuration(ageMs / 1000).trim();
    case 'match':
      return matchText(flow);
  }
}

/** Shorter than the kernel's words, so that each is whole. */
const STATE_WORDS: Readonly<Record<SocketStateName, string>> = {
  established: 'estab',
  'syn-sent': 'syn-sent',
  'syn-received': 'syn-recv',
  'fin-wait-1': 'fin-wait1',
  'fin-wait-2': 'fin-wait2',
  'time-wait': 'time-wait',
  close: 'closed',
  'close-wait': 'closewait',
  'last-ack': 'last-ack',
  listen: 'listen',
  closing: 'closing',
};

/** `ended 12s` of a connection that stays a minute longer; else as the kernel has it, or the packets tell. Only TCP has states. */
function stateText({ flow, state, socket, endedForMs }: ConnectionRow): string {
  if (endedForMs !== undefined) return `ended ${formatDuration(endedForMs / 1000).trim()}`;
  if (state === undefined) return '';
  if (socket !== undefined) return STATE_WORDS[socket.state];
  if (state !== 'opening') return state === 'established' ? 'estab' : 'ended';
  return flow.initiator === 'local' ? 'syn-sent' : flow.initiator === 'remote' ? 'syn-recv' : state;
}

function tripText(row: ConnectionRow): string {
  const us = roundTripOf(row);
  return us === undefined ? '-' : roundTripText(us);
}

function againText(row: ConnectionRow): string {
  const share = retransmittedShareOf(row);
  if (share === undefined) return '-';
  return share > 0 && share < 0.0005 ? '<0.1' : formatPercent(100 * share).trim();
}

/** `tcp6` is TCP over IPv6; `icmpv6` says so itself, and behind `proto-250` another digit would be another protocol. */
function protocolText({ protocol, family }: FlowRow): string {
  return family === 6 && !/\d$/.test(protocol) ? `${protocol}6` : protocol;
}

/** Who began it: `>` this host, `<` the other end; `x`: it has ended. At every width, so it is told without colour. */
function directionMark(flow: FlowRow): string {
  if (flow.ended) return 'x';
  return flow.initiator === 'local' ? '>' : flow.initiator === 'remote' ? '<' : ' ';
}

/** What connections of an owner are a group of. */
export function ownerGroup(owner: OwnerRow | undefined): string {
  return owner === undefined ? 'process not known' : ownerText(owner);
}

export function ownerText(owner: OwnerRow | undefined): string {
  if (owner === undefined) return '-';
  if (owner.pid === undefined) return owner.reason?.replaceAll('-', ' ') ?? owner.name;
  return `${owner.pid} ${programName(owner, { commandLine: false, basename: true })}`;
}

/** The port of an end; the server's by the name of its service. */
function portText(flow: FlowRow, end: 'local' | 'remote'): string {
  const port = end === 'local' ? flow.localPort : flow.remotePort;
  const ofServer = end === 'local' ? flow.initiator === 'remote' : flow.initiator === 'local';
  return (ofServer ? flow.service : undefined) ?? (port === 0 ? '' : String(port));
}

/** The name first, the address behind it where there is room for both; the service where it takes nothing of the name. */
function remoteText(flow: FlowRow, width: number, input: ViewInput): string {
  const port = portText(flow, 'remote');
  if (flow.remoteName === undefined) return fitEndpoint(flow.remoteAddress, port, width, input);
  const named = endpointText(flow.remoteName, port);
  const numbered = endpointText(flow.remoteName, flow.remotePort);
  const fits = [`${named} ${flow.remoteAddress}`, named, numbered].find((text) => text.length <= width);
  return fits ?? cutStart(numbered, width, input);
}

/** The end of a name says whose it is: `bank.example.evil.org` must not be cut to `bank.example`. */
function cutStart(text: string, width: number, input: ViewInput): string {
  const mark = ellipsis(input.mode);
  return (mark + takeEnd(text, width - textWidth(mark, input.mode), input.mode)).slice(0, Math.max(0, width));
}

/** Below so many cells of it an address says nothing: then the port has to go. */
const LEAST_ADDRESS = 4;

/** Where it does not fit the address loses its end, the port only where nothing would be left of the address. */
function fitEndpoint(address: string, port: string, width: number, input: ViewInput): string {
  const whole = endpointText(address, port);
  if (whole.length <= width || port === '') return whole;
  const rest = `${address.includes(':') ? ']' : ''}:${port}`;
  if (width - rest.length < LEAST_ADDRESS) return cutText(whole, width, input.mode);
  return cutText(whole.slice(0, -rest.length), width - rest.length, input.mode) + rest;
}

/** How the owner was found; an exact match needs no word, nor does a socket that the kernel itself counts. */
function matchText(flow: FlowRow): string {
  if (flow.repeated) return 'repeated';
  return flow.quality === 'exact' || flow.quality === 'metered' || flow.quality === 'none' ? '' : flow.quality;
}
