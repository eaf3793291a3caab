// Owns: asking tshark for the outermost IP packet of every frame in a capture file, in the terms of our decoder.
// Knows nothing of: our decoder's answers.
import { spawnSync } from 'node:child_process';
import { MAX_OUTPUT, runProgram } from './decode-corpus.ts';

const FIELDS = [
  ...['frame.len', 'frame.protocols', 'ip.src', 'ip.dst', 'ip.proto', 'ip.flags.mf', 'ip.frag_offset', 'ip.len'],
  ...['ipv6.src', 'ipv6.dst', 'ipv6.nxt', 'ipv6.hopopts.nxt', 'ipv6.routing.nxt', 'ipv6.dstopts.nxt'],
  ...['ipv6.fraghdr.nxt', 'ipv6.fraghdr.offset', 'ipv6.fraghdr.more', 'ah.next_header', 'mip6.proto', 'shim6.nxt'],
  ...['tcp.srcport', 'tcp.dstport', 'tcp.len', 'udp.srcport', 'udp.dstport', 'udp.length', 'sctp.srcport'],
  ...[
    'sctp.dstport',
    'dccp.srcport',
    'dccp.dstport',
    'icmp.type',
    'icmp.ident',
    'icmpv6.type',
    'icmpv6.echo.identifier',
  ],
] as const;
type Field = (typeof FIELDS)[number];
type Row = Readonly<Record<Field, string>>;

// Packets as they are on the wire: nothing put together across packets, offloaded lengths as we take them.
const PREFERENCES = [
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
  'ipv6.tso_support:TRUE',
];

/** The outermost IP packet of a frame. Lengths are undefined where tshark does not say them. */
export interface OraclePacket {
  readonly length: number;
  readonly ipVersion: number;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly fragment: string;
  readonly ipLength: number | undefined;
  readonly payloadLength: number | undefined;
}

/** Why tshark cannot be used here; undefined if it can. */
export function tsharkMissing(): string | undefined {
  return spawnSync('tshark', ['--version']).status === 0 ? undefined : 'tshark is not installed';
}

/** `configFolder` is an empty folder, so that nobody's tshark settings change the answer. */
export async function askTshark(file: string, configFolder: string): Promise<readonly OraclePacket[]> {
  const words = ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=f', ...PREFERENCES.flatMap((one) => ['-o', one])];
  const env = { ...process.env, WIRESHARK_CONFIG_DIR: configFolder };
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const { stdout } = await runProgram('tshark', [...words, ...fields], { maxBuffer: MAX_OUTPUT, env });
  return stdout.split('\n').slice(0, -1).map(parseLine);
}

function parseLine(line: string): OraclePacket {
  const cells = line.split('\t');
  const row = Object.fromEntries(FIELDS.map((field, index) => [field, cells[index] ?? ''])) as Row;
  const outermost = row['frame.protocols'].split(':').find((name) => name === 'ip' || name === 'ipv6');
  if (outermost === 'ip' && row['ip.src'] !== '') return ipv4Packet(row);
  if (outermost === 'ipv6' && row['ipv6.src'] !== '') return ipv6Packet(row);
  const nothing = { ipVersion: 0, source: '', destination: '', ...flowOf(row, { protocol: 0, fragment: 'none' }) };
  return { length: Number(row['frame.len']), ...nothing, ipLength: undefined };
}

interface Carried {
  readonly protocol: number;
  readonly fragment: string;
}

const isSet = (flag: string): boolean => flag === '1' || flag === 'True';
function fragmentOf(offset: string, more: string): string {
  if (Number(offset) !== 0) return 'later';
  return isSet(more) ? 'first' : 'none';
}

function ipv4Packet(row: Row): OraclePacket {
  const fragment = fragmentOf(row['ip.frag_offset'], row['ip.flags.mf']);
  const behindAuthentication = row['ip.proto'] === '51' && fragment !== 'later';
  const protocol = Number(behindAuthentication ? row['ah.next_header'] : row['ip.proto']);
  return {
    length: Number(row['frame.len']),
    ipVersion: 4,
    source: row['ip.src'],
    destination: row['ip.dst'],
    ...flowOf(row, { protocol, fragment }),
    ipLength: Number(row['ip.len']) || undefined,
  };
}

const NEXT_HEADER: Readonly<Record<string, Field>> = {
  0: 'ipv6.hopopts.nxt',
  43: 'ipv6.routing.nxt',
  44: 'ipv6.fraghdr.nxt',
  51: 'ah.next_header',
  60: 'ipv6.dstopts.nxt',
  135: 'mip6.proto',
  140: 'shim6.nxt',
};

/** Follows the next-header fields; tshark's "first occurrence" gives each type of header once. */
function carriedByIpv6(row: Row): Carried {
  const seen = new Set<string>();
  let type: string = row['ipv6.nxt'];
  let fragment = 'none';
  for (let field = NEXT_HEADER[type]; field !== undefined && !seen.has(type); field = NEXT_HEADER[type]) {
    seen.add(type);
    const next = row[field];
    const isMessage = (type === '135' || type === '140') && (next === '59' || next === '');
    if (isMessage) break;
    if (type === '44') fragment = fragmentOf(row['ipv6.fraghdr.offset'], row['ipv6.fraghdr.more']);
    type = next;
    if (fragment === 'later') break;
  }
  return { protocol: Number(type), fragment };
}

function ipv6Packet(row: Row): OraclePacket {
  return {
    length: Number(row['frame.len']),
    ipVersion: 6,
    source: row['ipv6.src'],
    destination: row['ipv6.dst'],
    ...flowOf(row, carriedByIpv6(row)),
    ipLength: undefined,
  };
}

const PORTS: Readonly<Record<number, readonly [source: Field, destination: Field]>> = {
  6: ['tcp.srcport', 'tcp.dstport'],
  17: ['udp.srcport', 'udp.dstport'],
  33: ['dccp.srcport', 'dccp.dstport'],
  132: ['sctp.srcport', 'sctp.dstport'],
  136: ['udp.srcport', 'udp.dstport'],
};

/** The identifier of an echo message; an error quotes another packet's, which is not its own. */
function echoIdentifier(row: Row, protocol: number): number {
  if (protocol === 1) return ['0', '8', '42', '43'].includes(row['icmp.type']) ? Number(row['icmp.ident']) : 0;
  const isEcho = protocol === 58 && ['128', '129', '160', '161'].includes(row['icmpv6.type']);
  return isEcho ? Number(row['icmpv6.echo.identifier']) : 0;
}

function payloadOf(row: Row, { protocol, fragment }: Carried): number | undefined {
  if (fragment !== 'none') return undefined;
  if (protocol === 6 && row['tcp.len'] !== '') return Number(row['tcp.len']);
  // A length of 0 is that of a datagram above 65535 bytes.
  return protocol === 17 && Number(row['udp.length']) > 0 ? Number(row['udp.length']) - 8 : undefined;
}

function flowOf(row: Row, carried: Carried) {
  const [source, destination] = PORTS[carried.protocol] ?? [];
  const hasTransport = carried.fragment !== 'later';
  const identifier = hasTransport ? echoIdentifier(row, carried.protocol) : 0;
  return {
    ...carried,
    sourcePort: hasTransport && source !== undefined ? Number(row[source]) : identifier,
    destinationPort: hasTransport && destination !== undefined ? Number(row[destination]) : identifier,
    payloadLength: payloadOf(row, carried),
  };
}
