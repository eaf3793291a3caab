// Tests: the history on the page: what its figures are of, where clicks lead, short and empty ranges.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barriers, PICTURES, skip, texts, withPage } from './support/web-page.ts';
import { webHistory, webSnapshot } from './support/web-snapshots.ts';

/** Three minutes at a constant rate, in buckets of 10 s. */
function threeMinutes() {
  const start = Date.UTC(2026, 10, 25, 11, 50) / 1000;
  const times = Array.from({ length: 18 }, (_, i) => start + 10 * i);
  const points = times.map(() => [3.5e7, 1e6]);
  const [since, until] = [start, start + 180].map((time) => new Date(time * 1000).toISOString());
  return { ...{ since, until, step: 10, times, gaps: [] }, series: [{ key: 'backup', kind: 'process', points }] };
}

test('the figures beside the title are of the range, and say so', { skip, timeout: 60_000 }, async () => {
  await withPage(
    async (page, server) => {
      await page.evaluate(`{
        globalThis.drawn = [];
        const { fillText } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...at) { drawn.push(text); return fillText.call(this, text, ...at); };
      }`);
      await page.getByRole('button', { name: '1 h' }).click();
      await page.getByText('Bandwidth, history').waitFor();
      server.send(webSnapshot(60, 1));
      await page.locator('#count-processes').waitFor();
      assert.deepEqual(await texts(page, '.now'), ['630 MB sent, peak 3.50 MB/s', '18.0 MB received, peak 100 kB/s']);
      assert.deepEqual(await texts(page, '#legend tr td:nth-child(2)'), ['630 MB']);
      const clocks = ((await page.evaluate('drawn')) as readonly string[]).filter((text) => /^\d+:\d+/.test(text));
      assert.equal(new Set(clocks).size, clocks.length, clocks.join(' '));
      assert.ok(clocks.length > 3 && clocks.every((text) => /^\d\d:\d\d:\d\d$/.test(text)), clocks.join(' '));
      await page.screenshot({ path: join(PICTURES, 'history-short-light.png') });
      await page.getByRole('button', { name: 'live' }).click();
      assert.match((await texts(page, '.now')).join(), /^[\d.]+ MB\/s sent,[\d.]+ MB\/s received$/);
    },
    { history: threeMinutes() },
  );
});

test('a range in which nothing was counted says so, and has no row', { skip, timeout: 60_000 }, async () => {
  const empty = { ...webHistory(), series: [] };
  await withPage(
    async (page) => {
      await page.getByRole('button', { name: '24 h' }).click();
      await page.getByText('nothing was counted in this time').waitFor();
      assert.equal(await page.locator('#legend tr').count(), 0);
      assert.deepEqual(await texts(page, '.now'), ['0 sent, peak 0', '0 received, peak 0']);
      assert.deepEqual(await barriers(page), []);
      await page.screenshot({ path: join(PICTURES, 'history-empty-light.png') });
      await page.getByRole('button', { name: 'live' }).click();
      assert.equal(await page.locator('#chart-note').textContent(), '');
    },
    { history: empty },
  );
});

test('a click anywhere in a row of the history leads to the program, whatever its file is called', {
  skip,
  timeout: 60_000,
}, async () => {
  const [nginx] = webHistory().series.slice(-1);
  const history = {
    ...webHistory(),
    series: [
      { ...nginx, key: 'python3' },
      { ...nginx, key: 'gone' },
    ],
  };
  await withPage(
    async (page, server) => {
      const snapshot = webSnapshot(3, 1);
      const [one, ...others] = snapshot['processes'] as readonly object[];
      const titled = {
        ...one,
        name: 'python3.11',
        program: '/usr/bin/python3',
        exe: '/usr/bin/python3.11',
        cmdline: '',
      };
      server.send({ ...snapshot, processes: [titled, ...others] });
      await page.locator('#count-processes', { hasText: /^3$/ }).waitFor();
      await page.getByRole('button', { name: '24 h' }).click();
      await page.locator('#legend tr', { hasText: 'python3' }).locator('td').nth(2).click();
      assert.equal(await page.locator('#panel-title').textContent(), 'python3');
      assert.equal(await page.locator('#ranges [value="0"]').getAttribute('aria-pressed'), 'true');

      await page.getByRole('button', { name: '24 h' }).click();
      await page.locator('#legend tr', { hasText: 'gone' }).locator('td').nth(1).click();
      assert.equal(await page.locator('#filter').inputValue(), 'name:"gone"');
      await page.getByText('No process here matches the filter.').waitFor();
    },
    { history },
  );
});

test('what was before the history began is a band, and no zero', { skip, timeout: 60_000 }, async () => {
  const whole = webHistory() as { readonly times: readonly number[] };
  const begins = new Date((whole.times[10] ?? 0) * 1000).toISOString();
  await withPage(
    async (page) => {
      await page.getByRole('button', { name: '24 h' }).click();
      await page.getByText('Bandwidth, history').waitFor();
      const over = page.locator('#chart .u-over');
      const place = await over.boundingBox();
      assert.ok(place !== null);
      await page.mouse.move(place.x + 4, place.y + 20);
      await page.locator('#legend-time', { hasText: 'not counted' }).waitFor();
      await page.mouse.move(place.x + place.width - 8, place.y + 20);
      await page.locator('#legend-time:not(:has-text("not counted"))').waitFor();
    },
    { history: { ...whole, begins } },
  );
});

test('an own range begins with the last day, to be changed, and refuses an end before its start', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(async (page, server) => {
    await page.getByRole('button', { name: 'custom' }).click();
    // The service's clock: midnight.
    assert.equal(await page.locator('#since').inputValue(), '2026-11-25T00:00');
    assert.equal(await page.locator('#until').inputValue(), '2026-11-26T00:00');
    await page.locator('#since').fill('2026-11-26T08:00');
    await page.getByRole('button', { name: 'Show' }).click();
    assert.equal(
      await page
        .locator('#until')
        .evaluate((input) => (input as unknown as { validationMessage: string }).validationMessage),
      'This must be later than the start.',
    );
    const asked = server.asked('since').length;
    await page.locator('#since').fill('2026-11-25T08:00');
    await page.locator('#until').fill('2026-11-25T20:00');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Bandwidth, history').waitFor();
    assert.equal(server.asked('since')[asked], '2026-11-25T08:00:00.000Z');
  });
});
