// Tests: what the service told, on the page: old news raises no alert, fresh warnings do until they are dismissed or resolved.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './e2e/places.ts';
import { barriers, PICTURES, skip, texts, withPage } from './support/web-page.ts';
import { startWebServer } from './support/web-server.ts';
import { timeOf, webHistory, webSnapshot } from './support/web-snapshots.ts';

const event = (id: number, second: number, level: string, text: string, more: object = {}) => ({
  ...{ id, time: timeOf(second), kind: 'log', level, text },
  ...more,
});
/** Without a queue that piles up, so that nothing else is in the line. */
const quiet = (second: number) => ({ ...webSnapshot(20, second), queues: { queues: [] } });

test('a new tab raises no alert about what is over: it is in the log, and unseen until that is opened', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(
    async (page) => {
      await page.locator('#log-count', { hasText: '!1' }).waitFor();
      assert.equal(await page.locator('#alert').textContent(), 'Nothing piles up, nothing is lost.');
      await page.getByRole('button', { name: 'Log, 1 unseen' }).focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(await texts(page, '#log-rows td:nth-child(3)'), ['all is well again', 'the disk was full']);
      assert.deepEqual(await texts(page, '#log-rows td:nth-child(2)'), ['info', 'warning']);
      // Of 24 hours, as on the axis of the chart, whatever the language of the browser.
      assert.match((await texts(page, '#log-rows td:nth-child(1)'))[1] ?? '', /22:00:00$/);
      assert.deepEqual(await barriers(page), []);
      await page.screenshot({ path: join(PICTURES, 'log-light.png') });
      await page.keyboard.press('Escape');
      assert.equal(await page.locator('#log').isVisible(), false);
      assert.equal(await page.locator('#log-count').textContent(), '');
      await page.reload();
      await page.locator('#rows tr').first().waitFor();
      assert.equal(await page.locator('#log-count').textContent(), '');
    },
    {
      prepare(server) {
        server.tell(event(1, -7200, 'warn', 'the disk was full'));
        server.tell(event(2, -7100, 'info', 'all is well again'));
        server.send(quiet(0));
      },
    },
  );
});

test('a fresh warning is in the line and read out until it is dismissed, or over', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(
    async (page, server) => {
      server.tell(event(10, 0, 'warn', 'budget "backup" is exceeded', { budget: { name: 'backup' } }));
      await page.locator('#alert', { hasText: 'budget "backup" is exceeded' }).waitFor();
      assert.equal(await page.locator('#news[aria-live=polite]').textContent(), 'budget "backup" is exceeded');
      assert.deepEqual(await barriers(page), []);
      await page.getByRole('button', { name: 'dismiss' }).click();
      await page.locator('#alert', { hasText: 'Nothing piles up' }).waitFor();
      assert.equal(await page.locator('#dismiss').isVisible(), false);
      assert.equal(await page.locator('#log-count').textContent(), '!1');

      server.tell(event(11, 1, 'warn', 'budget "web" is nearly used up', { budget: { name: 'web' } }));
      await page.locator('#alert', { hasText: 'budget "web"' }).waitFor();
      server.tell(event(12, 2, 'info', 'budget "web" is kept again', { budget: { name: 'web' } }));
      await page.locator('#alert', { hasText: 'Nothing piles up' }).waitFor();

      server.tell(event(13, 3, 'error', 'totals cannot be saved'));
      await page.locator('#alert', { hasText: 'totals' }).click();
      assert.equal(await page.locator('#log-rows tr').count(), 4);
      await page.getByRole('button', { name: 'Close (Esc)' }).click();
      await page.locator('#alert', { hasText: 'Nothing piles up' }).waitFor();
    },
    { prepare: (server) => server.send(quiet(0)) },
  );
});

test('after a line that broke only what was missed is asked for, and news of long ago is no alert', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(
    async (page, server) => {
      server.tell(event(21, 0, 'info', 'first'));
      server.send({ ...webSnapshot(21, 1), queues: { queues: [] } });
      // What came before on the same stream has come, too.
      await page.locator('#count-processes', { hasText: /^21$/ }).waitFor();
      await server.close();
      const again = await startWebServer(ROOT, webHistory(), server.port);
      try {
        again.tell(event(21, 0, 'info', 'first'));
        again.tell(event(22, 10, 'warn', 'while nobody looked'));
        again.send(quiet(600));
        await page.locator('#status[data-state=live]').waitFor();
        await page.locator('#log-count', { hasText: '!1' }).waitFor();
        again.send(quiet(601));
        assert.deepEqual(again.resumed(), ['21']);
        assert.equal(await page.locator('#alert').textContent(), 'Nothing piles up, nothing is lost.');
      } finally {
        await again.close();
      }
    },
    { prepare: (server) => server.send(quiet(0)) },
  );
});
