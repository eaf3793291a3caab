// Tests: what a program is called on the page is what it is called in the history.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonRow } from '../src/export/json-row.ts';
import { OWNER_FIELDS } from '../src/model/fields.ts';
import type { Model, OwnerRow } from '../src/model/model.ts';
import { createHistoryAccount } from '../src/store/history-account.ts';
import { fixtureModel, processRow, reasonRow } from './support/view-model.ts';
import { webModule } from './support/web-module.ts';

const { programOf, programKey } = await webModule<{
  programOf(row: unknown): string;
  programKey(key: string): string;
}>('program.js');

/** A program as it calls itself, its file, the arguments that are known, and what it is called. */
const PROGRAMS: readonly (readonly [program: string, file: string, commandLine: string, called: string])[] = [
  ['/usr/sbin/sshd: /x/y', '/usr/sbin/sshd', '', 'sshd'],
  ['/usr/bin/python3', '/usr/bin/python3.11', '/usr/bin/python3 -m http.server', 'python3'],
  ['python3', '/usr/bin/python3.11', '', 'python3'],
  ['nginx: worker process', '/usr/sbin/nginx', '', 'nginx'],
  ['postgres: walsender 10.0.0.9/32', '/usr/lib/postgresql/15/bin/postgres', 'postgres: walsender', 'postgres'],
  ['[kworker/0:1]', '', '', '[kworker/0'],
  ['./bin/tool', '/srv/bin/tool', './bin/tool -x', 'tool'],
  ['./bin/tool', '/srv/bin/tool', '', 'tool'],
  ['/opt/My Program/run it', '/opt/My Program/run it', '/opt/My Program/run it -x', 'run'],
];

test('a row has the key of the history, whatever of its command line is known', () => {
  const rows = PROGRAMS.map(([program, executable, commandLine], i) =>
    processRow(i + 1, 100 + i, 'root', program, [0, 0, 1e6 + i, 1e6], { program, executable, commandLine }),
  );
  const all = [...rows, reasonRow(99, 'no-socket', 'closed-port', 'closed ports', [0, 0, 5e6, 5e6])];
  assert.deepEqual(
    all.map((row) => programOf(jsonRow(OWNER_FIELDS, row))),
    all.map((row) => programKey(keyInHistory(row))),
  );
  assert.deepEqual(
    rows.map((row) => programOf(jsonRow(OWNER_FIELDS, row))),
    PROGRAMS.map(([, , , called]) => called),
  );
});

function keyInHistory(row: OwnerRow): string {
  const account = createHistoryAccount({ remotes: false, baseline: [] });
  const model: Model = { ...fixtureModel(), owners: [row] };
  account.add(model);
  return account.take()[0]?.owner.program ?? '';
}
