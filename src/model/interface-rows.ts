// Owns: the rows of the interfaces: counters, ledger, state, addresses and how decoding ended on each.
// Knows nothing of: owners and flows.
import { addressText } from '../base/ip-text.ts';
import type { Label } from '../native/addon.ts';
import { CAPTURE_KINDS, INTERFACE_STATES } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';
import { type BothWays, createLedgers } from './ledger.ts';
import type { InterfaceErrors, InterfaceRow } from './model.ts';
import { gain, ratesOf, totalsAt } from './rates.ts';
import type { Sample } from './sample.ts';

/** One row for each interface that is or was watched, in the order of the snapshot. */
export function buildInterfaces(sample: Sample, before: SnapshotView | undefined, intervalMs: number): InterfaceRow[] {
  const { snapshot, labels } = sample;
  const addresses = addressesBySlot(snapshot);
  const outcomes = outcomesBySlot(snapshot, labels.outcomes);
  const earlier = new Map<number, number>();
  before?.interfaces.slot.forEach((slot, row) => {
    earlier.set(slot, row);
  });
  const ledgers = createLedgers(snapshot, labels);
  return Array.from(snapshot.interfaces.slot, (slot, row) => ({
    ...describe(snapshot, row),
    ledger: ledgers(row),
    ...totalsAt(snapshot.interfaces, row),
    ...ratesAt(snapshot, row, before, earlier.get(slot), intervalMs),
    addresses: addresses.get(slot) ?? [],
    outcomes: (outcomes.get(slot) ?? []).sort((a, b) => b.frames - a.frames),
  }));
}

function describe({ interfaces, text }: SnapshotView, row: number) {
  return {
    slot: interfaces.slot[row] ?? 0,
    index: interfaces.index[row] ?? 0,
    name: text(interfaces.name[row] ?? 0),
    state: INTERFACE_STATES[interfaces.state[row] ?? 0] ?? 'waiting',
    faultText: text(interfaces.faultText[row] ?? 0),
    loopback: interfaces.loopback[row] !== 0,
    linkType: text(interfaces.linkTypeName[row] ?? 0),
    linkTypeNumber: interfaces.linkType[row] ?? 0,
    decoded: interfaces.decoded[row] !== 0,
    capture: CAPTURE_KINDS[interfaces.capture[row] ?? 0] ?? 'none',
    frames: interfaces.frames[row] ?? 0,
    tapped: {
      sentBytes: interfaces.frameSentBytes[row] ?? 0,
      receivedBytes: interfaces.frameReceivedBytes[row] ?? 0,
      sentPackets: interfaces.sentFrames[row] ?? 0,
      receivedPackets: interfaces.receivedFrames[row] ?? 0,
    },
    kernelDrops: interfaces.kernelDrops[row] ?? 0,
    interfaceDrops: interfaces.interfaceDrops[row] ?? 0,
    counters: {
      sentBytes: interfaces.counterSentBytes[row] ?? 0,
      receivedBytes: interfaces.counterReceivedBytes[row] ?? 0,
      sentPackets: interfaces.counterSentPackets[row] ?? 0,
      receivedPackets: interfaces.counterReceivedPackets[row] ?? 0,
    },
    errors: errorsAt(interfaces, row),
    speed: bytesOfBits(interfaces.linkSpeed[row] ?? 0),
    countsSegments: interfaces.countsSegments[row] !== 0,
    recovered: {
      sentBytes: interfaces.recoveredSentBytes[row] ?? 0,
      receivedBytes: interfaces.recoveredReceivedBytes[row] ?? 0,
      sentPackets: interfaces.recoveredSentPackets[row] ?? 0,
      receivedPackets: interfaces.recoveredReceivedPackets[row] ?? 0,
    },
  };
}

function errorsAt(interfaces: SnapshotView['interfaces'], row: number): InterfaceErrors | undefined {
  if (interfaces.index[row] === 0) return undefined;
  const received = interfaces.receiveErrors[row] ?? 0;
  const sent = interfaces.sendErrors[row] ?? 0;
  return {
    received,
    sent,
    newReceived: gain(received, interfaces.receiveErrorsBefore[row] ?? 0),
    newSent: gain(sent, interfaces.sendErrorsBefore[row] ?? 0),
    multicast: interfaces.multicast[row] ?? 0,
    collisions: interfaces.collisions[row] ?? 0,
  };
}

/** A second; 0 stands for what is not known. */
function bytesOfBits(bits: number): number | undefined {
  return bits === 0 ? undefined : bits / 8;
}

/** Of the packets that were captured or, where nothing is, counted by the kernel. */
function ratesAt(
  now: SnapshotView,
  row: number,
  before: SnapshotView | undefined,
  was: number | undefined,
  intervalMs: number,
) {
  const past = was === undefined || before === undefined ? NOTHING_MOVED : bytesAt(before, was);
  const current = bytesAt(now, row);
  return ratesOf(gain(current.sentBytes, past.sentBytes), gain(current.receivedBytes, past.receivedBytes), intervalMs);
}

const NOTHING_MOVED: BothWays = { sentBytes: 0, receivedBytes: 0 };

/** With what was recovered: once the capture delivers it late, it only changes places. */
function bytesAt({ interfaces }: SnapshotView, row: number): BothWays {
  return {
    sentBytes: (interfaces.sentBytes[row] ?? 0) + (interfaces.recoveredSentBytes[row] ?? 0),
    receivedBytes: (interfaces.receivedBytes[row] ?? 0) + (interfaces.recoveredReceivedBytes[row] ?? 0),
  };
}

function addressesBySlot({ addresses }: SnapshotView): Map<number, string[]> {
  const bySlot = new Map<number, string[]>();
  for (let row = 0; row < addresses.rows; row++) {
    append(bySlot, addresses.interface[row] ?? 0, addressText(addresses.address, row * 16));
  }
  return bySlot;
}

function outcomesBySlot({ outcomes }: SnapshotView, labels: readonly Label[]) {
  const bySlot = new Map<number, { label: string; text: string; frames: number }[]>();
  for (let row = 0; row < outcomes.rows; row++) {
    const outcome = outcomes.outcome[row] ?? 0;
    const frames = outcomes.frames[row] ?? 0;
    const { label, text } = labels[outcome] ?? { label: `outcome-${outcome}`, text: '' };
    if (label !== 'ok' && frames > 0) append(bySlot, outcomes.interface[row] ?? 0, { label, text, frames });
  }
  return bySlot;
}

function append<T>(lists: Map<number, T[]>, key: number, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
