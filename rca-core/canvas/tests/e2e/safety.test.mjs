// What must hold on every page: no script but ours, nothing that shuts people out, and speed that is reported.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, painted, visit } from './browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** The page's policy lets no other script in, so axe is injected past it. */
async function violations(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((node) => `${node.target} ${node.any.map((a) => a.message)}`).slice(0, 5).join(' | ')}`);
}

for (const [name, options] of [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, isMobile: true }],
]) {
  test(`axe finds nothing wrong (${name})`, () => visit(browser, 'incident.html', options, async (page) => {
    await page.evaluate(() => document.getElementById('graph').scrollIntoView());
    await page.waitForTimeout(400);
    assert.deepEqual(await violations(page), []);
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator('.cause h3 a').first().click();
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      assert.deepEqual(await violations(page), []);
    }
  }));
}

test('a page of nothing is a page', () => visit(browser, 'empty.html', {}, async (page) => {
  assert.match(await page.locator('main').innerText(), /No suspect/);
  assert.deepEqual(await violations(page), []);
}));

test('hostile texts in every field stay texts', () => visit(browser, 'hostile.html', {}, async (page) => {
  const harmed = () => page.evaluate(() => [window.pwned, document.title.includes('pwned') && document.title.length < 8, document.querySelectorAll('#app script, #app iframe, #app object, #app form[action], #app base, #app link, #app meta').length]);
  const well = [undefined, false, 0];
  assert.deepEqual(await harmed(), well);
  const events = await page.evaluate(() => JSON.parse(document.getElementById('rca-data').textContent).events);
  const texts = events.filter((event) => event.source_id?.startsWith('hostile') || event.metadata);
  assert.ok(texts.length >= 300, `only ${texts.length}`);
  // Everything that can be opened is opened.
  await page.evaluate(() => document.querySelectorAll('main > section > .button[aria-expanded=false]').forEach((button) => button.click()));
  await page.waitForTimeout(100);
  await page.evaluate(() => document.querySelectorAll('.cause .button[aria-expanded=false]').forEach((button) => button.click()));
  await page.evaluate(() => { for (const id of ['metrics', 'graph', 'notes']) document.getElementById(id).scrollIntoView(); });
  await page.waitForTimeout(500);
  // Each event, each of its panels.
  const titles = await page.evaluate(async (ids) => {
    const turn = () => new Promise((done) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    });
    const seen = [];
    for (const id of ids) {
      const followed = new Promise((done) => addEventListener('hashchange', done, { once: true }));
      location.hash = `#event=${encodeURIComponent(id)}`;
      await followed;
      await turn();
      seen.push(document.querySelector('#details h2')?.textContent);
      for (const tab of [...document.querySelectorAll('#details [role=tab]')]) {
        tab.click();
        await turn();
      }
    }
    return seen;
  }, texts.map((event) => event.id));
  assert.deepEqual(titles, texts.map((event) => event.title));
  assert.deepEqual(await harmed(), well);
  // Notes are Markdown: of what they say only harmless elements are made, and links that a click may follow.
  const markdown = await page.evaluate(() => ({
    notes: document.querySelectorAll('.markdown').length,
    elements: [...new Set([...document.querySelectorAll('.markdown *')].map((element) => element.localName))].filter((name) => !['p', 'strong', 'em', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'br', 'hr'].includes(name)),
    attributes: [...new Set([...document.querySelectorAll('.markdown *')].flatMap((element) => element.getAttributeNames()))].filter((name) => !['href', 'target', 'rel', 'start', 'tabindex', 'class'].includes(name)),
    links: [...document.querySelectorAll('.markdown a')].filter((link) => !/^(https?|mailto):/.test(link.href) || link.rel !== 'noopener noreferrer').map((link) => link.outerHTML),
  }));
  assert.ok(markdown.notes >= 300, `only ${markdown.notes}`);
  assert.deepEqual([markdown.elements, markdown.attributes, markdown.links], [[], [], []]);
  // In what the reader writes, too.
  for (const event of texts.slice(-12)) {
    await page.getByLabel('New note', { exact: true }).fill(event.body || 'x');
    await page.getByLabel('New note', { exact: true }).evaluate((field) => field.form.requestSubmit());
    await page.locator('#search').fill(event.body || 'x');
  }
  await page.waitForTimeout(300);
  assert.deepEqual(await harmed(), well);
}));

test('the policy forbids what did not come with the page', () => visit(browser, 'incident.html', {}, async (page) => {
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
}));

test('ten thousand events are drawn, listed and moved smoothly (figures are reported)', () => visit(browser, 'many.html', {}, async (page) => {
  const paint = await page.evaluate(() => Object.fromEntries([...performance.getEntriesByType('paint'), ...performance.getEntriesByName('rca-rendered'), ...performance.getEntriesByName('rca-timeline-drawn').slice(0, 1)].map((entry) => [entry.name, Math.round(entry.startTime)])));
  assert.match(await page.locator('.count').innerText(), /^\d{5} of \d{5}$/);
  assert.ok((await page.locator('.event').count()) < 80, 'only rows in sight are in the page');
  assert.ok((await painted(page.locator('.plot canvas'))).colours > 10);
  await page.getByRole('button', { name: 'All', exact: true }).click();
  const canvas = page.locator('.plot canvas');
  await canvas.scrollIntoViewIfNeeded();
  const pan = () => page.evaluate(async (steps) => {
    const canvas = document.querySelector('.plot canvas');
    const box = canvas.getBoundingClientRect();
    const fire = (type, x) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: box.left + x, clientY: box.top + 8, bubbles: true, pointerType: 'mouse', isPrimary: true }));
    canvas.setPointerCapture = () => {};
    const frames = [];
    fire('pointerdown', 400);
    let last = await new Promise(requestAnimationFrame);
    for (let n = 0; n < steps; n++) {
      fire('pointermove', 400 + 150 * Math.sin(n / 10));
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
    }
    fire('pointerup', 400);
    frames.sort((a, b) => a - b);
    const at = (share) => Math.round(frames[Math.floor(share * (frames.length - 1))] * 10) / 10;
    return { frames: steps, median: at(0.5), p95: at(0.95), fps: Math.round(1000 / (frames.reduce((a, b) => a + b, 0) / steps)) };
  }, 180);
  const all = await pan();
  await page.getByRole('button', { name: 'Incident' }).click();
  const near = await pan();
  const search = await page.evaluate(async () => {
    const input = document.getElementById('search');
    const count = () => document.querySelector('.count').textContent;
    const before = count();
    const begun = performance.now();
    input.value = 'thing 77';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    while (count() === before) await new Promise(requestAnimationFrame);
    return Math.round(performance.now() - begun);
  });
  console.log(`10,000 events: first paint ${paint['first-contentful-paint']} ms, rendered ${paint['rca-rendered']} ms, timeline drawn ${paint['rca-timeline-drawn']} ms`);
  console.log(`panning all: ${JSON.stringify(all)}; panning the incident: ${JSON.stringify(near)}; search ${search} ms`);
}));
