// The page of one incident, driven as a person drives it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { findMark, launch, painted, visit } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });
const on = (name, options, body) => test(name, () => visit(browser, 'incident.html', options, body));

on('the head says what, how bad, when and who', {}, async (page) => {
  const head = page.locator('.title-block');
  assert.equal(await head.locator('h1').innerText(), 'Arrivals are slow');
  const text = await head.innerText();
  for (const part of ['A change did it', 'severity', 'open', 'Ada', 'quay', 'Travellers wait', 'Most likely cause']) assert.ok(text.includes(part), `no ${part} in ${text}`);
});

on('times are shown in UTC and in the zone of the reader', {}, async (page) => {
  const detected = page.locator('.facts div', { hasText: /Detected/i }).first();
  assert.match(await detected.innerText(), /2026-03-01 12:35:00 UTC/);
  await page.getByLabel('Time zone').selectOption('local');
  assert.match(await detected.innerText(), /2026-03-01 21:35:00 GMT\+9/);
  await page.reload();
  assert.match(await detected.innerText(), /21:35:00 GMT\+9/);
});

on('causes show probability, evidence and the way to the symptom', {}, async (page) => {
  const top = page.locator('.cause').first();
  assert.match(await top.innerText(), /smaller pool of connections/);
  const share = Number.parseInt(await top.locator('.probability').innerText(), 10);
  assert.ok(share > 50, `${share} %`);
  assert.ok((await top.locator('.evidence-for li').count()) > 1);
  assert.ok((await top.locator('.path li').count()) > 1);
  await top.getByRole('button', { name: /^Less/ }).click();
  assert.equal(await top.locator('.evidence-for').isVisible(), false);
  assert.match(await page.locator('.none-of-these').innerText(), /none of these/);
  assert.match(await page.locator('#ruled-out').innerText(), /welcome_banner/);
});

on('the timeline is drawn, zoomed, moved and reset', {}, async (page) => {
  const canvas = page.locator('.plot canvas');
  assert.ok((await painted(canvas)).colours > 10);
  const range = async () => /, (.+) to (.+) UTC/.exec(await canvas.getAttribute('aria-label')).slice(1).map((t) => Date.parse(`${t}Z`));
  const first = await range();
  await page.getByRole('button', { name: 'Zoom in', exact: true }).click();
  const near = await range();
  assert.ok(near[1] - near[0] < (first[1] - first[0]) * 0.6);
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + 300, box.y + 8);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 8, { steps: 5 });
  await page.mouse.up();
  const moved = await range();
  assert.ok(moved[0] > near[0] && Math.abs(moved[1] - moved[0] - (near[1] - near[0])) <= 2000);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, 300);
  await page.keyboard.up('Control');
  await page.waitForTimeout(100);
  const far = await range();
  assert.ok(far[1] - far[0] > moved[1] - moved[0]);
  await page.getByRole('button', { name: 'Incident' }).click();
  assert.deepEqual(await range(), first);
  for (let n = 0; n < 3; n++) await page.getByRole('button', { name: 'Zoom in', exact: true }).click();
  const narrow = await range();
  const strip = await page.locator('.overview').boundingBox();
  await page.mouse.click(strip.x + strip.width * 0.1, strip.y + 10);
  const jumped = await range();
  assert.ok(jumped[0] < narrow[0], 'a click on the strip moves there');
  await page.mouse.down();
  await page.mouse.move(strip.x + strip.width * 0.5, strip.y + 10, { steps: 5 });
  await page.mouse.up();
  assert.ok((await range())[0] > jumped[0], 'the part in view can be dragged');
});

