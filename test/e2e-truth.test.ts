// Owns: the truth tests of npm test: known bytes, known pids, in network namespaces; short versions of `npm run truth`.
// Knows nothing of: the scenarios themselves (test/e2e/).
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { defaultEngines, noWorld } from './e2e/places.ts';
import { createStage, perform, type Scenario, together } from './e2e/scenario.ts';
import { FOREIGN_SCENARIOS } from './e2e/scenarios-foreign.ts';
import { IDENTITY_SCENARIOS, SHORT_LIVED_SCENARIOS } from './e2e/scenarios-identity.ts';
import { OLDER_SCENARIOS } from './e2e/scenarios-older.ts';
import { SWARM_SCENARIOS } from './e2e/scenarios-swarm.ts';
import { LOOPBACK_SCENARIOS, SERVER_SCENARIOS, TRANSFER_SCENARIOS } from './e2e/scenarios-tcp.ts';
import { UDP_SCENARIOS } from './e2e/scenarios-udp.ts';
import { HAND_SCENARIOS, LONE_SCENARIOS, WAY_SCENARIOS } from './e2e/scenarios-ways.ts';
import { withWorld } from './e2e/world.ts';

const skip = noWorld();
const engines = skip === false ? defaultEngines() : [];

/** At the same time: they share nothing but the wire. */
const GROUPS: readonly Scenario[] = [
  together('TCP transfers, up and down, full speed and limited, have every byte on their process', TRANSFER_SCENARIOS),
  together('TCP servers of every build have every byte of their connections', SERVER_SCENARIOS),
  together('UDP has every byte on its process: connected or not, out, in, answers and fragments', UDP_SCENARIOS),
  together('loopback shows each end its own bytes', LOOPBACK_SCENARIOS),
  together('sockets that were connected before nettrace came have every byte on their process', OLDER_SCENARIOS),
  together('a port that another process takes over keeps no byte on the wrong one', IDENTITY_SCENARIOS),
  together('processes of milliseconds are counted with a reason and never mistaken', SHORT_LIVED_SCENARIOS),
  together('executed processes of a millisecond, ports and numbers in new hands, are never mistaken', SWARM_SCENARIOS),
  together('a socket in several hands is split where it changes hands, or its bytes have a reason', HAND_SCENARIOS),
  together('every way into the kernel counts the same, with ports or without', WAY_SCENARIOS),
  together('a socket with an address that no interface has keeps its bytes, nothing passes through', FOREIGN_SCENARIOS),
];

for (const group of GROUPS) {
  test(group.name, { skip, timeout: 60_000 }, async () => {
    const { columns } = await withWorld((world) => perform(createStage(world, 1), group, { engines }));
    for (const { engine, verdict } of columns) deepEqual({ engine, faults: verdict.faults }, { engine, faults: [] });
  });
}

for (const scenario of LONE_SCENARIOS) {
  test(`${scenario.name}: no byte is on a wrong process`, {
    skip: skip || (scenario.impossible?.() ?? false),
    timeout: 60_000,
  }, async () => {
    const { columns } = await withWorld((world) => perform(createStage(world, 1), scenario, { engines }));
    for (const { engine, verdict } of columns) deepEqual({ engine, faults: verdict.faults }, { engine, faults: [] });
  });
}
