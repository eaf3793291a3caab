// Owns: interfaces whose books have something to say: lost frames, recovered ones, crossings that are repeated.
// Knows nothing of: the rest of a model.
import type { InterfaceRow, OwnerRow } from '../../src/model/model.ts';
import { INTERFACES, interfaceRow, ledgerOf, OWNERS, share } from './view-model.ts';

const [ETH0] = INTERFACES;

/** A ring that lost frames, of which sockets told a part; a veth that repeats what a container sends by eth0. */
export const TROUBLED_INTERFACES: readonly InterfaceRow[] = [
  {
    ...(ETH0 ?? interfaceRow(0, 'eth0', [0, 0, 0, 0])),
    kernelDrops: 120_400,
    interfaceDrops: 3,
    errors: { received: 15, sent: 2, newReceived: 3, newSent: 2, multicast: 4182, collisions: 9 },
    recovered: { sentBytes: 0, receivedBytes: 4.4e9, sentPackets: 0, receivedPackets: 3_000_000 },
    ledger: {
      ...(ETH0?.ledger ?? ledgerOf({ sentBytes: 0, receivedBytes: 0 })),
      cut: {
        ageMs: 40,
        counter: { sentBytes: 1.63e12, receivedBytes: 2.64e11 },
        counted: { sentBytes: 1.63e12, receivedBytes: 2.58e11 },
        dropped: { sentBytes: 0, receivedBytes: 6e9 },
        residual: { sentBytes: 0, receivedBytes: 0 },
        covered: 0.99683,
      },
    },
  },
  interfaceRow(4, 'veth1a2b', [120_000, 1_100_000, 1.2e8, 3.1e9], {
    countsSegments: false,
    ledger: ledgerOf({ sentBytes: 1.2e8, receivedBytes: 3.1e9 }, [], {
      repeated: { sentBytes: 1.2e8, receivedBytes: 3.0e9 },
      segmentHeaders: { sentBytes: 0, receivedBytes: 1.3e8 },
      cut: {
        ageMs: 40,
        counter: { sentBytes: 1.2e8, receivedBytes: 2.97e9 },
        counted: { sentBytes: 1.2e8, receivedBytes: 2.98e9 },
        dropped: { sentBytes: 0, receivedBytes: 0 },
        residual: { sentBytes: 0, receivedBytes: -1e7 },
        covered: 0.996764,
      },
    }),
  }),
];

/** The same owners, of whom one lives in a container behind the veth. */
export const OWNERS_WITH_CONTAINER: readonly OwnerRow[] = OWNERS.map((row) =>
  row.id === 32
    ? {
        ...row,
        netns: 4_026_532_301,
        interfaces: [
          ...row.interfaces,
          { ...share('veth1a2b', [1_100_000, 120_000, 3.1e9, 1.2e8]), mirrored: true, repeated: true },
        ],
      }
    : row,
);
