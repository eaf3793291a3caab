// Tests: the web page in a real Chromium: live figures, hostile names, keys, a service that comes back, widths, themes.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './e2e/places.ts';
import { GAP, gappedHistory } from './support/web-history.ts';
import { assertStill, barriers, PICTURES, skip, texts, withPage } from './support/web-page.ts';
import { startWebServer, TOKEN } from './support/web-server.ts';
import { HOSTILE, webHistory, webSnapshot } from './support/web-snapshots.ts';

test('figures change by themselves, nothing jumps, and the token leaves the address', {
  skip,
  timeout: 60_000,
}, async (t) => {
  await withPage(async (page, server) => {
    assert.equal(new URL(page.url()).hash, '');
    // The history ends where the first snapshot begins.
    await page.waitForFunction("document.querySelector('#chart canvas') !== null");
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
    const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
    t.diagnostic(`first paint after ${Math.round(Number(paint))} ms`);
    await assertStill(page);
    assert.deepEqual(await barriers(page), []);
  });
});

test('the history is summed by any key, and a click on a row of it leads back', { skip, timeout: 60_000 }, async () => {
  await withPage(async (page, server) => {
    await page.getByRole('button', { name: '24 h' }).click();
    await page.getByText('Bandwidth, history').waitFor();
    assert.match((await texts(page, '#legend button')).join(), /^backup,nginx$/);
    await page.screenshot({ path: join(PICTURES, 'history-light.png') });
    await page.locator('#by').selectOption('user');
    await page.locator('#legend-key', { hasText: 'User' }).waitFor();
    await page.locator('#legend button', { hasText: 'nginx' }).click();
    assert.equal(await page.locator('#filter').inputValue(), 'user:"nginx"');
    assert.equal(await page.locator('#ranges [value="0"]').getAttribute('aria-pressed'), 'true');
    assert.deepEqual(server.asked('by').slice(-2), ['program', 'user']);
  });
});

test('time that nobody counted is a band in the history chart and no zero', { skip, timeout: 60_000 }, async () => {
  await withPage(
    async (page) => {
      await page.getByRole('button', { name: '24 h' }).click();
      await page.getByText('Bandwidth, history').waitFor();
      const place = await page.locator('#chart .u-over').boundingBox();
      assert.ok(place !== null);
      /** Colours of the chart at a second of the hour, from the top down, as `r,g,b`. */
      const column = (second: number) => {
        const at = JSON.stringify({
          left: place.x + (place.width * second) / 3600,
          top: place.y,
          height: place.height,
        });
        return page.evaluate(`(() => {
          const [{ left, top, height }, canvas] = [${at}, document.querySelector('#chart canvas')];
          const { x, y } = canvas.getBoundingClientRect();
          const { data } = canvas.getContext('2d').getImageData(Math.round(left - x), Math.round(top - y), 1, Math.round(height));
          return Array.from({ length: data.length / 4 }, (_, i) => [...data.slice(4 * i, 4 * i + 4)].join());
        })()`) as Promise<readonly string[]>;
      };
      const colours = (await page.evaluate(
        `[...document.querySelectorAll('#legend .swatch')].map((one) => getComputedStyle(one).backgroundColor.replace(/^rgb\\(|\\)| /g, '') + ',255')`,
      )) as readonly string[];
      const [backup = '', nginx = ''] = colours;
      const [first, ...others] = await Promise.all([GAP[0] + 60, GAP[0] + 300, GAP[1] - 300, GAP[1] - 60].map(column));
      for (const one of [first, ...others]) assert.ok(!colours.some((colour) => one?.includes(colour)));
      const counted = await Promise.all([GAP[0] - 120, GAP[1] + 120].map(column));
      for (const one of counted) assert.ok(one.includes(backup) && one.includes(nginx), [...new Set(one)].join(' '));
      // Below the highest area as above it: the band has the whole height.
      assert.ok(first?.[2] !== counted[0]?.[2]);
      assert.equal(first?.[2], first?.at(-3));
      const sums = await texts(page, '#legend tr td:nth-child(2)');
      assert.deepEqual(sums.slice(0, 2), ['7.20 GB', '2.40 GB']);
      await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
      await page.locator('#legend-time', { hasText: /, not counted$/ }).waitFor();
      assert.deepEqual([...new Set(await texts(page, '#legend td:nth-child(n+2)'))], ['-']);
      await page.screenshot({ path: join(PICTURES, 'history-gap-light.png') });
    },
    { history: gappedHistory() },
  );
});

