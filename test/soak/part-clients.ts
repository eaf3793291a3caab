// Owns: hostile clients against a service: what they get, and that they cost it neither its life nor its memory.
// Knows nothing of: what they do in particular (hostile.ts).
import { fileURLToPath } from 'node:url';
import { claims, type Findings, megabytes } from '../e2e/check.ts';
import type { Ground } from './ground.ts';
import { usageOf } from './usage.ts';

const HOSTILE = fileURLToPath(new URL('./hostile-main.js', import.meta.url));
const HELD_S = 35;
const LOOK_MS = 500;
/** What buffers of all connections may take together, for a while. */
const MOST_BYTES = 160 * 2 ** 20;
/** Of the most, at the end: V8 keeps what it once had for some time. */
const MORE_AT_LAST = 48 * 2 ** 20;

export async function clients(ground: Ground): Promise<Findings> {
  const { host } = ground.world;
  const service = await ground.start(['-d', '1', host.device, 'lo']);
  await ground.counting(service);
  const pids = { collector: service.child('collector'), front: service.child('front') };
  const before = usageOf(pids.front, 0);
  let mostBytes = 0;
  const looking = setInterval(() => {
    mostBytes = Math.max(mostBytes, usageOf(pids.front, 0).rssBytes);
  }, LOOK_MS);
  const words = ['--enable-source-maps', HOSTILE, String(service.port), service.token, String(HELD_S)];
  const program = host.start(process.execPath, words, 600_000);
  const line = await program.line((text) => text.startsWith('{"figures"'), 'the findings', 600_000);
  await program.ended;
  clearInterval(looking);
  const { figures, faults } = JSON.parse(line) as { figures: string[]; faults: string[] };
  const { claim, faults: own } = claims();
  const after = usageOf(service.child('front'), 0);
  claim(service.child('front') === pids.front, 'the front was started again');
  claim(service.child('collector') === pids.collector, 'the collector was started again');
  claim(mostBytes <= MOST_BYTES, `the front took ${megabytes(mostBytes)}`);
  claim(
    after.rssBytes - before.rssBytes <= MORE_AT_LAST,
    `the front kept ${megabytes(after.rssBytes - before.rssBytes)}`,
  );
  claim(
    after.descriptors <= before.descriptors + 2,
    `${before.descriptors} descriptors before, ${after.descriptors} after`,
  );
  const said = service
    .said()
    .split('\n')
    .filter((text) => text !== '' && !text.includes('serving'));
  claim(said.length === 0, `the service said: ${said.join(' / ')}`);
  const { tookMs, code } = await service.end();
  claim(code === 0 && tookMs < 2000, `ended with ${code} after ${tookMs.toFixed(0)} ms`);
  return {
    figures: [
      ...figures,
      `front: ${megabytes(before.rssBytes)} before, ${megabytes(mostBytes)} at most, ${megabytes(after.rssBytes)} after; ` +
        `descriptors ${before.descriptors} and ${after.descriptors}; ended in ${tookMs.toFixed(0)} ms`,
    ],
    faults: [...faults, ...own],
  };
}
