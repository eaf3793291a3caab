// Owns: a service whose state folder fills up and empties again: it goes on counting, says so, and the history is whole.
// Knows nothing of: SQLite.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claims, type Findings } from '../e2e/check.ts';
import { generator } from '../e2e/places.ts';
import { type Ground, ledgerOf, loss } from './ground.ts';
import { historyBytes, moved } from './history.ts';

const SIZE = '12m';
const FULL_MS = 25_000;
const TURNS = 3;
/** What found its owner late was written down as unknown before, and is taken from what is unknown next. */
const OWED = 20_000;
/** After there is room again. */
const AGAIN_MS = 10_000;

export async function disk(ground: Ground): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-soak-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder]);
  const unmount = () => {
    try {
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
      rmSync(folder, { recursive: true });
    } catch {
      // it is gone
    }
  };
  process.on('exit', unmount);
  try {
    return await fillAndEmpty(ground, folder);
  } finally {
    unmount();
  }
}

async function fillAndEmpty(ground: Ground, folder: string): Promise<Findings> {
  const { faults, claim } = claims();
  const figures: string[] = [];
  const { host, peer } = ground.world;
  const far = peer.start(generator('traffic'), ['udp-receive', peer.address(4), '9000'], 600_000);
  await far.line((line) => line.includes('ready'), 'the receiver');
  const service = await ground.start(['-d', '0.5', host.device], { folder });
  await ground.counting(service);
  const before = await host.counters();
  const began = Date.now();
  const pids = [service.child('collector'), service.child('front')];
  const load = host.start(generator('traffic'), ['fresh', peer.address(4), '9000', 'rate=500', 'size=200'], 600_000);
  await sleep(11_000);
  let times = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const from = service.said().length;
    // Again and again: the service gives its reserve back first.
    fill(join(folder, 'filler'));
    const filling = setInterval(() => fill(join(folder, 'filler')), 500);
    const full = service.heard(/no space left/, from, FULL_MS).catch(() => undefined);
    await sleep(FULL_MS);
    const failed = (await full) !== undefined;
    if (failed) times++;
    const first = (await service.snapshot()).total.sentTotal;
    await sleep(1500);
    claim((await service.snapshot()).total.sentTotal > first, 'nothing is counted while the disk is full');
    const { status } = await service.get('/api/v1/history?since=10m%20ago');
    claim(status === 200, `the history answers with ${status} while the disk is full`);
    clearInterval(filling);
    rmSync(join(folder, 'filler'));
    const freed = performance.now();
    // Where its reserve and its log had room for all of it, nothing failed.
    const again = failed && (await service.heard(/is written again/, from, AGAIN_MS).catch(() => undefined));
    claim(again !== undefined, `the history is not written again within ${AGAIN_MS / 1000} s`);
    if (failed) figures.push(`written again ${(performance.now() - freed).toFixed(0)} ms after there was room`);
    await sleep(6000);
  }
  claim(times > 0, 'the disk was never too full to write: nothing was tested');
  load.endInput();
  await load.ended;
  await ground.settled(service);
  const after = await host.counters();
  const lost = loss(before, after, ledgerOf(await service.snapshot(), host.device));
  const inHistory = await historyBytes(service, began);
  claim(Math.abs(lost) <= 2000, `${lost} bytes of the interface's are missing`);
  claim(
    Math.abs(moved(before, after) - inHistory) <= OWED,
    `the history lacks ${moved(before, after) - inHistory} bytes`,
  );
  claim(pids.join() === [service.child('collector'), service.child('front')].join(), 'a process was started again');
  faults.push(...(await ground.historyFaults(service)));
  const { tookMs, code } = await service.end();
  claim(code === 0 && tookMs < 2000, `ended with ${code} after ${tookMs.toFixed(0)} ms`);
  far.endInput();
  figures.push(`${lost} bytes lost, the history lacks ${moved(before, after) - inHistory} of ${moved(before, after)}`);
  return { figures, faults };
}

/** To the last byte. */
function fill(path: string): void {
  const piece = Buffer.alloc(256 * 1024, 1);
  for (let size = piece.length; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, piece.subarray(0, size), { flag: 'a' });
    } catch {
      // full for this size
    }
  }
}
