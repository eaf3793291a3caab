// Tests: budgets and limits of the history in the configuration, nettrace budgets, and webhooks that fail in every way.
import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readBudgetFile, writeBudgetFile } from '../src/app/budgets/file.ts';
import { readBudgetSettings } from '../src/app/budgets/settings.ts';
import { createWebhooks, sendWebhook } from '../src/app/budgets/webhook.ts';
import { parseConfig } from '../src/app/config/config.ts';
import { readHistorySettings } from '../src/app/history/settings.ts';
import type { PushAnswer } from '../src/app/push/push.ts';
import { parseBytes, parseRate, parseSpan } from '../src/base/quantity.ts';
import { DEFAULT_LIMITS } from '../src/store/history-tables.ts';
import { PACKAGE_ROOT } from './support/sample-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'nt-budgets-'));
after(() => rmSync(folder, { recursive: true }));
const MAIN = fileURLToPath(new URL('build/t/src/cli/main.js', PACKAGE_ROOT));
const nettrace = (...words: string[]) => spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
const tables = async (text: string) => (await parseConfig(text, 'c.toml')).service;

test('amounts are read as people write them, and what is none is refused', () => {
  deepEqual(['50 GB', '50GB', '1.5 GiB', '10k', 7, '8 B'].map(parseBytes), [50e9, 50e9, 1.5 * 1024 ** 3, 10_000, 7, 8]);
  deepEqual(['10 MB/s', '80 Mbit/s', '1 KiB/s'].map(parseRate), [10e6, 10e6, 1024]);
  deepEqual(['30 s', '5 min', '2h', '60 days', '1 Day', 9].map(parseSpan), [30, 300, 7200, 60 * 86_400, 86_400, 9]);
  for (const odd of ['', '0', '-1 GB', '1 iB', '1 XB', '1e3', '1 GB/s', {}, 0, Number.NaN, Number.POSITIVE_INFINITY]) {
    equal(parseBytes(odd), undefined, String(odd));
  }
  for (const odd of ['10 MB', '0 MB/s', '10', 10, null]) equal(parseRate(odd), undefined, String(odd));
  for (const odd of ['5', '5 minutos', '0 s', 's', '1 y', true]) equal(parseSpan(odd), undefined, String(odd));
});

describe('[[budget]]', () => {
  const START = 'name = "b"\nby = "user"\nmatch = "www*"\n';
  const refused: readonly (readonly [string, string])[] = [
    ['[budget]\nname = "x"', 'budgets are written as [[budget]], with two brackets, once for each'],
    ['[[budget]]', '[[budget]] number 1 needs name: it must be text'],
    ['[[budget]]\nname = "b"\nby = "host"', '[[budget]] "b" by: must be program, user, unit, container or interface'],
    [`[[budget]]\n${START}`, '[[budget]] "b" needs either bytes with per ("50 GB" per "month") or rate with for'],
    [
      `[[budget]]\n${START}bytes = "many"\nper = "day"`,
      '[[budget]] "b" bytes: must be a size such as "50 GB" or "20 GiB"',
    ],
    [`[[budget]]\n${START}bytes = "1 GB"`, '[[budget]] "b" needs per = "hour", "day" or "month" beside bytes'],
    [`[[budget]]\n${START}bytes = "1 GB"\nper = "week"`, '[[budget]] "b" per: must be hour, day or month'],
    [`[[budget]]\n${START}rate = "1 MB/s"`, '[[budget]] "b" needs for = "5 min" or another time beside rate'],
    [`[[budget]]\n${START}rate = "1 MB/s"\nfor = "2 days"`, '[[budget]] "b" for: must be from 5 seconds to 1 day'],
    [`[[budget]]\n${START}rate = "1 MB/s"\nfor = "1 h"\nper = "day"`, '[[budget]] "b" has per, which belongs to bytes'],
    [
      `[[budget]]\n${START}bytes = "1 GB"\nper = "day"\nmonth-start = 3`,
      '[[budget]] "b" has month-start, which needs per',
    ],
    [
      `[[budget]]\n${START}bytes = 1\nper = "month"\nmonth-start = 31`,
      '[[budget]] "b" month-start: must be a whole number from 1 to 28',
    ],
    [
      `[[budget]]\n${START}bytes = 1\nper = "day"\nwarn = 120`,
      '[[budget]] "b" warn: must be a number of percent from 1 to 100',
    ],
    [
      `[[budget]]\n${START}bytes = 1\nper = "day"\nwebhook = "file:///x"`,
      '[[budget]] "b" webhook: must be an http:// or https:// address',
    ],
    [
      `[[budget]]\n${START}bytes = 1\nper = "day"\nwarning = 3`,
      '[[budget]] "b" has a key "warning" that is no setting',
    ],
    ['[[budget]]\nname = "\\u0007"', '[[budget]] "\\x07" name: must have no control characters'],
    [
      `[[budget]]\n${START}bytes = 1\nper = "day"\n[[budget]]\n${START}bytes = 2\nper = "hour"`,
      '[[budget]] "b" has the name of another one: give each its own',
    ],
  ];
  for (const [text, sentence] of refused) {
    test(`${JSON.stringify(text.slice(-50))} is refused in one sentence`, async () => {
      const { budget } = (await tables(text)) ?? {};
      throws(
        () => readBudgetSettings(budget),
        (error: Error) => {
          equal(error.message.slice(0, sentence.length), sentence);
          return error.name === 'UserError';
        },
      );
    });
  }
  test('is read with its defaults; a password in the webhook becomes a header; [[budgets]] is answered with budget', async () => {
    const text = `[[budget]]\n${START}rate = "80 Mbit/s"\nfor = "1 min"\nwebhook = "https://me:x%40y@h.example/p"`;
    deepEqual(readBudgetSettings((await tables(text))?.budget), [
      {
        budget: {
          ...{ name: 'b', by: 'user', match: 'www*', direction: 'both', limitBytes: 600e6, warn: 0.8 },
          span: { kind: 'window', seconds: 60 },
        },
        webhook: {
          url: 'https://h.example/p',
          authorization: `Basic ${Buffer.from('me:x@y').toString('base64')}`,
        },
      },
    ]);
    const { warnings } = await parseConfig('[[budgets]]\nname = "x"', 'c.toml');
    deepEqual(warnings, ['c.toml:1: unknown key "budgets" is ignored; did you mean "budget"?']);
  });
});

