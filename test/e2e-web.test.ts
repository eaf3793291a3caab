// Tests: the web page in a real Chromium: live figures, hostile names, keys, a service that comes back, widths, themes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT } from './e2e/places.ts';
import { startWebServer, TOKEN, type WebServer } from './support/web-server.ts';
import { HOSTILE, webHistory, webSnapshot } from './support/web-snapshots.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : 'needs the program chromium';
const PICTURES = join(ROOT, 'build/screenshots');

/** The page with a server; fails on every error and refusal that the browser tells of, but the ones of a lost server. */
async function withPage(
  use: (page: Page, server: WebServer, browser: Browser) => Promise<void>,
  { width = 1440, height = 1000, colorScheme = 'light' as 'light' | 'dark' } = {},
): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const server = await startWebServer(ROOT, webHistory());
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      const isLostServer = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(
        message.text(),
      );
      if (message.type() === 'error' && !isLostServer) complaints.push(message.text());
    });
    server.send(webSnapshot(60, 0));
    await page.goto(`http://127.0.0.1:${server.port}/#token=${TOKEN}`);
    await page.locator('#rows tr').first().waitFor();
    await use(page, server, browser);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    await server.close();
  }
}

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

test('figures change by themselves, and the token leaves the address', { skip, timeout: 30_000 }, async () => {
  await withPage(async (page, server) => {
    assert.equal(new URL(page.url()).hash, '');
    const before = await page.locator('#total-sent').textContent();
    for (let second = 1; second <= 600; second++) server.send(webSnapshot(60, second));
    await page
      .locator('#total-sent')
      .filter({ hasNotText: before ?? '' })
      .waitFor();
    assert.match(
      (await page.locator('#alert').textContent()) ?? '',
      /^redis-server\/1003 Send-Q 1\.80 MB for 14 s to 10\.0\.0\.31:51022/,
    );
    assert.equal((await texts(page, '#legend tr')).length, 9);
    await page.screenshot({ path: join(PICTURES, 'live-light.png') });
    await page.getByRole('button', { name: '24 h' }).click();
    await page.getByText('Bandwidth, history').waitFor();
    assert.match((await texts(page, '#legend button')).join(), /backup,nginx,other/);
    await page.screenshot({ path: join(PICTURES, 'history-light.png') });
  });
});

test('names that are markup, scripts or control characters are shown as text', { skip, timeout: 30_000 }, async () => {
  await withPage(async (page, server) => {
    server.send(webSnapshot(60, 1, HOSTILE));
    await page.getByRole('gridcell', { name: HOSTILE[0] ?? '' }).waitFor();
    const programs = await texts(page, '#rows .c-program');
    for (const name of HOSTILE) assert.ok(programs.includes(name), JSON.stringify(name));
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.equal(await page.evaluate(() => 'owned' in globalThis), false);
  });
});

test('sorting, the filter and the side panel need no mouse', { skip, timeout: 30_000 }, async () => {
  await withPage(async (page) => {
    await page.keyboard.press('/');
    await page.keyboard.type('user:root tx>1M');
    assert.match((await page.locator('#count-processes').textContent()) ?? '', /^\d+ of 60$/);
    assert.deepEqual([...new Set(await texts(page, '#rows .c-user'))], ['root']);
    await page.getByRole('button', { name: 'PID' }).focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#head th[aria-sort]').getAttribute('aria-sort'), 'ascending');
    await page.locator('#table').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#panel-title').textContent(), 'nginx');
    assert.match((await page.locator('#panel-body').textContent()) ?? '', /1000 \(parent 1\).*10\.0\.0\.31:443/);
    await page.screenshot({ path: join(PICTURES, 'panel-light.png') });
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#panel').isVisible(), false);
  });
});

test('a service that was away is found again, and the page says so meanwhile', { skip, timeout: 30_000 }, async () => {
  await withPage(async (page, server) => {
    await server.close();
    await page.locator('#status[data-state=lost]').waitFor();
    const again = await startWebServer(ROOT, webHistory(), server.port);
    try {
      again.send(webSnapshot(7, 60));
      await page.locator('#status[data-state=live]').waitFor();
      await page.locator('#count-processes', { hasText: /^7$/ }).waitFor();
    } finally {
      await again.close();
    }
  });
});

test('a phone scrolls in one direction only, in the dark theme too', { skip, timeout: 30_000 }, async () => {
  await withPage(
    async (page) => {
      const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
      assert.ok(over <= 0, `${over} pixels too wide`);
      await page.screenshot({ path: join(PICTURES, 'phone-dark.png') });
    },
    { width: 360, height: 740, colorScheme: 'dark' },
  );
});

test('five hundred processes cost a refresh less than a tenth of a second', { skip, timeout: 30_000 }, async () => {
  await withPage(
    async (page, server) => {
      await page.evaluate(`
        globalThis.seen = [];
        new PerformanceObserver((list) => seen.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });
      `);
      for (let second = 1; second <= 5; second++) {
        const count = 500 + second;
        server.send(webSnapshot(count, second));
        await page.locator('#count-processes', { hasText: new RegExp(`^${count}$`) }).waitFor();
      }
      assert.ok((await page.locator('#rows tr').count()) < 60, 'rows out of sight have elements');
      const longest = Number(await page.evaluate('Math.max(0, ...seen)'));
      // A task of less than 50 ms is not told of.
      assert.ok(longest < 100, `a task of ${longest} ms`);
      await page.screenshot({ path: join(PICTURES, 'live-dark.png') });
    },
    { colorScheme: 'dark' },
  );
});
