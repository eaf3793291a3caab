// Owns: --light, really run: whose sockets are counted, with a device on the command line and without one.
// Knows nothing of: how sockets are counted (native/meter/) and what a capture would say (e2e-truth.test.ts).
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, claims, near } from './e2e/check.ts';
import { defaultEngines, noWorld } from './e2e/places.ts';
import { createStage, type Scenario } from './e2e/scenario.ts';
import { FOREIGN_SCENARIOS } from './e2e/scenarios-foreign.ts';
import { watch } from './e2e/watch.ts';
import { withWorld } from './e2e/world.ts';

const skip = noWorld() || (defaultEngines().includes('bpf') ? false : 'no BPF programs load here');

for (const named of [true, false]) {
  const what = named ? 'a named device shows nothing of other network namespaces' : 'no device named shows all of them';
  test(`--light with ${what}`, { skip, timeout: 60_000 }, async () => {
    const { names, own, other } = await withWorld(async (world) => {
      const stage = createStage(world, 1);
      const { host, peer } = world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const nettrace = watch(host, ['--light', '-d', '0.2', ...(named ? [host.device] : [])]);
      await nettrace.ready();
      const far = await stage.serve(peer, 'serve', ...to);
      const near = stage.traffic(host, 'connect', ...to, 'bytes=1000000', 'rate=1000000', 'hold=600');
      await near.finish();
      const { rows, last } = await nettrace.stop();
      await far.finish();
      const seen = (pid: number) => bytesOf(rows, pid) > 1_000_000;
      return { names: last.interfaces.map(({ name }) => name), own: seen(near.pid), other: seen(far.pid) };
    });
    equal(own, true);
    equal(other, !named);
    if (named) deepEqual(names.length, 1);
    else
      equal(
        names.some((name) => name.includes('@')),
        true,
      );
  });
}

/** Alone, watched with --light. */
async function faultsOf(scenario: Scenario): Promise<readonly string[]> {
  return withWorld(async (world) => {
    const stage = createStage(world, 1);
    await scenario.prepare?.(stage);
    const nettrace = watch(world.host, ['--light', '-d', '0.2', world.host.device]);
    await nettrace.ready();
    const { expected } = await scenario.run(stage);
    const { rows } = await nettrace.stop();
    const { faults, claim } = claims();
    for (const { pid, sent, received } of expected) {
      const seen = bytesOf(rows, pid);
      claim(
        near(seen, sent + received, 0.01),
        `${scenario.name}: process ${pid} has ${seen}, moved ${sent + received}`,
      );
    }
    return faults;
  });
}

for (const scenario of FOREIGN_SCENARIOS) {
  test(`--light: ${scenario.name}`, { skip, timeout: 60_000 }, async () => {
    deepEqual(await faultsOf(scenario), []);
  });
}
