// Owns: the columns of the connections table: title, width and cell of each, and which of them a width has room for.
// Knows nothing of: which connections are listed.
import { cutText, ellipsis, takeEnd, textWidth } from '../base/text-width.ts';
import { formatDuration } from '../base/units.ts';
import { type ConnectionRow, endpointText } from '../model/connection-row.ts';
import { LAYER_FIELDS } from '../model/fields.ts';
import type { FlowRow, OwnerRow } from '../model/model.ts';
import { programName } from '../model/program-name.ts';
import { groupCell, type RowTone, rowMark, sizeCell, sizeWidth, textCell } from './cells.ts';
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
import { chooseStep, type Step, type TableColumn } from './table.ts';
import type { ViewInput } from './view-input.ts';

type LayerColumn = 'sentPayloadBytes' | 'receivedPayloadBytes' | 'retransmittedBytes';
type TextColumn = 'protocol' | 'owner' | 'local' | 'remote' | 'dev' | 'age' | 'match';
type ConnectionColumn = 'mark' | TextColumn | LayerColumn | NumberColumn;

export interface ConnectionTable {
  readonly ids: readonly ConnectionColumn[];
  readonly columns: readonly TableColumn[];
}

/** `[2001:db8:1234:5678:9abc:def0:1234:5678]:65535` is the longest; most are IPv4. */
const LOCAL_WIDTH = 21;
const OWNER_WIDTH = 18;
const MATCH_WIDTH = 8;

const LAYERS: readonly LayerColumn[] = ['sentPayloadBytes', 'receivedPayloadBytes'];

/** The remote end takes what is left: it is what one looks for. */
const STEPS: readonly Step<ConnectionColumn>[] = [
  {
    columns: [
      ...(['mark', 'protocol', 'owner', 'local', 'remote', 'dev', ...RATES, ...TOTALS] as const),
      ...([...LAYERS, 'retransmittedBytes', 'age', 'match'] as const),
    ],
    least: 30,
  },
  {
    columns: [
      ...(['mark', 'protocol', 'owner', 'local', 'remote', 'dev', ...RATES, ...TOTALS] as const),
      ...(['retransmittedBytes', 'age', 'match'] as const),
    ],
    least: 30,
  },
  { columns: ['mark', 'protocol', 'owner', 'local', 'remote', 'dev', ...RATES, ...TOTALS, 'age', 'match'], least: 30 },
  { columns: ['mark', 'protocol', 'owner', 'local', 'remote', 'dev', ...RATES, ...TOTALS, 'age'], least: 24 },
  { columns: ['mark', 'protocol', 'owner', 'local', 'remote', ...RATES, ...TOTALS], least: 21 },
  { columns: ['mark', 'protocol', 'owner', 'remote', ...RATES, ...TOTALS], least: 21 },
  { columns: ['mark', 'protocol', 'owner', 'remote', ...RATES], least: 21 },
  { columns: ['mark', 'owner', 'remote', ...COMPACT], least: 21 },
  { columns: ['mark', 'protocol', 'remote', ...RATES], least: 21 },
  { columns: ['mark', 'protocol', 'remote', ...COMPACT], least: 15 },
  { columns: ['mark', 'remote', ...TINY], least: 1 },
];

const FIXED_STEPS: readonly Step<ConnectionColumn>[] = [
  { columns: ['mark', 'protocol', 'owner', 'local', 'remote', 'dev', ...FIXED, 'age', 'match'], least: 30 },
  { columns: ['mark', 'protocol', 'owner', 'local', 'remote', ...FIXED], least: 21 },
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
  const chosen = chooseStep(relevant, input.size.columns, (id) => {
    const column = describe(id, input, 0);
    return column.gap + column.width;
  });
  return { ids: chosen.columns, columns: chosen.columns.map((id) => describe(id, input, chosen.flexible)) };
}

function describe(id: ConnectionColumn, input: ViewInput, flexible: number): TableColumn {
  const plain = { align: 'left', gap: 1, sorted: false } as const;
  const by = (sort: string) => ({ ...plain, sort, sorted: sortedBy(input.ui, sort) });
  switch (id) {
    case 'mark':
      return { ...plain, title: '', gap: 0, width: 1 };
    case 'protocol':
      return { ...by('protocol'), title: 'PROTO', width: 7 };
    case 'owner':
      return { ...by('program'), title: 'OWNER', width: OWNER_WIDTH };
    case 'local':
      return { ...by('localAddress'), title: 'LOCAL', width: LOCAL_WIDTH };
    case 'remote':
      return { ...by('remoteAddress'), title: 'REMOTE', width: flexible };
    case 'dev': {
      const longest = Math.max(3, ...input.reading.model.interfaces.map((row) => textWidth(row.name, input.mode)));
      return { ...by('interfaceName'), title: 'DEV', width: Math.min(longest, 10) };
    }
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
): readonly (readonly Span[])[] {
  const { flow } = entry.row;
  const tone: RowTone = flow.ended ? 'exited' : flow.repeated || isIdle(flow) ? 'dim' : 'normal';
  return table.ids.map((id, i): readonly Span[] => {
    const width = table.columns[i]?.width ?? 0;
    if (isNumberColumn(id)) return numberCell(id, flow, input.ui, width, tone);
    if (id === 'sentPayloadBytes' || id === 'receivedPayloadBytes' || id === 'retransmittedBytes')
      return sizeCell(flow[id] ?? Number.NaN, input.ui.units, width, tone);
    if (id === 'mark') return [rowMark(entry, selected, tone)];
    if (entry.title !== undefined) {
      return [id === 'remote' ? groupCell(entry, width, tone, input.mode) : textCell('', width, tone, input.mode)];
    }
    const prominent = id === 'owner' || id === 'remote' || tone !== 'normal';
    const style = prominent ? tone : 'dim';
    const lead = id === 'remote' ? (entry.lead ?? '') : '';
    const text = lead + cellText(id, entry.row, input, width - lead.length);
    return [textCell(text, width, style, input.mode, id === 'age' ? 'right' : 'left')];
  });
}

function cellText(id: TextColumn, { flow, owner, ageMs }: ConnectionRow, input: ViewInput, width: number): string {
  switch (id) {
    case 'protocol':
      return protocolText(flow);
    case 'owner':
      return ownerText(owner);
    case 'local':
      return fitEndpoint(flow.localAddress, portText(flow, 'local'), width, input);
    case 'remote':
      return `${directionMark(flow)} ${remoteText(flow, width - 2, input)}`;
    case 'dev':
      return flow.interfaceName;
    case 'age':
      return formatDuration(ageMs / 1000).trim();
    case 'match':
      return matchText(flow);
  }
}

/** `tcp6` is TCP over IPv6; `icmpv6` says so itself, and behind `proto-250` another digit would be another protocol. */
function protocolText({ protocol, family }: FlowRow): string {
  return family === 6 && !/\d$/.test(protocol) ? `${protocol}6` : protocol;
}

/** Who began it: `>` this host, `<` the other end. */
function directionMark(flow: FlowRow): string {
  return flow.initiator === 'local' ? '>' : flow.initiator === 'remote' ? '<' : ' ';
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
  if (flow.ended) return 'ended';
  if (flow.repeated) return 'repeated';
  return flow.quality === 'exact' || flow.quality === 'metered' || flow.quality === 'none' ? '' : flow.quality;
}
