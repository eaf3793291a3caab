// Tests: what limits a process in the lines of --json: all its connections together, and nobody else's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonLines } from '../src/export/json-lines.ts';
import { assertValid } from './support/json-valid.ts';
import { modelOf } from './support/sample-builder.ts';
import { QUEUES } from './support/view-queues.ts';
import { BEFORE, NOW } from './support/world.ts';

test('a process has what holds its connections back; one that sends nothing, and rows without a process, have null', () => {
  const model = modelOf(NOW, BEFORE);
  const pid = model.owners.find((row) => row.kind === 'process' && row.state === 'running')?.pid;
  assert.ok(pid);
  const rows = QUEUES.rows.map((row) =>
    row.socket.key === 'persist' ? { ...row, owners: [{ pid, name: 'x' }] } : row,
  );
  const line = createJsonLines({ connections: false })({ ...model, queues: { ...QUEUES, rows } });
  const parsed = JSON.parse(line);
  assertValid(parsed);
  const slow = new Map(parsed.processes.map((row: { pid: number; slow: unknown }) => [row.pid, row.slow]));
  const own = slow.get(pid) as { cause: string; windowLimitedShare: number };
  assert.deepEqual([own.cause, own.windowLimitedShare], ['peer-window', 1]);
  assert.ok([...slow].every(([other, why]) => other === pid || why === null));
});
