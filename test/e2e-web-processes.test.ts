// Tests: the process table of the page: ended processes, sums, the order, and clicks that mark text.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barriers, PICTURES, skip, texts, withPage } from './support/web-page.ts';
import { webSnapshot } from './support/web-snapshots.ts';

type Row = Readonly<Record<string, unknown>> & { readonly sentTotal: number; readonly receivedTotal: number };

/** The fourth process ends in second 1, is listed once more, and then no more. */
function ending(second: number) {
  const snapshot = webSnapshot(8, 0);
  const rows = snapshot['processes'] as readonly Row[];
  const gone = rows[3] as Row;
  const others = rows.filter((row) => row !== gone);
  const isListed = second < 2;
  const last = second === 1 ? { ...gone, state: 'exited', exitedForMs: 500 } : gone;
  return {
    ...{ ...snapshot, time: webSnapshot(0, second)['time'] },
    processes: isListed ? [...others, last] : others,
    exitedEarlier: {
      sentTotal: 5e6 + (isListed ? 0 : gone.sentTotal),
      receivedTotal: 7e6 + (isListed ? 0 : gone.receivedTotal),
    },
  };
}

test('an ended process stays in the table and in its panel, which says when it ended', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(
    async (page, server) => {
      await page.locator('#rows tr', { hasText: 'redis-server' }).click();
      await page.locator('#panel-body', { hasText: 'Connections 1' }).waitFor();
      server.send(ending(1));
      server.send(ending(2));
      await page.locator('#panel-body', { hasText: /ended at 00:00:00/ }).waitFor();
      assert.equal(await page.locator('#panel-title').textContent(), 'redis-server (exited)');
      const panel = (await page.locator('#panel-body').textContent()) ?? '';
      assert.match(panel, /sent 0, received 0/);
      assert.match(panel, /Connections 0/);
      assert.ok((await texts(page, '#rows .ended .c-program')).includes('redis-server (exited)'));
      assert.equal(await page.locator('#count-processes').textContent(), '7');
      await page.screenshot({ path: join(PICTURES, 'ended-light.png') });
      assert.deepEqual(await barriers(page), []);
    },
    { prepare: (server) => server.send(ending(0)) },
  );
});

test('a process that calls itself with a thousand characters takes three lines, and has the rest below', {
  skip,
  timeout: 60_000,
}, async () => {
  const title = `chromium --type=utility ${'--field-trial-handle=3,i,1135 '.repeat(40)}end`;
  await withPage(
    async (page, server) => {
      const whole = webSnapshot(3, 1);
      const [first, ...rest] = whole['processes'] as object[];
      server.send({ ...whole, processes: [{ ...first, name: 'chromium', program: title, cmdline: '' }, ...rest] });
      await page.locator('#rows tr', { hasText: '--type=utility' }).click();
      await page.locator('#panel-body', { hasText: 'Connections' }).waitFor();
      const { height = 0 } = (await page.locator('#panel-title').boundingBox()) ?? {};
      assert.ok(height > 20 && height < 100, `${height} px`);
      assert.ok((await page.locator('#panel-body dd', { hasText: '--field-trial' }).textContent())?.endsWith('end'));
      assert.deepEqual(await barriers(page), []);
    },
    { width: 360, height: 740 },
  );
});

test('the rows, what ended earlier and nothing else are the total; a filter has its own', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(
    async (page) => {
      const snapshot = ending(0);
      const { total } = snapshot as unknown as { total: { sentTotal: number } };
      const sent = snapshot.processes.reduce((sum, row) => sum + row.sentTotal, 5e6);
      assert.equal(sent, total.sentTotal);
      const cells = (id: string) => texts(page, `#${id} :is(.c-program, .c-total)`);
      assert.deepEqual(await cells('earlier'), ['ended earlier', '5.00 MB', '7.00 MB']);
      assert.deepEqual(await cells('total'), ['TOTAL', '12.1 GB', '4.76 GB']);
      await page.locator('#filter').fill('name:nginx');
      await page.locator('#total', { hasText: 'TOTAL of 1 shown' }).waitFor();
      assert.deepEqual(await cells('total'), ['TOTAL of 1 shown', '4.80 GB', '2.10 GB']);
      assert.equal(await page.locator('#earlier').isVisible(), false);
    },
    { prepare: (server) => server.send(ending(0)) },
  );
});

