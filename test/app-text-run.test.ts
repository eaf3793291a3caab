// Owns: what text modes print and when: first block, count, last block after the rings are drained, files.
// Knows nothing of: formats.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { createCollector } from '../src/app/collector.ts';
import { type Face, runFile, runOnce, runRefreshes, type TextRun } from '../src/app/text-run.ts';
import { createFakeWorld, type FakeOptions, type FakeWorld } from './support/fake-world.ts';

/** Prints `time bytes rate` of each refresh. */
const face: Face = {
  withFlows: false,
  render: ({ elapsedMs, total }) => `${elapsedMs} ${total.receivedBytes} ${total.receivedRate ?? '-'}\n`,
};

/** 1000 bytes a second, and 7 more that come to light when the ring is drained. */
function rows(ms: number, stopped: boolean) {
  const receivedBytes = ms + (stopped ? 7 : 0);
  return {
    interfaces: [{ name: 'eth0', state: 'capturing', receivedBytes }],
    owners: [{ kind: 'kernel' }],
    accounts: [{ receivedBytes }],
  };
}

async function prepare(options: FakeOptions, stop = new AbortController()): Promise<[TextRun, FakeWorld]> {
  const fake = createFakeWorld(options);
  const { world } = fake;
  const parts = {
    addon: await world.loadAddon(),
    options: {},
    readHost: await world.createHostReader({ proc: '/nonexistent', sys: '/nonexistent' }),
  };
  const collector = createCollector(parts);
  collector.start();
  return [{ collector, face, output: world.stdout, clock: world.clock, stop: stop.signal, intervalMs: 1000 }, fake];
}

test('-c 2 prints one block at once and one after the delay, the last with what was left in the ring', async () => {
  const [run, fake] = await prepare({ rows });
  await runRefreshes(run, 2);
  deepEqual(fake.out, ['0 0 -\n', '1000 1007 1007\n']);
  deepEqual(fake.events, ['start', 'stop']);
});

test('a stop between two refreshes ends the sleep, stops the engine and prints what was counted until then', async () => {
  const stop = new AbortController();
  const onWrite = (count: number, { clock }: FakeWorld) => {
    if (count === 1) void clock.sleep(400, new AbortController().signal).then(() => stop.abort());
  };
  const [run, fake] = await prepare({ rows, onWrite }, stop);
  await runRefreshes(run, 0);
  deepEqual(fake.out, ['0 0 -\n', '1000 1000 1000\n', '1400 1407 1017.5\n']);
  deepEqual(fake.events, ['start', 'stop']);
});

test('--once prints one refresh with rates over one delay', async () => {
  const [run, fake] = await prepare({ rows });
  await runOnce(run);
  deepEqual(fake.out, ['1000 1007 1007\n']);
});

test('one refresh with connections has a rate for each: the sample before has them too', async () => {
  const flows = (ms: number) => ({
    ...rows(ms, false),
    flows: [
      { id: 1, generation: 1, protocol: 6, localAddress: '10.0.0.1', remoteAddress: '10.0.0.2', receivedBytes: ms },
    ],
  });
  const [run, fake] = await prepare({ rows: flows });
  const withFlows: Face = {
    withFlows: true,
    render: ({ flows: [flow] = [] }) => `${flow?.receivedBytes} ${flow?.receivedRate ?? '-'}\n`,
  };
  await runOnce({ ...run, face: withFlows });
  deepEqual(fake.out, ['1000 1000\n']);
});

test('a file is printed once, when the engine has reached its end, and has no rates', async () => {
  const ended = (ms: number) => ({ meta: [{ state: ms >= 50 ? 'ended' : 'running' }], ...rows(ms, false) });
  const [run, fake] = await prepare({ rows: ended });
  const model = await runFile(run);
  equal(model.engineState, 'ended');
  equal(fake.out.length, 1);
  equal(fake.out[0]?.endsWith(' -\n'), true);
});

test('an output that fails ends the run with its error', async () => {
  const onWrite = () => {
    throw new Error('full');
  };
  const [run] = await prepare({ rows, onWrite });
  await rejects(runRefreshes(run, 0), /full/);
});