on('a range that is brushed filters the list', {}, async (page) => {
  const count = async () => Number((await page.locator('.count').innerText()).split(' ')[0]);
  const all = await count();
  const canvas = page.locator('.plot canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  await page.keyboard.down('Shift');
  await page.mouse.move(box.x + box.width * 0.45, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.62, box.y + 10, { steps: 6 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  const some = await count();
  assert.ok(some < all, `${some} of ${all}`);
  await page.getByRole('button', { name: 'Clear range' }).click();
  assert.equal(await count(), all);
  await page.getByRole('button', { name: 'Select range' }).click();
  await page.mouse.move(box.x + 5, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + 10, { steps: 4 });
  await page.mouse.up();
  assert.ok((await count()) < all);
});

on('a mark tells what it is, a cluster opens, a dot selects', {}, async (page) => {
  const lanes = await page.locator('.lane').allInnerTexts();
  const alerts = lanes.findIndex((lane) => lane.includes('Alerts'));
  const mark = await findMark(page, alerts);
  assert.match(mark.text, /harbour answers slowly/);
  await page.mouse.click(mark.x, mark.y);
  assert.match(await page.locator('#details h2').innerText(), /harbour answers slowly/);
  assert.match(page.url(), /#event=/);
  let opened = false;
  for (let lane = 0; lane < lanes.length && !opened; lane++) {
    const cluster = await findMark(page, lane);
    if (!cluster || !/^\d+ events/.test(cluster.text)) continue;
    const before = await page.locator('.plot canvas').getAttribute('aria-label');
    await page.mouse.click(cluster.x, cluster.y);
    await page.waitForTimeout(100);
    opened = before !== (await page.locator('.plot canvas').getAttribute('aria-label')) || page.url().includes('#event=');
  }
  assert.ok(opened, 'no cluster was opened');
});

on('the keyboard goes from event to event, searches, helps and closes', {}, async (page) => {
  const title = page.locator('#details h2');
  await page.locator('.plot canvas').focus();
  await page.keyboard.press('Home');
  const first = await title.innerText();
  await page.keyboard.press('ArrowRight');
  const second = await title.innerText();
  assert.notEqual(first, second);
  await page.keyboard.press('ArrowLeft');
  assert.equal(await title.innerText(), first);
  const list = page.getByRole('listbox');
  await list.focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await title.innerText(), second);
  const active = await list.getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`#${active}`).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'details');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  await page.keyboard.type('pool');
  await page.waitForTimeout(200);
  assert.ok((await page.locator('.event').count()) > 0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.keyboard.press('j');
  assert.ok(page.url().includes('#event='));
  await page.keyboard.press('Escape');
  assert.equal(await title.count(), 0);
  assert.ok(!page.url().includes('#event='));
});

on('filters by source, severity, entity and text add up', {}, async (page) => {
  const count = async () => Number((await page.locator('.count').innerText()).split(' ')[0]);
  const all = await count();
  const commits = page.getByRole('button', { name: /^Commits/ });
  await commits.click();
  assert.equal(await commits.getAttribute('aria-pressed'), 'false');
  assert.equal(await count(), all - 2);
  await page.getByLabel('Severities').getByRole('button', { name: 'info' }).click();
  assert.ok((await count()) < all - 2);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  assert.equal(await count(), all);
  await page.getByLabel('Entity', { exact: true }).selectOption('harbour');
  const harbour = await count();
  assert.ok(harbour > 0 && harbour < all);
  await page.locator('#search').fill('welcome page');
  await page.waitForTimeout(200);
  assert.equal(await count(), 1);
  await page.locator('#search').fill('surely not there');
  await page.waitForTimeout(200);
  assert.match(await page.locator('.events').innerText(), /No event passes/);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByLabel('Named in the answer').check();
  assert.ok((await count()) > 2 && (await count()) <= all);
});

on('details of a commit show its fields, its JSON and its diff with the guilty lines', {}, async (page) => {
  await page.locator('.cause').first().locator('h3 a').click();
  const details = page.locator('#details');
  const guilty = details.locator('tr.guilty');
  const lines = await guilty.allInnerTexts();
  assert.ok(lines.some((line) => line.includes('size=4,')), lines.join('\n'));
  assert.ok(lines.every((line) => line.includes('◀')));
  assert.ok((await details.locator('.line-context').count()) > 0);
  await details.getByRole('tab', { name: 'Fields' }).click();
  assert.match(await details.innerText(), /vcs\.author\s+robin/);
  await page.keyboard.press('ArrowRight');
  assert.equal(await details.getByRole('tab', { name: 'Code change' }).getAttribute('aria-selected'), 'true');
  await details.getByRole('tab', { name: 'JSON' }).click();
  assert.equal(JSON.parse(await details.locator('pre.raw').innerText()).event_type, 'commit');
});

on('log lines around an event are shown, with what came before and after', {}, async (page) => {
  await page.getByRole('listbox').focus();
  await page.locator('#search').fill('no connection free');
  await page.waitForTimeout(200);
  await page.locator('.event').first().click();
  const details = page.locator('#details');
  await details.getByRole('tab', { name: 'Logs' }).click();
  const texts = await details.locator('.logs li').allInnerTexts();
  const now = texts.findIndex((text) => text.includes('this event'));
  assert.ok(now > 0 && now < texts.length - 1);
  assert.ok(texts.slice(0, now).some((text) => text.includes('answered')));
  assert.ok(texts.slice(now).some((text) => text.includes('no connection free')));
});

on('a trace is shown as a waterfall', {}, async (page) => {
  await page.locator('#search').fill('quay GET /berths');
  await page.waitForTimeout(200);
  await page.locator('.event', { hasText: 'duration' }).or(page.locator('.event', { hasText: 'time' })).first().click();
  const details = page.locator('#details');
  await details.getByRole('tab', { name: /Traces/ }).click();
  const rows = details.locator('.span-row');
  assert.equal(await rows.count(), 4);
  const boxes = await Promise.all([0, 1, 2, 3].map((at) => rows.nth(at).locator('.span-bar').boundingBox()));
  assert.ok(boxes[0].width > boxes[3].width && boxes[2].x >= boxes[0].x);
  await rows.nth(2).click();
  assert.match(await details.locator('.waterfall').innerText(), /http\.route/);
});

on('metrics are drawn with the onset in words', {}, async (page) => {
  const charts = page.locator('.chart');
  await page.locator('#metrics').scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length >= 4);
  assert.ok((await painted(charts.first().locator('canvas'))).colours > 5);
  const words = await page.locator('.chart-sum').allInnerTexts();
  assert.ok(words.some((text) => /rose from .+ to .+ at 12:\d\d/.test(text)), words.join('\n'));
  const quiet = words.filter((text) => text.includes('no clear change'));
  assert.ok(quiet.length > 0 && quiet.length < words.length);
  const box = await charts.first().locator('.u-over').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  assert.match(await charts.first().locator('.chart-value').innerText(), /\d\d:\d\d:\d\d/);
  const range = await page.locator('.plot canvas').getAttribute('aria-label');
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 40, box.y + 20, { steps: 4 });
  await page.mouse.up();
  assert.notEqual(await page.locator('.plot canvas').getAttribute('aria-label'), range);
});

