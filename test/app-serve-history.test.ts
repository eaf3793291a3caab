// Tests: the history of a service whose file cannot be opened at first, and flows that it does not want.
import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_HISTORY } from '../src/app/history/settings.ts';
import { startHistory } from '../src/app/serve/history.ts';
import type { World } from '../src/app/world.ts';
import { FLOWS } from './support/view-flows.ts';
import { fixtureModel, NOW_MS } from './support/view-model.ts';

const QUESTION = { since: '1h ago', until: 'now', by: 'program', limit: 20 } as never;

test('a history that cannot be opened is said once, tried again later, and written as soon as that works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-history-'));
  const file = join(folder, 'missing', 'history.db');
  let nowMs = 0;
  const said: string[] = [];
  let heard = () => {};
  const world = { clock: { now: () => nowMs }, wallClock: () => NOW_MS + nowMs } as unknown as World;
  const history = await startHistory(world, { historyFile: file, history: DEFAULT_HISTORY }, [], (text) => {
    said.push(text);
    heard();
  });
  try {
    equal(said.length, 1);
    match(said[0] ?? '', /^no history is kept: .*there is no such file or folder$/);
    await rejects(async () => history.verb.answer(QUESTION), { status: 503 });
    equal(history.wantsFlows(undefined), false);
    mkdirSync(join(folder, 'missing'));
    history.add(fixtureModel());
    nowMs += 10_000;
    const opened = new Promise<void>((resolve) => {
      heard = resolve;
    });
    history.add(fixtureModel());
    history.add(fixtureModel());
    await opened;
    deepEqual(said.slice(1), [`the history ${file} is written from now on`]);
    equal(((await history.verb.answer(QUESTION)) as { readonly series: readonly unknown[] }).series.length, 0);
    const many = fixtureModel({ flows: FLOWS });
    const flood = { ...many, attribution: { ...many.attribution, flowsLive: 60_000 } };
    Object.defineProperty(flood, 'flows', { get: () => rejectsRows() });
    history.add(flood);
    equal(history.wantsFlows(flood), false);
  } finally {
    await history.stop();
    rmSync(folder, { recursive: true });
  }
});

function rejectsRows(): never {
  throw new Error('nobody may make rows of 60,000 flows');
}
