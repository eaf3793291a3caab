// Owns: the program that misbehaves towards a service from inside its namespace: PORT TOKEN SECONDS; findings as JSON.
// Knows nothing of: the service's processes, which whoever starts this looks at meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { claims } from '../e2e/check.ts';
import { crowd, head, loris, malformed, polite, raw, slowReaders, type Target } from './hostile.ts';

const MANY = 1000;
/** More connections than the front takes. */
const ALL_CONNECTIONS = 100;

const [port, token = '', seconds] = process.argv.slice(2);
const target: Target = { port: Number(port), token };
const heldMs = Number(seconds) * 1000;
const { faults, claim } = claims();
const figures: string[] = [];

async function politeWithin(what: string, withinMs: number): Promise<void> {
  const tookMs = await polite(target, withinMs);
  claim(tookMs !== undefined, `${what}: a polite client got nothing within ${withinMs / 1000} s`);
  if (tookMs !== undefined) figures.push(`${what}: a polite client was answered after ${tookMs.toFixed(0)} ms`);
}

/** With time between them, since twenty a second are let through. */
async function sendMalformed(): Promise<void> {
  for (const { name, bytes, half, answer } of malformed(target)) {
    await sleep(60);
    const { first } = await raw(target, bytes, half === undefined ? {} : { half });
    claim(answer.test(first), `${name}: answered with "${first}"`);
  }
}

async function holdBack(): Promise<void> {
  const lamb = loris(target, ALL_CONNECTIONS);
  await sleep(1000);
  await politeWithin(`${ALL_CONNECTIONS} requests that never get ready`, 20_000);
  await sleep(heldMs);
  figures.push(`${lamb.closed()} of them were cut off`);
  lamb.release();
  for (const [what, everyMs] of [
    ['a byte a second', 1000],
    ['never', undefined],
  ] as const) {
    const readers = slowReaders(
      target,
      ALL_CONNECTIONS,
      head(target, '/vendor/uplot/uPlot.esm.js').repeat(40),
      everyMs,
    );
    await sleep(1000);
    await politeWithin(`${ALL_CONNECTIONS} readers that read ${what}`, 20_000);
    await sleep(heldMs);
    readers.release();
    await sleep(3000);
  }
  const deaf = slowReaders(target, 8, head(target, '/api/v1/events'), undefined);
  await sleep(2000);
  const ninth = await raw(target, head(target, '/api/v1/events'));
  claim(ninth.first.includes(' 503 '), `a ninth reader of events: "${ninth.first}"`);
  await sleep(heldMs);
  await politeWithin('8 readers of events that do not read', 20_000);
  deaf.release();
}

await politeWithin('before all', 10_000);
const answers = await crowd(target, MANY);
figures.push(`${MANY} clients at once: ${[...answers].map(([status, count]) => `${count} x ${status}`).join(', ')}`);
claim((answers.get('200') ?? 0) >= 20, 'a crowd kept everybody out');
await politeWithin('after the crowd', 20_000);
await sendMalformed();
await politeWithin('after malformed requests', 20_000);
await holdBack();
await sleep(1500);
await politeWithin('after all', 20_000);
console.log(JSON.stringify({ figures, faults }));
process.exit(0);
