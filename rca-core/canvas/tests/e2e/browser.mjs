// A browser, pages in it, and an eye on what they must not do: errors on the console, requests, dialogs.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export const PAGES = resolve(process.env.RCA_CANVAS_PAGES ?? '../../target/canvas/pages');
const EXECUTABLE = process.env.RCA_CHROMIUM ?? '/usr/bin/chromium';

export async function launch() {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export function url(name, hash = '') {
  const path = name.startsWith('/') ? name : `${PAGES}/${name}`;
  assert.ok(existsSync(path), `${path}: the stage \`canvas\` of ./test makes it`);
  return pathToFileURL(path).href + hash;
}

/** Runs `body` with a page; afterwards there must have been no error and no request. */
export async function visit(browser, name, options, body) {
  const { hash = '', ...context } = options;
  const opened = await browser.newContext({ viewport: { width: 1400, height: 1000 }, timezoneId: 'Asia/Tokyo', locale: 'en-GB', ...context });
  const page = await opened.newPage();
  page.setDefaultTimeout(15_000);
  const wrong = [];
  page.on('console', (message) => {
    // `painted` below reads canvases back, which is the test's doing.
    if (['error', 'warning'].includes(message.type()) && !message.text().includes('willReadFrequently')) wrong.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`exception: ${error.stack ?? error.message}`.slice(0, 600)));
  page.on('dialog', (dialog) => {
    // Leaving a page with unsaved notes may ask.
    if (dialog.type() !== 'beforeunload') wrong.push(`dialog: ${dialog.message()}`);
    void dialog.accept();
  });
  page.on('request', (request) => !/^(file|data|blob):/.test(request.url()) && wrong.push(`request: ${request.url()}`));
  try {
    await page.goto(url(name, hash));
    await page.waitForFunction(() => performance.getEntriesByName('rca-timeline-drawn').length > 0);
    await body(page, opened);
    assert.deepEqual(wrong, []);
  } finally {
    await opened.close();
  }
}

/** How many pixels of a canvas are painted, and in how many colours. */
export async function painted(locator) {
  return locator.evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 0) continue;
      pixels++;
      colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    }
    return { pixels, colours: colours.size };
  });
}

/** Moves the pointer along a lane until something is under it; gives the place. */
export async function findMark(page, lane, from = 0) {
  const canvas = page.locator('.plot canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  const y = box.y + 26 + lane * 30 + 15;
  for (let x = box.x + from + 4; x < box.x + box.width; x += 7) {
    await page.mouse.move(x, y);
    if (await page.locator('.tip').count()) return { x, y, text: await page.locator('.tip').innerText() };
  }
  return null;
}
