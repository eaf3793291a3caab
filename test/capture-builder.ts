// Owns: well-formed packets (checksums included) and pcap and pcapng files around them, for tests.
// Knows nothing of: who reads them. Broken packets are made in C++ (native/dev/packet_builder.h).
import { isIPv6 } from 'node:net';

export type Bytes = Uint8Array;

export const LINK_TYPE = { null: 0, ethernet: 1, ppp: 9, raw: 101, linuxSll: 113, ipv4: 228, linuxSll2: 276 } as const;
export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, serviceVlan: 0x88a8, ipv6: 0x86dd } as const;
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;
/** TCP flags, byte 13 of the header. */
export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export function concat(...parts: readonly Bytes[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}
export function filler(size: number): Bytes {
  return new Uint8Array(size).fill(0xee);
}
const be16 = (value: number): Bytes => Uint8Array.of((value >> 8) & 0xff, value & 0xff);
const be32 = (value: number): Bytes => concat(be16(value >>> 16), be16(value & 0xffff));

/** The 16 or 4 bytes of an address in text form. */
export function addressBytes(text: string): Bytes {
  if (!isIPv6(text)) return Uint8Array.from(text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return concat(...[...before, ...zeros, ...after].map(be16));
}

/** RFC 1071. */
function internetChecksum(bytes: Bytes): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function withChecksum(packet: Bytes, offset: number, pseudoHeader: Bytes = new Uint8Array()): Bytes {
  const sealed = Uint8Array.from(packet);
  sealed.set(be16(internetChecksum(concat(pseudoHeader, packet))), offset);
  return sealed;
}

export interface MacPair {
  readonly sourceMac?: string;
  readonly destinationMac?: string;
}
const macBytes = (text: string): Bytes => Uint8Array.from(text.split(':').map((byte) => Number.parseInt(byte, 16)));

export function ethernet(type: number, payload: Bytes, macs: MacPair = {}): Bytes {
  const { sourceMac = '02:00:00:00:00:01', destinationMac = '02:00:00:00:00:02' } = macs;
  return concat(macBytes(destinationMac), macBytes(sourceMac), be16(type), payload);
}
/** What follows a VLAN ethertype. */
export function vlan(id: number, type: number, payload: Bytes): Bytes {
  return concat(be16(id), be16(type), payload);
}

export interface AddressPair {
  readonly source: string;
  readonly destination: string;
}
/** A transport that is sealed (checksum) when the addresses around it are known. */
export interface Transport {
  readonly protocol: number;
  readonly bytes: (pseudoHeader: (length: number) => Bytes) => Bytes;
}

function pseudoHeader(pair: AddressPair, protocol: number): (length: number) => Bytes {
  const addresses = concat(addressBytes(pair.source), addressBytes(pair.destination));
  return (length) => concat(addresses, isIPv6(pair.source) ? be32(length) : be16(length), be16(0), be16(protocol));
}

export interface Ipv4Fields {
  readonly id?: number;
  /** Flags and offset in units of 8 bytes, as they stand in the header. */
  readonly fragment?: number;
  /** A multiple of 4 bytes. */
  readonly options?: Bytes;
}
export function ipv4(pair: AddressPair, transport: Transport, fields: Ipv4Fields = {}): Bytes {
  const { id = 1, fragment = 0, options = new Uint8Array() } = fields;
  const payload = transport.bytes(pseudoHeader(pair, transport.protocol));
  const size = 20 + options.length;
  const start = concat(Uint8Array.of(0x40 | (size / 4), 0), be16(size + payload.length), be16(id), be16(fragment));
  const hop = Uint8Array.of(64, transport.protocol, 0, 0);
  const header = concat(start, hop, addressBytes(pair.source), addressBytes(pair.destination), options);
  return concat(withChecksum(header, 10), payload);
}

/** `extensions` are (type, bytes) of extension headers; their first byte is filled with the next type. */
export function ipv6(
  pair: AddressPair,
  transport: Transport,
  extensions: readonly (readonly [type: number, bytes: Bytes])[] = [],
): Bytes {
  const payload = transport.bytes(pseudoHeader(pair, transport.protocol));
  const types = [...extensions.map(([type]) => type), transport.protocol];
  const chain = extensions.map(([, bytes], i) => Uint8Array.of(types[i + 1] ?? 0, ...bytes.subarray(1)));
  const body = concat(...chain, payload);
  const start = concat(be32(0x60000000), be16(body.length), Uint8Array.of(types[0] ?? 0, 64));
  return concat(start, addressBytes(pair.source), addressBytes(pair.destination), body);
}

export interface TcpFields {
  readonly flags?: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** A multiple of 4 bytes. */
  readonly options?: Bytes;
}
export function tcp(source: number, destination: number, payload: Bytes, fields: TcpFields = {}): Transport {
  const { flags = TCP_FLAG.ack, sequence = 1, acknowledgement = 1, options = new Uint8Array() } = fields;
  const start = concat(be16(source), be16(destination), be32(sequence), be32(acknowledgement));
  const middle = Uint8Array.of((5 + options.length / 4) << 4, flags, 0xff, 0xff, 0, 0, 0, 0);
  const segment = concat(start, middle, options, payload);
  return { protocol: PROTOCOL.tcp, bytes: (pseudo) => withChecksum(segment, 16, pseudo(segment.length)) };
}
export function udp(source: number, destination: number, payload: Bytes): Transport {
  const datagram = concat(be16(source), be16(destination), be16(8 + payload.length), be16(0), payload);
  return { protocol: PROTOCOL.udp, bytes: (pseudo) => withChecksum(datagram, 6, pseudo(datagram.length)) };
}
/** Type 8 or 0; over IPv6 give `protocol` icmpv6 and type 128 or 129. */
export function icmpEcho(type: number, id: number, payload: Bytes, protocol: number = PROTOCOL.icmp): Transport {
  const message = concat(Uint8Array.of(type, 0, 0, 0), be16(id), be16(1), payload);
  const isV6 = protocol === PROTOCOL.icmpv6;
  return { protocol, bytes: (pseudo) => withChecksum(message, 2, isV6 ? pseudo(message.length) : undefined) };
}
/** One DATA chunk; the CRC is left 0. */
export function sctp(source: number, destination: number, payload: Bytes): Transport {
  const chunk = concat(Uint8Array.of(0, 3), be16(16 + payload.length), be32(1), be16(0), be16(0), be32(0), payload);
  return { protocol: PROTOCOL.sctp, bytes: () => concat(be16(source), be16(destination), be32(1), be32(0), chunk) };
}
/** Bytes of any protocol, e.g. a later fragment. */
export function rawTransport(protocol: number, bytes: Bytes): Transport {
  return { protocol, bytes: () => bytes };
}

export interface CapturedFrame {
  readonly bytes: Bytes;
  /** Length on the link; the captured length if left out. */
  readonly wireLength?: number;
  /** Microseconds since 1970; frames are 1 ms apart if left out. */
  readonly timeUs?: number;
  /** Index into the interfaces of a pcapng file. */
  readonly interface?: number;
}
const DEFAULT_TIME_US = 1_700_000_000_000_000;
const timeOf = (frame: CapturedFrame, index: number): number => frame.timeUs ?? DEFAULT_TIME_US + index * 1000;

function le32(...values: readonly number[]): Bytes {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    out.writeUInt32LE(value >>> 0, i * 4);
  });
  return out;
}

