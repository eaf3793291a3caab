// Owns: the field table's part about interfaces.
// Knows nothing of: layouts, formats and documents; screen, JSON and docs are made from it.
import { CAPTURE_KINDS, INTERFACE_STATES } from '../native/schema.ts';
import { type Field, field } from './field.ts';
import { TRAFFIC_FIELDS } from './fields.ts';
import type { InterfaceRow } from './model.ts';

const none = { optional: true } as const;

/** Interface rows have bytes under the keys `receivedBytes` and `sentBytes`: those captured, without recovered ones. */
const INTERFACE_TRAFFIC = TRAFFIC_FIELDS.map((each) => ({
  ...each,
  jsonKey: each.id,
  description: each.unit === 'rate' ? `${each.description}, recovered ones included` : each.description,
}));

/** Interface rows, without addresses and outcomes. */
export const INTERFACE_FIELDS: readonly Field<InterfaceRow>[] = [
  field('name', 'DEV', 'text', 'name', (r) => r.name, 'Name of the interface; of a capture file, its path', {
    width: 5,
  }),
  field('state', 'STATE', 'label', 'state', (r) => r.state, 'What capturing does there', { labels: INTERFACE_STATES }),
  field('faultText', 'FAULT', 'text', 'fault', (r) => r.faultText || undefined, 'Why capturing failed', none),
  field('loopback', 'LO', 'flag', 'loopback', (r) => r.loopback, 'Whether it is the loopback interface'),
  field('linkType', 'LINK', 'text', 'linkType', (r) => r.linkType, 'Link type as libpcap names it', { width: 10 }),
  field('linkTypeNumber', 'LINKTYPE', 'id', 'linkTypeNumber', (r) => r.linkTypeNumber, 'Its LINKTYPE_ number'),
  field('decoded', 'DEC', 'flag', 'decoded', (r) => r.decoded, 'False: its frames are counted but not decoded'),
  ...INTERFACE_TRAFFIC,
  field(
    'speed',
    'SPEED',
    'bytes',
    'speed',
    (r) => r.speed,
    'What the link carries each way, in bytes a second, as its driver says; null where it does not know, and of devices without a link of their own (veth, tun, bridge)',
    none,
  ),
  field('capture', 'CAPTURE', 'label', 'capture', (r) => r.capture, 'Where its frames come from', {
    labels: CAPTURE_KINDS,
  }),
  field('frames', 'FRAMES', 'packets', 'frames', (r) => r.frames, 'Frames that were captured, whatever became of them'),
  field(
    'frameReceivedBytes',
    'TAP RECV',
    'bytes',
    'frameReceivedBytes',
    (r) => r.tapped.receivedBytes,
    'Bytes of received frames as tapped: a super-frame of segmentation offload is one frame',
  ),
  field(
    'frameSentBytes',
    'TAP SENT',
    'bytes',
    'frameSentBytes',
    (r) => r.tapped.sentBytes,
    'Bytes of sent frames as tapped',
  ),
  field(
    'receivedFrames',
    'FRM RECV',
    'packets',
    'receivedFrames',
    (r) => r.tapped.receivedPackets,
    'Received frames as tapped; on loopback every frame is sent and received',
  ),
  field('sentFrames', 'FRM SENT', 'packets', 'sentFrames', (r) => r.tapped.sentPackets, 'Sent frames as tapped'),
  field(
    'kernelDrops',
    'DROPPED',
    'packets',
    'kernelDrops',
    (r) => r.kernelDrops,
    'Frames that the kernel dropped because the capture ring was full; of their bytes only recovered ones are counted',
  ),
  field(
    'interfaceDrops',
    'IF DROP',
    'packets',
    'interfaceDrops',
    (r) => r.interfaceDrops,
    'Frames that the device or its driver dropped',
  ),
  field(
    'counterReceivedBytes',
    'IF RECV',
    'bytes',
    'counterReceivedBytes',
    (r) => r.counters.receivedBytes,
    "The kernel's own count of received bytes (IFLA_STATS64); on loopback without the 14 bytes of link header of a frame",
  ),
  field(
    'counterSentBytes',
    'IF SENT',
    'bytes',
    'counterSentBytes',
    (r) => r.counters.sentBytes,
    "The kernel's own count of sent bytes",
  ),
  field(
    'counterReceivedPackets',
    'IF RPK',
    'packets',
    'counterReceivedPackets',
    (r) => r.counters.receivedPackets,
    "The kernel's own count of received packets",
  ),
  field(
    'counterSentPackets',
    'IF SPK',
    'packets',
    'counterSentPackets',
    (r) => r.counters.sentPackets,
    "The kernel's own count of sent packets",
  ),
  field(
    'countsSegments',
    'SEG',
    'flag',
    'countsSegments',
    (r) => r.countsSegments,
    'Whether these counters count segments on the wire, as hardware does; else super-frames, as tapped',
  ),
  field(
    'recoveredReceivedBytes',
    'REC RECV',
    'bytes',
    'recoveredReceivedBytes',
    (r) => r.recovered.receivedBytes,
    'Received wire bytes that the kernel counted by socket and the capture did not deliver',
  ),
  field(
    'recoveredSentBytes',
    'REC SENT',
    'bytes',
    'recoveredSentBytes',
    (r) => r.recovered.sentBytes,
    'Sent wire bytes that the kernel counted by socket and the capture did not deliver',
  ),
  field(
    'recoveredReceivedPackets',
    'REC RPK',
    'packets',
    'recoveredReceivedPackets',
    (r) => r.recovered.receivedPackets,
    'Packets of these, received',
  ),
  field(
    'recoveredSentPackets',
    'REC SPK',
    'packets',
    'recoveredSentPackets',
    (r) => r.recovered.sentPackets,
    'Packets of these, sent',
  ),
];