on('the graph is drawn, zoomed, filtered, and shows the way from cause to symptom', {}, async (page) => {
  await page.locator('#graph').scrollIntoViewIfNeeded();
  const layers = page.locator('.graph-box canvas');
  await layers.first().waitFor();
  await page.waitForTimeout(500);
  const node = layers.last();
  const full = await painted(node);
  assert.ok(full.pixels > 500, JSON.stringify(full));
  const steps = page.locator('#graph .path li');
  assert.ok((await steps.count()) > 1);
  assert.match(await steps.first().innerText(), /smaller pool/);
  await page.getByRole('button', { name: 'Zoom into the graph' }).click();
  await page.waitForTimeout(300);
  assert.notDeepEqual(await painted(node), full);
  await page.getByRole('button', { name: 'Fit' }).click();
  await page.waitForTimeout(300);
  const roles = page.getByLabel('Kinds of nodes').getByRole('button');
  const some = await painted(node);
  await roles.first().click();
  await page.waitForTimeout(300);
  assert.ok((await painted(node)).pixels < some.pixels);
  await roles.first().click();
  const kinds = page.getByLabel('Kinds of relations').getByRole('button');
  assert.ok((await kinds.count()) > 1);
  const pressed = await kinds.first().getAttribute('aria-pressed');
  await kinds.first().click();
  assert.notEqual(await kinds.first().getAttribute('aria-pressed'), pressed);
  await page.getByLabel('Path from cause to symptom').selectOption('-1');
  assert.equal(await steps.count(), 0);
  await page.getByLabel('Layout of the graph').selectOption('force');
  await page.waitForTimeout(500);
  assert.ok((await painted(node)).pixels > 300);
});