/** A little-endian pcap file with microsecond time stamps (draft-ietf-opsawg-pcap). */
export function pcapFile(frames: readonly CapturedFrame[], linkType: number = LINK_TYPE.ethernet): Bytes {
  const header = concat(le32(0xa1b2c3d4), Uint8Array.of(2, 0, 4, 0), le32(0, 0, 262_144, linkType));
  const records = frames.map((frame, index) => {
    const time = timeOf(frame, index);
    const { bytes, wireLength = bytes.length } = frame;
    return concat(le32(Math.floor(time / 1e6), time % 1e6, bytes.length, wireLength), bytes);
  });
  return concat(header, ...records);
}

const padded = (bytes: Bytes): Bytes => concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));

function pcapngBlock(type: number, body: Bytes): Bytes {
  const length = body.length + 12;
  return concat(le32(type, length), body, le32(length));
}

/** A little-endian pcapng file (draft-ietf-opsawg-pcapng) with one interface for each link type given. */
export function pcapngFile(
  frames: readonly CapturedFrame[],
  linkTypes: readonly number[] = [LINK_TYPE.ethernet],
): Bytes {
  const section = pcapngBlock(0x0a0d0d0a, concat(le32(0x1a2b3c4d), Uint8Array.of(1, 0, 0, 0), le32(-1, -1)));
  const interfaces = linkTypes.map((linkType) => pcapngBlock(1, le32(linkType, 262_144)));
  const packets = frames.map((frame, index) => {
    const time = timeOf(frame, index);
    const { bytes, wireLength = bytes.length } = frame;
    const fields = le32(frame.interface ?? 0, Math.floor(time / 2 ** 32), time % 2 ** 32, bytes.length, wireLength);
    return pcapngBlock(6, concat(fields, padded(bytes)));
  });
  return concat(section, ...interfaces, ...packets);
}
