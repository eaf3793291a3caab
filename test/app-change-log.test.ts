// Tests: the log screen of a recording and of a service: what changed, and only up to the moment that is shown.
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { describeChanges } from '../src/app/changes.ts';
import { createChangeLog } from '../src/app/recording/change-log.ts';
import { modelOf } from './support/sample-builder.ts';
import { QUEUES } from './support/view-queues.ts';

const at = (seconds: number, state: string) =>
  modelOf({ meta: [{ realtimeMs: seconds * 1000 }], interfaces: [{ slot: 0, name: 'eth0', state, decoded: 1 }] });

test('what changes between refreshes is written down with their time, and forgotten when somebody goes back before it', () => {
  const log = createChangeLog();
  const lines = () =>
    log
      .last()
      .map(({ timeMs, text }) => `${timeMs / 1000} ${text.replace(/^eth0: (?:the device is )?(\w+).*$/, '$1')}`);
  log.add(at(1, 'capturing'));
  const first = ['1 capturing'];
  deepEqual(lines(), first);
  log.add(at(2, 'capturing'));
  deepEqual(lines(), first);
  log.add(at(3, 'gone'));
  deepEqual(lines(), [...first, '3 gone']);
  log.add(at(2, 'capturing'));
  deepEqual(lines(), first);
  log.add(at(3, 'gone'));
  deepEqual(lines(), [...first, '3 gone']);
});

test('more than five pile-ups at once are five and how many more', () => {
  const row = QUEUES.rows.find((each) => each.raised);
  if (row === undefined) throw new Error('a fixture has a pile-up');
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...row, socket: { ...row.socket, key: String(i) } }));
  const last = (count: number) =>
    describeChanges({ ...modelOf({}), queues: { ...QUEUES, rows: rows(count) } }, undefined).at(-1)?.text;
  deepEqual([last(6), last(8)], ['1 more queue piles up', '3 more queues pile up']);
});