test('nettrace history without a file says who writes one', () => {
  const { status, stderr } = nettrace('history', '--file', join(folder, 'none.db'));
  equal(status, 1);
  match(
    stderr,
    /none\.db: there is no such file or folder; "nettrace serve" writes one, unless it has --no-history\n$/,
  );
});

test('[history] sets how long and how much is kept; tiers that could not take over from each other are refused', async () => {
  const read = async (text: string) => readHistorySettings((await tables(`[history]\n${text}`))?.history);
  deepEqual(await read('keep-minutes = "14 days"\nmax-size = "2 GiB"\nremotes = false'), {
    limits: { keepSeconds: [3600, 14 * 86_400, 60 * 86_400, 5 * 365 * 86_400], mostBytes: 2 * 1024 ** 3 },
    remotes: false,
  });
  deepEqual(readHistorySettings(undefined), { limits: DEFAULT_LIMITS, remotes: true });
  for (const [text, sentence] of [
    ['keep-hours = "1 h"', /^\[history\] keep-hours: must be a time from "2 days" to "3660 days"$/],
    ['keep-minutes = "100 days"', /^\[history\] keep-hours: must not be shorter than keep-minutes: /],
    ['max-size = "1 MB"', /^\[history\] max-size: must be a size from "16 MiB" to "1 TiB"$/],
    ['remotes = "no"', /^\[history\] remotes: must be true or false$/],
    ['keep-weeks = 3', /^\[history\] keep-weeks: is no setting$/],
  ] as const) {
    let message = '';
    await read(text).catch((error: Error) => {
      message = error.message;
    });
    match(message, sentence);
  }
  const config = join(folder, 'history.toml');
  writeFileSync(config, '[history]\nkeep-minutes = "3 days"\nmax-size = "64 MiB"\n', { mode: 0o600 });
  const { stdout } = nettrace('serve', '--check', '--config', config, '--state-dir', folder);
  match(
    stdout,
    /\nhistory .*\n {2}keeps {6}ten seconds 1 h, minute 3 d, hour 60 d, day 1825 d; at most 64 MiB\nattach /,
  );
});