test('without the right token there is a field for it; a chosen theme stays', { skip, timeout: 60_000 }, async () => {
  await withPage(
    async (page) => {
      await page.getByText('The token in the address is used up or too old, or of another service.').waitFor();
      assert.equal(await page.locator('#status').textContent(), 'token refused');
      assert.equal(new URL(page.url()).hash, '');
      await page.getByLabel('Token').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('This token is not valid here').waitFor();
      await page.getByText('sudo cat /var/lib/nettrace/token').waitFor();
      await page.screenshot({ path: join(PICTURES, 'door-light.png') });
      assert.deepEqual(await barriers(page), []);
      await page.getByLabel('Token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.locator('#rows tr').first().waitFor();
      const back = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const light = await back();
      await page.getByRole('button', { name: 'theme: auto' }).click();
      await page.reload();
      await page.getByRole('button', { name: 'theme: dark' }).click();
      await page.getByRole('button', { name: 'theme: light' }).waitFor();
      assert.equal(await back(), light);
    },
    { token: 'of-yesterday' },
  );
});

test('a token that nobody could be asked for stays in the address, and the page says that nobody answers', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(
    async (page) => {
      await page.route('**/api/v1/session', (route) => route.abort('connectionrefused'));
      await page.goto(`${new URL(page.url()).origin}/?again#token=${TOKEN}`);
      await page.getByText('The service does not answer.').waitFor();
      assert.equal(new URL(page.url()).hash, `#token=${TOKEN}`);
      await page.getByLabel('Token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.getByText('The service does not answer.').waitFor();
      await page.unroute('**/api/v1/session');
      await page.reload();
      await page.locator('#rows tr').first().waitFor();
    },
    { token: 'of-yesterday' },
  );
});

test('nobody is told that nothing is lost while the header has drops', { skip, timeout: 60_000 }, async () => {
  await withPage(async (page, server) => {
    const quiet = (second: number, kernel: number) => ({
      ...webSnapshot(5, second),
      ...{ queues: { queues: [] }, drops: { kernel, interface: 0, table: 0 } },
    });
    server.send(quiet(1, 0));
    await page.getByText('Nothing piles up, nothing is lost.').waitFor();
    server.send(quiet(2, 2959));
    await page.locator('#facts', { hasText: 'drops 2959' }).waitFor();
    assert.equal(await page.locator('#alert').textContent(), 'Nothing piles up.');
  });
});

test('names that are markup, scripts or control characters are shown as text', { skip, timeout: 60_000 }, async () => {
  await withPage(async (page, server) => {
    server.send(webSnapshot(60, 1, HOSTILE));
    await page.getByRole('gridcell', { name: HOSTILE[0] ?? '' }).waitFor();
    const programs = await texts(page, '#rows .c-program');
    for (const name of HOSTILE) assert.ok(programs.includes(name), JSON.stringify(name));
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.equal(await page.evaluate(() => 'owned' in globalThis), false);
  });
});

test('sorting, the filter and the side panel need no mouse', { skip, timeout: 60_000 }, async () => {
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

test('a service that was away is found again, and the page says so meanwhile', { skip, timeout: 60_000 }, async () => {
  await withPage(async (page, server) => {
    await server.close();
    await page.locator('#status[data-state=lost]').waitFor();
    assert.match((await page.locator('#alert').textContent()) ?? '', /^No figures for \d+ s: nettrace does not answer/);
    assert.equal(await page.locator('#page[data-stale]').count(), 1);
    const again = await startWebServer(ROOT, webHistory(), server.port);
    try {
      again.send(webSnapshot(7, 60));
      await page.locator('#status[data-state=live]').waitFor();
      await page.locator('#count-processes', { hasText: /^7$/ }).waitFor();
      assert.equal(await page.locator('#page[data-stale]').count(), 0);
    } finally {
      await again.close();
    }
  });
});

/** Text that gets longer and shorter, and budgets that nobody could know of before. */
function restless(second: number): Record<string, unknown> {
  const snapshot = webSnapshot(60, second);
  const factor = [1, 1e-3, 0.02, 60][second % 4] ?? 1;
  const total = snapshot['total'] as Record<'sentRate' | 'receivedRate', number>;
  const budget = {
    name: 'backup',
    by: 'program',
    match: 'rsync',
    direction: 'sent',
    usedBytes: 5e10,
    limitBytes: 1e11,
  };
  return {
    ...snapshot,
    total: { ...total, sentRate: total.sentRate * factor, receivedRate: total.receivedRate / factor },
    service: { gaps: [], budgets: [{ ...budget, share: 0.5, state: 'ok', per: 'month', forSeconds: null }] },
  };
}

for (const [what, width, height] of [
  ['phone', 360, 740],
  ['desk', 1440, 900],
] as const) {
  test(`on a ${what} the page scrolls in one direction only, and nothing moves from its first paint on`, {
    skip,
    timeout: 60_000,
  }, async () => {
    await withPage(
      async (page, server) => {
        for (let second = 1; second <= 8; second++) {
          server.send(restless(second));
          await page.waitForTimeout(120);
        }
        await assertStill(page);
        const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
        assert.ok(over <= 0, `${over} pixels too wide`);
        assert.deepEqual(await barriers(page), []);
        await page.screenshot({ path: join(PICTURES, `${what}-dark.png`) });
        await page.screenshot({ path: join(PICTURES, `${what}-dark-full.png`), fullPage: true });
      },
      { width, height, colorScheme: 'dark', prepare: (server) => setTimeout(() => server.send(restless(0)), 800) },
    );
  });
}

test('of five hundred processes only those in sight are drawn', { skip, timeout: 60_000 }, async (t) => {
  await withPage(
    async (page, server) => {
      const tools = await page.context().newCDPSession(page);
      // The thread's own time: a busy machine does not change it much.
      await tools.send('Performance.enable', { timeDomain: 'threadTicks' });
      const spent = async () =>
        (await tools.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
      // Waits inside the page: a locator would look again and again, on the thread that is measured.
      const refresh = async (second: number) => {
        server.send(webSnapshot(500 + second, second));
        await page.evaluate(`new Promise((resolve) => {
          const count = document.getElementById('count-processes');
          const look = () => count.textContent === '${500 + second}' && requestAnimationFrame(resolve);
          new MutationObserver(look).observe(count, { childList: true, characterData: true, subtree: true });
          look();
        })`);
      };
      for (let second = 1; second <= 5; second++) await refresh(second);
      const before = await spent();
      for (let second = 6; second <= 25; second++) await refresh(second);
      t.diagnostic(
        `a refresh of 500 processes takes ${(((await spent()) - before) * 50).toFixed(1)} ms of the page's thread`,
      );
      assert.ok((await page.locator('#rows tr').count()) < 60, 'rows out of sight have elements');
      await assertStill(page);
      assert.deepEqual(await barriers(page), []);
      await page.screenshot({ path: join(PICTURES, 'live-dark.png') });
    },
    { colorScheme: 'dark' },
  );
});
