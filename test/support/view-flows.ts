// Owns: flows made by hand for tests of the view.
// Knows nothing of: the rest of a model.
import type { FlowRow } from '../../src/model/model.ts';
import { layers, NOW_MS, type Numbers, traffic } from './view-model.ts';

export function flowRow(
  key: string,
  ownerId: number,
  remoteAddress: string,
  remotePort: number,
  numbers: Numbers,
  more: Partial<FlowRow> = {},
): FlowRow {
  const { name: interfaceName, ...sums } = traffic('eth0', numbers);
  return {
    ...sums,
    ...layers(sums),
    mirrored: false,
    repeated: false,
    key,
    ownerId,
    interfaceName,
    protocol: 'tcp',
    family: remoteAddress.includes(':') ? 6 : 4,
    localAddress: remoteAddress.includes(':') ? '2001:db8:17::5' : '10.0.0.5',
    localPort: 443,
    remoteAddress,
    remotePort,
    remoteName: undefined,
    remoteNameSource: undefined,
    service: undefined,
    quality: 'exact',
    initiator: 'remote',
    ended: false,
    firstMs: NOW_MS - 64_000,
    lastMs: NOW_MS,
    ...more,
  };
}

export const FLOWS: readonly FlowRow[] = [
  flowRow('1.1', 31, '203.0.113.77', 51_344, [9_100_000, 410_000, 8.1e9, 3.0e8]),
  flowRow('2.1', 31, '2001:db8:1234:5678:9abc:def0:1234:5678', 65_535, [4_000_000, 99_000, 1.1e9, 2.0e7]),
  flowRow('3.1', 31, '198.51.100.9', 40_022, [0, 0, 5200, 3100], {
    ended: true,
    lastMs: NOW_MS - 12_000,
  }),
  flowRow('4.4', 30, '10.0.0.9', 51_022, [61_200_000, 410_000, 1.21e12, 8.02e9], {
    localPort: 5432,
    firstMs: NOW_MS - 9e8,
  }),
  flowRow('5.1', 32, '10.0.0.31', 6379, [9000, 41_000, 2.0e8, 9.0e8], { initiator: 'local', localPort: 40_112 }),
  flowRow('6.2', 38, '9.9.9.9', 53, [210, 480, 2.2e6, 5.4e6], {
    protocol: 'udp',
    quality: 'wildcard',
    initiator: 'local',
    localPort: 5353,
  }),
  flowRow('7.1', 17, '192.0.2.10', 0, [98, 98, 1_010_000, 1_010_000], {
    protocol: 'icmp',
    localPort: 0,
    quality: 'none',
  }),
  flowRow('8.1', 22, '172.17.0.2', 8080, [1_200_000, 300_000, 3.3e9, 6.1e8], {
    localAddress: '10.0.0.7',
    quality: 'none',
    initiator: 'unknown',
  }),
];
