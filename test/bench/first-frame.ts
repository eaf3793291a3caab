// Owns: the time from the start of the program to the first frame of the live view on a terminal, and its memory there.
// Knows nothing of: what the frame shows.
import { readFileSync } from 'node:fs';
import { NETTRACE } from '../e2e/places.ts';
import { peakRssBytes } from '../e2e/watch.ts';
import { type Site, withWorld } from '../e2e/world.ts';
import { type Figure, median } from './figures.ts';
import { programCost } from './offline.ts';

/** Words of the table's header; only a whole frame has them. */
const FRAME = /SENT[\s\S]*RECEIVED/;
const LIVE_MS = 3000;

function childOf(pid: number): number | undefined {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? undefined : Number(text.split(' ')[0]);
}

/** The youngest of a line of single children: below script(1) and its shell runs node. */
function lastDescendant(pid: number): number {
  const child = childOf(pid);
  return child === undefined ? pid : lastDescendant(child);
}

interface Start {
  readonly firstFrameMs: number;
  readonly rssMegabytes: number;
}

async function startOnce(site: Site): Promise<Start> {
  const command = `stty rows 40 cols 120; exec '${process.execPath}' '${NETTRACE}' ${site.device}`;
  const began = performance.now();
  const program = site.start('script', ['-qfec', command, '/dev/null'], 30_000);
  const firstFrameMs = await new Promise<number>((resolve, reject) => {
    let text = '';
    program.onData((piece) => {
      text += piece;
      if (FRAME.test(text)) resolve(performance.now() - began);
    });
    program.ended.then(
      ({ code, stderr }) => reject(new Error(`no frame, ended with ${code}: ${stderr} ${text}`)),
      reject,
    );
  });
  await new Promise((resolve) => setTimeout(resolve, LIVE_MS));
  const pid = lastDescendant(program.pid);
  const rss = peakRssBytes(pid);
  process.kill(pid, 'SIGTERM');
  await program.ended;
  return { firstFrameMs, rssMegabytes: rss / 1e6 };
}

export async function firstFrame(rounds: number): Promise<readonly Figure[]> {
  return withWorld(async ({ host }) => {
    const starts: Start[] = [];
    for (let round = 0; round < rounds; round++) starts.push(await startOnce(host));
    const node = median(Array.from({ length: rounds }, () => programCost([process.execPath, '-e', '0']).wall));
    return [
      {
        what: 'start to first frame of the live view',
        value: median(starts.map((start) => start.firstFrameMs)) / 1000,
        unit: 's',
        goal: { limit: 0.4, better: 'below' },
        note: `median of ${rounds}; node alone (node -e 0) takes ${(node * 1000).toFixed(0)} ms here`,
      },
      {
        what: `peak RSS of the live view, first ${LIVE_MS / 1000} s`,
        value: median(starts.map((start) => start.rssMegabytes)),
        unit: 'MB',
        goal: { limit: 90, better: 'below' },
      },
    ];
  });
}
