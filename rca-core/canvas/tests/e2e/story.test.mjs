// The second of two alike incidents, worked in its page. What the page saves is what the story of the library takes in.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch, visit } from './browser.mjs';

const GOLDEN = new URL('../../../tests/golden/story_edits.json', import.meta.url);

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** The file without what differs from run to run: ids by what they name, times. */
function plain(saved, shown) {
  const names = new Map([[shown.case.id, 'INVESTIGATION'], ...shown.notes.map(({ id }) => [id, 'NOTE']), ...shown.hypotheses.map(({ id }) => [id, 'HYPOTHESIS'])]);
  const named = (id) => names.get(id) ?? names.set(id, 'UUID').get(id);
  return saved
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, named)
    .replaceAll(/"(time|saved_at)": "[^"]+"/g, '"$1": "TIME"')
    .replace(/"revision": \d+/, '"revision": 0');
}

test('an incident is worked in its page, and saved', () => visit(browser, 'story.html', { acceptDownloads: true }, async (page) => {
  const shown = await page.evaluate(() => JSON.parse(document.getElementById('rca-data').textContent));
  const notes = page.locator('#notes');
  const add = async (label, text) => {
    const form = notes.locator('form', { has: page.getByLabel(label, { exact: true }) });
    await form.getByLabel(label, { exact: true }).fill(text);
    await form.getByLabel(`${label}: your name`).fill('ben');
    await form.getByRole('button', { name: 'Add' }).click();
  };
  // What Ann wrote is Markdown, and gets another text.
  const note = notes.locator('.note', { hasText: 'agian' });
  assert.equal(await note.locator('strong').innerText(), 'ledger');
  await note.getByRole('button', { name: 'edit note' }).click();
  await notes.getByLabel('Note', { exact: true }).fill('Is it the pool of **ledger** again? See [the runbook](https://runbooks.example.com/pool).');
  await notes.getByRole('button', { name: 'Done' }).click();
  assert.equal(await notes.locator('.note-changed strong').innerText(), 'ledger');
  // What goes into the review.
  await add('New note', 'impact: bookings hung for *forty* minutes');
  await add('New note', 'went well: the incident of six weeks ago said what to do');
  await add('New note', 'action: refuse a pool below ten at start');
  // What is thought of the cause.
  const guess = notes.locator('li', { hasText: 'The pool is too small again' });
  await guess.locator('select').first().selectOption('supported');
  await guess.locator('summary').click();
  await add('Evidence on: The pool is too small again', 'the same line in the logs as six weeks ago');
  await add('New hypothesis', 'The database is slow');
  await notes.getByLabel('State of: The database is slow').selectOption('refuted');

  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
  const saved = plain(readFileSync(await download.path(), 'utf8'), shown);
  if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, saved);
  assert.equal(saved, readFileSync(GOLDEN, 'utf8'), 'UPDATE_GOLDEN=1 writes it anew');
}));
