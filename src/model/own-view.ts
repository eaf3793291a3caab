// Owns: the columns of accounts and flows by direction, as the interface sees them or turned round for the owner.
// Knows nothing of: rows, sums and rates.

/** The columns of one direction. */
export interface DirectionColumns {
  readonly bytes: Float64Array;
  readonly packets: Float64Array;
  readonly ipBytes: Float64Array;
  readonly payloadBytes: Float64Array;
}

export interface Directions {
  readonly sent: DirectionColumns;
  readonly received: DirectionColumns;
}

interface Table {
  readonly mirrored: Uint8Array;
  readonly sentBytes: Float64Array;
  readonly receivedBytes: Float64Array;
  readonly sentPackets: Float64Array;
  readonly receivedPackets: Float64Array;
  readonly sentIpBytes: Float64Array;
  readonly receivedIpBytes: Float64Array;
  readonly sentPayloadBytes: Float64Array;
  readonly receivedPayloadBytes: Float64Array;
}

/**
 * The columns that hold what the owner of a row sent and received: where the row is mirrored, what the interface
 * received is what the owner sent.
 */
export function ownView(table: Table): (row: number) => Directions {
  const sent: DirectionColumns = {
    bytes: table.sentBytes,
    packets: table.sentPackets,
    ipBytes: table.sentIpBytes,
    payloadBytes: table.sentPayloadBytes,
  };
  const received: DirectionColumns = {
    bytes: table.receivedBytes,
    packets: table.receivedPackets,
    ipBytes: table.receivedIpBytes,
    payloadBytes: table.receivedPayloadBytes,
  };
  const plain = { sent, received };
  const turned = { sent: received, received: sent };
  return (row) => (table.mirrored[row] === 0 ? plain : turned);
}