on('notes and hypotheses are written, changed, kept, saved with Ctrl+S and loaded', {}, async (page) => {
  await page.locator('.cause').first().locator('h3 a').click();
  const notes = page.locator('#notes');
  assert.equal(await notes.locator('.markdown strong').first().innerText(), 'quay');
  await notes.getByLabel('New note', { exact: true }).fill('The pool is empty');
  await notes.getByLabel('New note: your name').fill('Kim');
  const form = notes.locator('form', { has: page.getByLabel('New note', { exact: true }) });
  await form.getByLabel('New note: about').selectOption('event');
  await form.getByRole('button', { name: 'Add' }).click();
  const written = notes.locator('.note-new');
  await written.getByRole('button', { name: 'edit note' }).click();
  await written.getByLabel('Note', { exact: true }).fill('The pool is empty <b>at noon</b>');
  await written.getByRole('button', { name: 'Done' }).click();
  await notes.getByLabel('New hypothesis', { exact: true }).fill('The pool is too small');
  await notes.locator('form', { has: page.getByLabel('New hypothesis', { exact: true }) }).getByRole('button', { name: 'Add' }).click();
  await notes.getByLabel('State of: The pool is too small').selectOption('supported');
  const guess = notes.locator('li', { hasText: 'The pool is too small' });
  await guess.locator('summary').click();
  await guess.getByLabel('Evidence on: The pool is too small: side').selectOption('against');
  await guess.getByLabel('Evidence on: The pool is too small', { exact: true }).fill('it was never full');
  await guess.getByRole('button', { name: 'Add' }).click();
  assert.match(await guess.innerText(), /against: it was never full/);
  await page.locator('.cause').first().getByRole('button', { name: 'Note as hypothesis' }).click();
  await notes.getByRole('button', { name: /delete hypothesis quay/ }).click();
  assert.equal(await notes.locator('.hypothesis-supported').count(), 1);

  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
  assert.equal(download.suggestedFilename(), 'arrivals-are-slow.edits.json');
  const path = await download.path();
  const saved = readFileSync(path, 'utf8');
  const plain = saved
    .replaceAll(/"(time|saved_at)": "[^"]+"/g, '"$1": "TIME"').replaceAll(/"id": "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/g, '"id": "UUID"').replace(/"revision": \d+/, '"revision": 1')
    .replace(/"investigation": "[^"]+"/, '"investigation": "INVESTIGATION"').replace(/"event": "[^"]+"/, '"event": "EVENT"');
  assert.equal(plain, readFileSync(new URL('../../../tests/golden/canvas_edits.json', import.meta.url), 'utf8'));

  await page.reload();
  assert.match(await notes.locator('.note-new').innerText(), /<b>at noon<\/b>/);
  await notes.getByRole('button', { name: 'delete note' }).click();
  assert.equal(await notes.locator('.note-new').count(), 0);
  await notes.getByLabel('File with edits').setInputFiles({ name: 'e.json', mimeType: 'application/json', buffer: Buffer.from(saved) });
  await notes.locator('.note-new').waitFor();
  assert.equal(await notes.locator('.hypothesis-supported').count(), 1, 'the same hypothesis is not taken in twice');
  await notes.getByLabel('File with edits').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
  assert.match(await notes.getByRole('alert').innerText(), /no edits of this page/);
});

