// Owns: what a month of history costs: a host of 1,000 processes through the real writer, on a clock that runs ahead; its file,
// the time of a write, and of each question.
// Knows nothing of: what is in the file.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowRow, OwnerRow } from '../../src/model/model.ts';
import { openForReading } from '../../src/store/history-db.ts';
import { historyAnswer } from '../../src/store/history-query.ts';
import { HISTORY_BY } from '../../src/store/history-schema.ts';
import { createHistoryWriter, type HistoryWriter } from '../../src/store/history-writer.ts';
import { flowRow } from '../support/view-flows.ts';
import { fixtureModel, processRow } from '../support/view-model.ts';
import { type Figure, median } from './figures.ts';

const PROCESSES = 1000;
const REMOTES = 400;
const HOUR = 3600;
const DAY = 24 * HOUR;
const GOAL_MS = 200;

/** A host that goes on: 250 programs of 10 users in 1,000 units, each with two connections to hosts that change. */
function createHost() {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const rows: OwnerRow[] = Array.from({ length: PROCESSES }, (_, at) =>
    processRow(at + 40, at + 100, `user${at % 10}`, `/usr/bin/program${at % 250}`, [0, 0, 0, 0], {
      unit: {
        ...{ unit: `unit${at}.service`, runtime: undefined, pod: undefined },
        container: at % 5 === 0 ? `container${at}` : undefined,
      },
    }),
  );
  const flows: FlowRow[] = rows.flatMap(({ id }) =>
    [0, 1].map((n) => flowRow(`${id}.${n}`, id, '203.0.113.1', 443, [0, 0, 0, 0])),
  );
  let generation = 0;
  return {
    /** A share of the processes moves something; a share of the connections is followed by one to another host. */
    next(active: number, changed: number) {
      for (let at = 0; at < PROCESSES; at++) {
        const row = rows[at];
        if (row === undefined || random() > active) continue;
        let [sent, received] = [row.sentBytes, row.receivedBytes];
        for (const n of [0, 1]) {
          const place = 2 * at + n;
          const old = flows[place];
          if (old === undefined) continue;
          const isNew = random() < changed;
          const [s, r] = [Math.ceil(random() * 20_000), Math.ceil(random() * 90_000)];
          const key = isNew ? `${row.id}.${n}.${generation++}` : old.key;
          const host = isNew ? Math.floor(REMOTES * random() ** 3) : Number(/\d+/.exec(old.remoteName ?? '')?.[0] ?? 0);
          const base = isNew ? [0, 0] : [old.sentBytes, old.receivedBytes];
          flows[place] = flowRow(key, row.id, '203.0.113.1', 443, [0, 0, (base[0] ?? 0) + s, (base[1] ?? 0) + r], {
            remoteName: `www.host${host}.example`,
          });
          sent += s;
          received += r;
        }
        const { unit } = row;
        rows[at] = processRow(row.id, row.pid ?? 0, row.user, row.commandLine, [0, 0, sent, received], { unit });
      }
      return fixtureModel({ owners: rows.slice(), flows: flows.slice() });
    },
  };
}

/** CPU time of a thread of this process, in ms. */
function cpuOf(thread: string): number {
  return Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
}

export async function historyCost(days: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-bench-history-'));
  try {
    return await measure(join(folder, 'history.db'), days);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(file: string, days: number): Promise<readonly Figure[]> {
  const host = createHost();
  // Refreshes do not fall on the edges of buckets, as they do not in life.
  const clock = { wall: Date.UTC(2026, 9, 1) + 1700, monotonic: 0 };
  const threads = new Set(readdirSync('/proc/self/task'));
  const writer = await createHistoryWriter({
    file,
    now: () => clock.monotonic,
    wallClock: () => clock.wall,
    onNote: (_, text) => console.log(text),
    baseline: [],
  });
  const own = readdirSync('/proc/self/task').filter((thread) => !threads.has(thread));
  const adds: number[] = [];
  const step = async (seconds: number, active: number, changed: number) => {
    clock.wall += seconds * 1000;
    clock.monotonic += seconds * 1000;
    const model = host.next(active, changed);
    const began = cpuOf(String(process.pid));
    writer.add(model);
    adds.push(cpuOf(String(process.pid)) - began);
    await written(writer);
  };
  // What fine tiers do not hold any more need not be fine: the rows of hours and days are the same.
  for (let n = 0; n < (days - 2) * 24 * 2; n++) await step(HOUR / 2, 0.6, 0.7);
  for (let n = 0; n < (2 * DAY - HOUR) / 60; n++) await step(60, 0.4, 0.3);
  const [before, first] = [own.map(cpuOf), adds.length];
  for (let n = 0; n < HOUR / 5; n++) await step(5, 0.3, 0.1);
  const writes = own.reduce((sum, thread, at) => sum + cpuOf(thread) - (before[at] ?? 0), 0);
  const figures: Figure[] = [
    {
      what: `history of ${days} days, ${PROCESSES} processes: file`,
      value: statSync(file).size / 2 ** 20,
      unit: 'MiB',
    },
    { what: 'a write every 5 s, its thread', value: writes / (HOUR / 5), unit: 'ms CPU' },
    { what: 'a refresh in the event loop', value: median(adds.slice(first)), unit: 'ms CPU' },
  ];
  await writer.stop(60_000);
  const db = openForReading(file);
  const ranges = [
    ['hour', HOUR],
    ['day', DAY],
    ['week', 7 * DAY],
    [`${days} days`, days * DAY],
  ] as const;
  for (const [name, seconds] of ranges) {
    for (const by of HISTORY_BY) {
      const chart = by === 'time' ? { step: 0 } : {};
      const times = [0, 1, 2].map(() => {
        const began = cpuOf(String(process.pid));
        historyAnswer(db, { sinceMs: clock.wall - seconds * 1000, untilMs: clock.wall, by, limit: 20, ...chart });
        return cpuOf(String(process.pid)) - began;
      });
      figures.push({
        what: `the last ${name} by ${by}`,
        value: median(times),
        unit: 'ms CPU',
        goal: { limit: GOAL_MS, better: 'below' },
      });
    }
  }
  db.close();
  return figures;
}

/** A question is answered after the batch that was sent before it. */
async function written(writer: HistoryWriter): Promise<void> {
  await writer.ask({ sinceMs: 0, untilMs: 0, by: 'time' });
}
