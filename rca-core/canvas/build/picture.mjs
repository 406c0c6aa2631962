// Takes the picture of a page for the README: `npm run picture -- PAGE.html PICTURE.png`.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [page, picture] = process.argv.slice(2);
if (!page || !picture) {
  console.error('usage: npm run picture -- PAGE.html PICTURE.png');
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env.RCA_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const opened = await browser.newPage({ viewport: { width: 1200, height: 960 }, colorScheme: 'light' });
await opened.goto(pathToFileURL(resolve(process.env.INIT_CWD ?? '.', page)).href);
await opened.waitForTimeout(500);
// The answer in short, the timeline, and the guilty lines beside them.
await opened.locator('.cause-top').getByRole('button', { name: /^Less/ }).click();
await opened.locator('.filters').evaluate((element) => { element.style.display = 'none'; });
await opened.locator('.cause').nth(2).evaluate((element) => { for (let next = element; next; next = next.nextElementSibling) next.style.display = 'none'; });
await opened.waitForTimeout(400);
const target = resolve(process.env.INIT_CWD ?? '.', picture);
await opened.screenshot({ path: target });
await browser.close();
console.log(`${picture}: ${statSync(target).size} bytes`);