on('notes are Markdown, and recorded ones get a new text', {}, async (page) => {
  const notes = page.locator('#notes');
  const recorded = notes.locator('.note', { has: page.locator('.markdown strong', { hasText: 'quay' }) });
  await recorded.getByRole('button', { name: 'edit note' }).click();
  await notes.getByLabel('Note', { exact: true }).fill('# Now\n\n1. *quay*\n2. see [runbook](https://example.com/quay) and [that](javascript:window.pwned=1)\n\n```\npool = 4\n```\n\n<b>x</b>');
  await notes.getByRole('button', { name: 'Done' }).click();
  const changed = notes.locator('.note-changed');
  assert.deepEqual(await changed.locator('.markdown').evaluate((element) => [...element.children].map((child) => child.localName)), ['p', 'ol', 'pre', 'p']);
  assert.equal(await changed.locator('em').innerText(), 'quay');
  assert.match(await changed.innerText(), /<b>x<\/b>/);
  const links = await changed.locator('.markdown a').evaluateAll((all) => all.map((link) => [link.innerText, link.href, link.target, link.rel]));
  assert.deepEqual(links, [['runbook', 'https://example.com/quay', '_blank', 'noopener noreferrer']]);
  assert.match(await changed.innerText(), /Ada.*changed here/s);
  await page.reload();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
  const saved = JSON.parse(readFileSync(await download.path(), 'utf8'));
  const [known] = await page.evaluate(() => JSON.parse(document.getElementById('rca-data').textContent).notes);
  assert.equal(saved.notes.length, 1);
  assert.deepEqual({ ...saved.notes[0], text: '' }, { ...known, text: '' });
  assert.match(saved.notes[0].text, /^# Now/);
  await notes.getByRole('button', { name: 'undo the change of the note' }).click();
  assert.equal(await notes.locator('.note-changed').count(), 0);
  assert.equal(await recorded.locator('.markdown strong').innerText(), 'quay');
  // Of another revision it is the library's to merge.
  const other = { name: 'other.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ ...saved, revision: saved.revision + 1 })) };
  await notes.getByLabel('File with edits').setInputFiles(other);
  assert.match(await notes.getByRole('alert').innerText(), /changes 1 recorded note/);
  assert.equal(await notes.locator('.note-changed').count(), 0);
});

test('a saved page holds the notes and works like the first', async () => {
  let path;
  const other = await launch();
  try {
    await visit(browser, 'incident.html', { acceptDownloads: true }, async (page) => {
      await page.getByLabel('New note', { exact: true }).fill('</script><script>window.pwned=1</script>');
      await page.locator('form', { has: page.getByLabel('New note', { exact: true }) }).getByRole('button', { name: 'Add' }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save page' }).click()]);
      path = `${await download.path()}.html`;
      await download.saveAs(path);
    });
    await visit(other, path, {}, async (page) => {
      assert.match(await page.locator('.note-new').innerText(), /window\.pwned=1/);
      assert.equal(await page.evaluate(() => window.pwned), undefined);
      assert.equal(await page.locator('h1').innerText(), 'Arrivals are slow');
    });
  } finally {
    await other.close();
  }
});

test('an address leads to an event', async () => {
  let id;
  await visit(browser, 'incident.html', {}, async (page) => {
    id = await page.evaluate(() => JSON.parse(document.getElementById('rca-data').textContent).events.find((e) => e.source === 'alert').id);
  });
  await visit(browser, 'incident.html', { hash: `#event=${id}` }, async (page) => {
    assert.match(await page.locator('#details h2').innerText(), /harbour answers slowly/);
    await page.evaluate(() => { location.hash = '#event=nobody'; });
    assert.match(await page.locator('#details h2').innerText(), /harbour answers slowly/);
  });
});

test('it follows the light and dark of the system and of the reader', async () => {
  // The page is drawn anew a moment after the choice.
  const becomes = (page, colour) =>
    page.waitForFunction((wanted) => getComputedStyle(document.documentElement).backgroundColor === wanted, colour);
  await visit(browser, 'incident.html', { colorScheme: 'dark' }, async (page) => {
    await becomes(page, 'rgb(16, 21, 29)');
    await page.getByLabel('Colours').selectOption('light');
    await becomes(page, 'rgb(244, 245, 247)');
    await page.reload();
    await becomes(page, 'rgb(244, 245, 247)');
    await page.getByLabel('Colours').selectOption('dark');
    await becomes(page, 'rgb(16, 21, 29)');
  });
});

on('it prints the answer without its tools', {}, async (page) => {
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.filters').isVisible(), false);
  assert.equal(await page.locator('#details').isVisible(), false);
  assert.equal(await page.locator('.moments').isVisible(), true);
  assert.equal(await page.locator('.cause-body').nth(1).isVisible(), true, 'closed evidence is printed, too');
  const pdf = await page.pdf({ format: 'A4' });
  assert.ok(pdf.length > 20_000);
});

on('on a phone nothing is cut off and details come up from below', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, async (page) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0);
  await page.locator('.event').first().tap();
  const sheet = await page.locator('#details').boundingBox();
  assert.ok(sheet.y > 100 && sheet.y + sheet.height <= 845, JSON.stringify(sheet));
  await page.getByRole('button', { name: 'Close details' }).tap();
  assert.equal(await page.locator('#details').isVisible(), false);
});
