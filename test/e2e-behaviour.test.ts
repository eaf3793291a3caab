// Owns: the end-to-end checks of npm test that are not about totals: rates, floods, interfaces that come and go.
// Knows nothing of: the checks themselves (test/e2e/).
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE_CHECKS } from './e2e/checks-devices.ts';
import { FLOOD_CHECKS } from './e2e/checks-flood.ts';
import { RATE_CHECKS } from './e2e/checks-rate.ts';
import { noWorld } from './e2e/places.ts';
import { createStage } from './e2e/scenario.ts';
import { withWorld } from './e2e/world.ts';

const skip = noWorld();

for (const check of [...RATE_CHECKS, ...DEVICE_CHECKS, ...FLOOD_CHECKS]) {
  test(check.name, { skip, timeout: 60_000 }, async () => {
    const { faults } = await withWorld((world) => check.run(createStage(world, 1), false));
    deepEqual(faults, []);
  });
}
