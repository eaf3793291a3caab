// Owns: the page in a real Chromium for tests: a server with a token, complaints of the browser, barriers, layout shifts.
// Knows nothing of: what a test looks for.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT } from '../e2e/places.ts';
import { startWebServer, TOKEN, type WebServer } from './web-server.ts';
import { webHistory, webSnapshot } from './web-snapshots.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Why the page cannot be tested here. */
export const skip = existsSync(CHROMIUM) ? false : 'needs the program chromium';
export const PICTURES = join(ROOT, 'build/screenshots');

// One browser for all tests: its start costs more than most of them.
let started: Promise<Browser> | undefined;
after(async () => (await started)?.close());
const browse = () => {
  started ??= chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  return started;
};

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly token?: string;
  /** Its times of day are this zone's. */
  readonly timezoneId?: string;
  /** What every question to the history is answered. */
  readonly history?: unknown;
  /** Before the page is opened; without it there is a snapshot of 60 processes. */
  readonly prepare?: (server: WebServer) => void;
}

/** The page with a server; fails on every error and refusal that the browser tells of, but the ones of a lost server. */
export async function withPage(
  use: (page: Page, server: WebServer) => Promise<void>,
  {
    width = 1440,
    height = 1000,
    colorScheme = 'light',
    token = TOKEN,
    history = webHistory(),
    prepare,
    timezoneId = 'UTC',
  }: View = {},
): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const server = await startWebServer(ROOT, history);
  const context = await (await browse()).newContext({
    viewport: { width, height },
    colorScheme,
    timezoneId,
    locale: 'en-US',
  });
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      const isExpected =
        /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|status of 401/.test(
          message.text(),
        );
      if (message.type() === 'error' && !isExpected) complaints.push(message.text());
    });
    await page.addInitScript(`
      globalThis.shifts = [];
      new PerformanceObserver((list) => shifts.push(...list.getEntries().filter((one) => !one.hadRecentInput).map((one) => one.value)))
        .observe({ type: 'layout-shift', buffered: true });
    `);
    if (prepare === undefined) server.send(webSnapshot(60, 0));
    else prepare(server);
    await page.goto(`http://127.0.0.1:${server.port}/#token=${token}`);
    if (token === TOKEN) await page.locator('#rows tr').first().waitFor();
    await use(page, server);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    await server.close();
  }
}

/** What axe-core finds wrong for people who use a keyboard or a screen reader, as `rule: element`. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8'));
  return (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html)))`,
  )) as string[];
}

/** A label may grow by a digit (0.0003 in all); a part that moves another counts 0.01 and more. */
export async function assertStill(page: Page): Promise<void> {
  const shifts = (await page.evaluate('shifts')) as readonly number[];
  const sum = shifts.reduce((all, one) => all + one, 0);
  assert.ok(sum < 0.005, `the layout shifted by ${shifts.join(' + ')}`);
}

/** Of every element that the selector finds. */
export const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();