describe('nettrace budgets', () => {
  const now = Date.now();
  const span = { kind: 'window', seconds: 60 } as const;
  const budget = { name: 'b', by: 'program', match: 'x', direction: 'sent', limitBytes: 600, warn: 0.8, span } as const;
  const save = (bytes: number, savedMs: number) =>
    writeBudgetFile(folder, {
      savedMs,
      records: [{ budget, state: 'ok', sinceMs: savedMs, window: { slots: [bytes], slot: 0 } }],
    });
  const file = join(folder, 'budgets.json');

  test('shows what the service has saved as bars or JSON, and ends with 4 where a budget is exceeded', async () => {
    await save(700, now);
    const { stdout, status } = nettrace('budgets', '--file', file);
    match(
      stdout,
      /^BUDGET {2}STATE .*\nb {7}exceeded {2}117 % {2}\S{24} {2}12 B\/s of 10 B\/s over 1 min {2}program x, sent\n$/,
    );
    equal(status, 4);
    const json = nettrace('budgets', '--json', '--file', file);
    equal(json.status, 4);
    const { budgets } = JSON.parse(json.stdout) as { budgets: readonly Readonly<Record<string, unknown>>[] };
    deepEqual([budgets[0]?.['usedBytes'], budgets[0]?.['state'], budgets[0]?.['rate']], [700, 'exceeded', 10]);
  });
  test('knows that a time is over of which no service has told, and says how old the file is', async () => {
    await save(700, now - 3_600_000);
    const { stdout, status } = nettrace('budgets', '--file', file);
    match(stdout, /\nb {7}ok .* 0 % /);
    match(stdout, /\nAs of \S+Z: no service has written since then\.\n$/);
    equal(status, 0);
  });
  test('no file, another file and wrong words are one sentence each', async () => {
    match(
      nettrace('budgets', '--file', join(folder, 'none')).stderr,
      /^nettrace: the budgets \S+: there is no such file; "nettrace serve" makes it where .*\n$/,
    );
    writeFileSync(join(folder, 'odd'), '{"version":1,"savedMs":"x"}');
    match(
      nettrace('budgets', '--file', join(folder, 'odd')).stderr,
      /^nettrace: the budgets \S+: it is not the state of budgets\n$/,
    );
    const wrong = nettrace('budgets', 'all');
    equal(wrong.status, 1);
    match(wrong.stderr, /see "nettrace budgets --help"\n$/);
    equal(readBudgetFile(file).records.length, 1);
  });
});

describe('webhooks', () => {
  const hook = { url: 'http://h.example/', authorization: undefined };
  /** Answers in turn, then 204; what is sent, the pauses, what is said. */
  function receiver(answers: readonly (PushAnswer | Error)[]) {
    const [sent, pauses, said]: [string[], number[], string[]] = [[], [], []];
    const hooks = createWebhooks({
      async send(_, body) {
        sent.push(body);
        const answer = answers[sent.length - 1] ?? { status: 204, retryAfter: null };
        if (answer instanceof Error) throw answer;
        return answer;
      },
      // Waiting for the end of the queue takes a turn of the loop longer than any pause.
      clock: {
        now: () => 0,
        sleep: (ms) => (ms === 9999 ? new Promise(() => {}) : Promise.resolve(void pauses.push(ms))),
      },
      wallClock: () => 0,
      random: () => 1,
      say: (text) => said.push(text),
    });
    return { hooks, sent, pauses, said, done: () => hooks.stop(9999) };
  }
  const status = (code: number, retryAfter: string | null = null): PushAnswer => ({ status: code, retryAfter });

  test('an answer that may change is asked for again after longer and longer pauses, six times at most', async () => {
    const down = receiver([new Error('no route'), status(503), status(429, '30'), status(204)]);
    down.hooks.add(hook, 'b', 'one');
    await down.done();
    deepEqual([down.sent.length, down.pauses, down.said], [4, [1000, 2000, 30_000], []]);
    const dead = receiver(Array.from({ length: 9 }, () => status(500)));
    dead.hooks.add(hook, 'b', 'one');
    await dead.done();
    deepEqual(dead.pauses, [1000, 2000, 4000, 8000, 16_000]);
    deepEqual(dead.said, ['the webhook of budget "b" was not told: it answered 500']);
  });
  test('a refusal and a redirect are final', async () => {
    const rude = receiver([status(404), status(302)]);
    rude.hooks.add(hook, 'a', 'one');
    rude.hooks.add(hook, 'b', 'two');
    await rude.done();
    deepEqual(rude.sent, ['one', 'two']);
    deepEqual(rude.said, [
      'the webhook of budget "a" was not told: it answered 404',
      'the webhook of budget "b" was not told: it answered 302, and redirects are not followed',
    ]);
  });
  test('the queue is bounded: the oldest messages make room and that is said', async () => {
    const slow = receiver([]);
    for (let n = 0; n < 60; n++) slow.hooks.add(hook, `b${n}`, String(n));
    await slow.done();
    deepEqual([slow.sent.length, slow.said.length], [51, 9]);
    deepEqual([slow.sent[0], slow.sent[1], slow.sent.at(-1)], ['0', '10', '59']);
  });
  test('what is really sent is JSON with the header, and a redirect leads nowhere', async () => {
    const seen: string[] = [];
    const server = createServer((request, response: ServerResponse) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push(
          `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']} ${body}`,
        );
        response.writeHead(307, { location: '/elsewhere' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
    const answer = await sendWebhook({ url, authorization: 'Basic eA==' }, '{"a":1}', new AbortController().signal);
    server.close();
    deepEqual(seen, ['POST /in Basic eA== application/json; charset=utf-8 {"a":1}']);
    equal(answer.status, 307);
  });
});