test('rows stand as in the terminal, by what they receive; busiest first adds what they send', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(async (page, server) => {
    const snapshot = webSnapshot(60, 1);
    const [first, second, ...others] = snapshot['processes'] as readonly object[];
    const sender = { ...second, name: 'burst', program: 'burst', sentRate: 9e8, receivedRate: 0 };
    server.send({ ...snapshot, processes: [first, ...others, sender] });
    await page.locator('#rows tr').first().waitFor();
    const marked = page.locator('#head th[aria-sort]');
    assert.deepEqual([await marked.textContent(), await marked.getAttribute('aria-sort')], ['Recv/s', 'descending']);
    assert.doesNotMatch((await page.locator('#rows tr').first().textContent()) ?? '', /burst/);
    await page.getByRole('button', { name: 'PID' }).click();
    await page.locator('#rows tr').first().filter({ hasText: '1000' }).waitFor();
    assert.equal(await page.locator('#busiest').getAttribute('aria-pressed'), 'false');
    await page.getByRole('button', { name: 'busiest first' }).click();
    await page.locator('#rows tr').first().filter({ hasText: 'burst' }).waitFor();
    assert.equal(await page.locator('#head th[aria-sort]').count(), 0);
  });
});

test('text of a row can be marked without opening it', { skip, timeout: 60_000 }, async () => {
  await withPage(async (page) => {
    const cell = page.locator('#rows tr').nth(1).locator('.c-program');
    const box = await cell.boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + 8, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    assert.notEqual(await page.evaluate('String(getSelection())'), '');
    assert.equal(await page.locator('#panel').isVisible(), false);
    await page.mouse.click(box.x + 100, box.y + box.height / 2);
    await page.locator('#panel').waitFor();
  });
});

test('queues are a table whose rows lead to their process, also by keys; the focus stays', {
  skip,
  timeout: 60_000,
}, async () => {
  await withPage(async (page, server) => {
    assert.match((await page.locator('#psi').textContent()) ?? '', / %$/);
    await page.locator('#alert').click();
    const cells = [
      'redis-server/1003',
      'Send-Q to 10.0.0.31:51022',
      '1.80 MB',
      '14 s',
      'the peer does not read (zero window)',
    ];
    assert.deepEqual(await texts(page, '#queues td'), cells);
    await page.locator('#queues button').focus();
    server.send(webSnapshot(61, 1));
    await page.locator('#count-processes', { hasText: '61' }).waitFor();
    await page.screenshot({ path: join(PICTURES, 'queues-light.png') });
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#panel-title').textContent(), 'redis-server');
    const headings = await texts(page, '#panel h3');
    assert.deepEqual(headings, ['Rate', 'Queues, and why it is slow', 'Connections 1', 'Bytes']);
    await page.keyboard.press('Escape');
    await page.locator('#queues td').nth(4).click();
    assert.equal(await page.locator('#panel').isVisible(), true);
    await page.screenshot({ path: join(PICTURES, 'queue-panel-light.png') });
  });
});

test('the panel draws what its process moved since the page was opened', { skip, timeout: 60_000 }, async () => {
  await withPage(async (page, server) => {
    for (let second = 1; second <= 120; second++) server.send(webSnapshot(second < 120 ? 60 : 61, second));
    // Rows move until the last is drawn.
    await page.locator('#count-processes', { hasText: '61' }).waitFor();
    await page.locator('#rows tr', { hasText: 'postgres' }).first().click();
    const picture = page.locator('#panel .rates');
    await picture.waitFor();
    // The formula of web-snapshots.ts has its highest second within these two minutes.
    assert.match(
      (await picture.getAttribute('aria-label')) ?? '',
      /^\d\d:00:00 to \d\d:02:00, peak sent 35\.\d MB\/s, received \d+\.\d+ MB\/s$/,
    );
    const points = await page.locator('.rates-sent[points]').getAttribute('points');
    assert.equal(points?.split(' ').length, 123);
    assert.deepEqual(await barriers(page), []);
    await page.screenshot({ path: join(PICTURES, 'rates-light.png') });
  });
});
