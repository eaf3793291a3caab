// Owns: the comparison of our decoder with the decoders of npm `cap` on well-formed packets that this file generates.
// Knows nothing of: broken packets (cap throws or guesses there) and of cap's native half, which is never loaded.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as build from './capture-builder.ts';
import { type DecodedPacket, decodeCorpusMissing, decodeFiles, REPOSITORY } from './support/decode-corpus.ts';

const CAP_DECODERS = join(REPOSITORY, 'node_modules/cap/lib/Decoders.js');

/** What is used of cap's decoders (cap/lib/Decoders.js); offsets are from the start of the frame. */
interface CapDecoders {
  Ethernet(frame: Buffer): {
    readonly info: { readonly type?: number; readonly vlan?: { readonly VID: number } };
    readonly offset: number;
  };
  IPV4(frame: Buffer, offset: number): CapIp & { readonly info: { readonly totallen: number } };
  IPV6(frame: Buffer, offset: number): CapIp & { readonly info: { readonly payloadlen: number } };
  TCP(frame: Buffer, offset: number): CapTransport & { readonly hdrlen: number };
  UDP(frame: Buffer, offset: number): CapTransport & { readonly info: { readonly length: number } };
  SCTP(frame: Buffer, length: number, offset: number): CapTransport;
}
interface CapIp {
  readonly info: { readonly protocol: number; readonly srcaddr: string; readonly dstaddr: string };
  readonly offset: number;
}
interface CapTransport {
  readonly info: { readonly srcport: number; readonly dstport: number };
  readonly offset: number;
}

type Expected = Omit<DecodedPacket, 'file' | 'packet' | 'linkType' | 'fragment'>;

/** cap prints 16 bytes with colons between them; our text is that of RFC 5952. Both become the bytes. */
const addressKey = (text: string): string =>
  text.split(':').length === 16 ? text.replaceAll(':', '') : Buffer.from(build.addressBytes(text)).toString('hex');

function transportOf(cap: CapDecoders, frame: Buffer, protocol: number, offset: number, end: number) {
  const plain = (decoded: CapTransport, payloadLength: number) => {
    return { sourcePort: decoded.info.srcport, destinationPort: decoded.info.dstport, payloadLength };
  };
  if (protocol === build.PROTOCOL.tcp) {
    const tcp = cap.TCP(frame, offset);
    return plain(tcp, end - tcp.offset);
  }
  if (protocol === build.PROTOCOL.udp) {
    const udp = cap.UDP(frame, offset);
    return plain(udp, udp.info.length);
  }
  if (protocol === build.PROTOCOL.sctp) return plain(cap.SCTP(frame, 0, offset), end - offset - 12);
  // cap knows no echo identifier; both sides leave it out.
  return { sourcePort: 0, destinationPort: 0, payloadLength: end - offset - 8 };
}

function decodeWithCap(cap: CapDecoders, bytes: build.Bytes): Expected {
  const frame = Buffer.from(bytes);
  const ethernet = cap.Ethernet(frame);
  const isV4 = ethernet.info.type === build.ETHERTYPE.ipv4;
  const ip = isV4 ? cap.IPV4(frame, ethernet.offset) : cap.IPV6(frame, ethernet.offset);
  const ipLength = 'totallen' in ip.info ? ip.info.totallen : 40 + ip.info.payloadlen;
  return {
    length: frame.length,
    ipVersion: isV4 ? 4 : 6,
    source: addressKey(ip.info.srcaddr),
    destination: addressKey(ip.info.dstaddr),
    protocol: ip.info.protocol,
    ipLength,
    outcome: 'ok',
    ...transportOf(cap, frame, ip.info.protocol, ip.offset, ethernet.offset + ipLength),
  };
}

function ours(packet: DecodedPacket): Expected {
  const { file: _file, packet: _packet, linkType: _linkType, fragment: _fragment, ...rest } = packet;
  const isEcho = rest.protocol === build.PROTOCOL.icmp || rest.protocol === build.PROTOCOL.icmpv6;
  const ports = isEcho ? { sourcePort: 0, destinationPort: 0 } : {};
  return { ...rest, ...ports, source: addressKey(rest.source), destination: addressKey(rest.destination) };
}

const V4 = { source: '192.0.2.1', destination: '198.51.100.200' };
const V6 = { source: '2001:db8::1', destination: '2001:db8:0:1::ffff:2' };

/** Every network packet, bare and in a VLAN, with payloads that need padding to 60 bytes and payloads that do not. */
function generateFrames(): build.Bytes[] {
  const { ethernet, vlan, ipv4, ipv6, tcp, udp, sctp, icmpEcho, filler, ETHERTYPE, PROTOCOL } = build;
  const hopByHop = [0, Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0)] as const;
  const routing = [43, Uint8Array.of(0, 0, 4, 0, 0, 0, 0, 0)] as const;
  const frames: build.Bytes[] = [];
  const add = (type: number, packet: build.Bytes): void => {
    const bare = ethernet(type, packet);
    const padding = filler(Math.max(0, 60 - bare.length));
    frames.push(build.concat(bare, padding), ethernet(ETHERTYPE.vlan, vlan(frames.length % 4095, type, packet)));
  };
  for (const size of [0, 1, 7, 100, 1400]) {
    const shared = [
      tcp(443, 51000 + size, filler(size)),
      tcp(51000 + size, 443, filler(size), { flags: 2, options: filler(20) }),
      udp(53, 40000 + size, filler(size)),
      sctp(3868, 3869 + size, filler(size)),
    ];
    for (const transport of [...shared, icmpEcho(8, 4242, filler(size))]) {
      add(ETHERTYPE.ipv4, ipv4(V4, transport));
      add(ETHERTYPE.ipv4, ipv4(V4, transport, { options: filler(24) }));
    }
    for (const transport of [...shared, icmpEcho(128, 4242, filler(size), PROTOCOL.icmpv6)]) {
      add(ETHERTYPE.ipv6, ipv6(V6, transport));
      add(ETHERTYPE.ipv6, ipv6(V6, transport, [hopByHop, routing]));
    }
  }
  return frames;
}

function prepare(t: TestContext): { readonly folder: string } | undefined {
  const reason =
    decodeCorpusMissing() ?? (existsSync(CAP_DECODERS) ? undefined : 'the npm package cap is not installed');
  if (reason !== undefined) {
    t.skip(reason);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-cap-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder };
}

test('well-formed Ethernet packets are decoded as cap decodes them', async (t) => {
  const place = prepare(t);
  if (place === undefined) return;
  const cap = createRequire(import.meta.url)(CAP_DECODERS) as CapDecoders;
  const frames = generateFrames();
  const file = join(place.folder, 'generated.pcap');
  writeFileSync(file, build.pcapFile(frames.map((bytes) => ({ bytes }))));
  const decoded = await decodeFiles([file]);
  assert.deepEqual(
    decoded.map(ours),
    frames.map((frame) => decodeWithCap(cap, frame)),
  );
  t.diagnostic(`${frames.length} packets equal`);
});

test('a pcapng file of the same frames decodes to the same fields', async (t) => {
  const place = prepare(t);
  if (place === undefined) return;
  const frames = generateFrames().map((bytes) => ({ bytes }));
  const files = [join(place.folder, 'a.pcap'), join(place.folder, 'a.pcapng')] as const;
  writeFileSync(files[0], build.pcapFile(frames));
  writeFileSync(files[1], build.pcapngFile(frames));
  const [pcap, pcapng] = await Promise.all(files.map((file) => decodeFiles([file])));
  assert.equal(pcapng?.length, frames.length);
  assert.deepEqual(pcapng?.map(ours), pcap?.map(ours));
});
